import BSON
import Backups
import Facts
import Mongo
import Platform
import Restore
import Sandbox
import TestSupport
import Testing
import Witness

@Suite("Selecting and renaming", .timeLimit(.minutes(10)))
struct SelectionTests {
  private func failure(_ options: RestoreOptions) throws -> Failure? {
    let backup = try openBackup(Shop.directory.path)
    do throws(Failure) { _ = try RestorePlan(backup, options) } catch { return error }
    return nil
  }

  @Test("refuses two sources on one name, before anything is written") func conflict() throws {
    let merged = try failure(RestoreOptions(rename: [Rename(from: "shop.orders", to: "shop.products")]))
    #expect(merged?.kind == .usage && merged?.code == "rename-conflict")
    #expect(merged?.message == "shop.orders and shop.products would both be restored as shop.products")
    let collapsed = RestoreOptions(
      include: ["shop.orders", "crm.contacts"],
      rename: [Rename(from: "shop.orders", to: "a.b"), Rename(from: "crm.contacts", to: "a.b")])
    #expect(try failure(collapsed)?.code == "rename-conflict")
    // One that is left out takes no name.
    let free = RestoreOptions(
      exclude: ["shop.products"], rename: [Rename(from: "shop.orders", to: "shop.products")])
    #expect(try failure(free) == nil)
  }

  @Test(
    "refuses an include that matches nothing",
    arguments: ["shop.nothing", "sho", "shop.Orders", "config.*", "admin.system.version"])
  func nothingIncluded(pattern: String) throws {
    let failure = try failure(RestoreOptions(include: ["shop.orders", pattern]))
    #expect(failure?.kind == .usage && failure?.code == "nothing-included")
    #expect(failure?.description.contains(pattern) == true)
  }

  @Test("refuses a rename that matches nothing", arguments: ["shp.*", "shop.Orders", "config.*"])
  func nothingRenamed(pattern: String) throws {
    let to = pattern.contains("*") ? "x.*" : "x.y"
    let failure = try failure(
      RestoreOptions(rename: [Rename(from: "shop.products", to: "shop.p"), Rename(from: pattern, to: to)]))
    #expect(failure?.kind == .usage && failure?.code == "nothing-renamed")
    #expect(failure?.description.contains(pattern) == true)
  }

  @Test("refuses to tear a view from what it reads") func torn() throws {
    let torn = try failure(RestoreOptions(rename: [Rename(from: "shop.orders", to: "archive.orders")]))
    #expect(torn?.kind == .usage && torn?.code == "view-torn")
    #expect(torn?.message.contains("shop.openOrders reads shop.orders") == true)
    let together = [
      Rename(from: "shop.orders", to: "archive.orders"), Rename(from: "shop.openOrders", to: "archive.o"),
    ]
    #expect(try failure(RestoreOptions(rename: together)) == nil)
    let without = RestoreOptions(exclude: ["*.openOrders"], rename: [together[0]])
    #expect(try failure(without) == nil)
  }

  @Test("restores what is included and not excluded, and tells what it left out", .tags(.mongod))
  func selection() throws {
    try withSandbox { server, _ in
      let options = RestoreOptions(include: ["shop.p*", "shop.o*", "crm"], exclude: ["shop.openOrders"])
      let result = try server.restore(Shop.archive.path, options)
      let names = try Catalogue(of: server.pool).sorted.map(\.namespace.description)
      #expect(
        names == [
          "crm.contacts", "shop.odd name/with %25 and \u{FC}n\u{EF}code", "shop.orders", "shop.products",
        ])
      #expect(result.expected.sorted.map(\.namespace.description) == names)
      #expect(result.problems == [])
      let left = result.collections.filter { $0.target == nil }
      #expect(left.count == 16 && left.count { $0.note == "not selected" } == 15)
      #expect(result.notVerified.contains("shop.customers: not selected"))
    }
  }

  @Test(
    "renames a whole database: views and time series work under the new name", .needsFixtures, .tags(.mongod))
  func database() throws {
    let shop = try Shop.directory.restored
    try withSandbox { server, _ in
      let result = try server.restore(
        Shop.directory.path, RestoreOptions(include: ["shop"], rename: [Rename(from: "shop", to: "drill")]))
      #expect(result.problems == [])
      let live = try Catalogue(of: server.pool, counting: .exact)
      #expect(live.sorted.allSatisfy { $0.namespace.database == "drill" })
      var expected = Catalogue()
      for var facts in shop.facts.sorted where facts.namespace.database == "shop" {
        facts.documents = facts.kind == .view ? nil : shop.documents[facts.namespace]?.count ?? 0
        facts.namespace.database = "drill"
        expected[facts.namespace] = facts
      }
      #expect(live.differences(from: expected) == [])
      #expect(
        try server.count(Namespace("drill", "metrics")) == shop.sandbox.count(Namespace("shop", "metrics")))
      #expect(
        try server.count(Namespace("drill", "openOrders"))
          == shop.sandbox.count(Namespace("shop", "openOrders")))
    }
  }

  @Test(
    "renames single collections: their indexes, and the views on them, follow", .needsFixtures, .tags(.mongod)
  )
  func collections() throws {
    let shop = try Shop.gzippedArchive.restored
    try withSandbox { server, _ in
      let options = RestoreOptions(
        include: ["shop.orders", "shop.openOrders", "shop.metrics"],
        rename: [
          Rename(from: "shop.orders", to: "shop.orders of last night"),
          Rename(from: "shop.metrics", to: "shop.measured"),
        ])
      let result = try server.restore(Shop.gzippedArchive.path, options)
      #expect(result.problems == [])
      let orders = Namespace("shop", "orders of last night")
      #expect(
        Set(try server.indexes(orders).keys)
          == Set(try shop.sandbox.indexes(Namespace("shop", "orders")).keys))
      #expect(try server.options(Namespace("shop", "openOrders"))["viewOn"]?.string == orders.collection)
      #expect(try server.count(Namespace("shop", "openOrders")) > 1000)
      let measured = Namespace("shop", "measured")
      #expect(try server.count(measured) == shop.sandbox.count(Namespace("shop", "metrics")))
      let names = try Catalogue(of: server.pool).sorted.map(\.namespace.description)
      #expect(names == ["shop.measured", "shop.openOrders", "shop.orders of last night"])
    }
  }

  @Test("rewrites every stage of a view that reads a renamed collection", .needsFixtures, .tags(.mongod))
  func pipelines()
    throws
  {
    try withFolder { folder in
      let dump = try HandmadeDump(in: folder)
      let lookup: Document = [
        "from": "b", "localField": "_id", "foreignField": "_id", "as": "b",
        "pipeline": [["$unionWith": "c"], ["$limit": 1]],
      ]
      try dump.add("a", numbered(1...2))
      try dump.add("b", numbered(1...2))
      try dump.add("c", numbered(1...4))
      try dump.addView(
        "v", on: "a",
        [
          ["$lookup": .document(lookup)],
          ["$facet": ["f": [["$lookup": ["from": "c", "pipeline": [], "as": "c"]]]]],
          ["$unionWith": ["coll": "w", "pipeline": []]],
          [
            "$graphLookup": [
              "from": "b", "startWith": "$_id", "connectFromField": "_id", "connectToField": "_id", "as": "g",
            ]
          ],
        ])
      try dump.addView("w", on: "v2")
      try dump.addView("v2", on: "b", [["$match": ["_id": ["$lt": 2]]]])
      let name = dump.database
      let sandbox = try Workbench.sandbox
      let result = try sandbox.restore(
        dump.path, RestoreOptions(rename: [Rename(from: "\(name).*", to: "\(name).new_*")]))
      #expect(result.problems == [])
      let view = try sandbox.options(Namespace(name, "new_v"))
      let text = view.extendedJSON()
      #expect(view["viewOn"]?.string == "new_a")
      for source in ["a", "b", "c", "w"] {
        #expect(!text.contains("\"\(source)\"") || source == "b" || source == "c")
      }
      for source in ["new_b", "new_c", "new_w"] { #expect(text.contains("\"\(source)\"")) }
      // One document of the facet, and one of `w` through `v2` on `b`.
      #expect(try sandbox.count(Namespace(name, "new_v")) == 2)
      #expect(try sandbox.count(Namespace(name, "new_w")) == 1)
      let found = try sandbox.pool.all(["find": "new_v", "filter": ["f": ["$exists": true]]], on: name)
      let facet = found.first?["f"]?.elements?.first?.document
      #expect(facet?["c"]?.elements?.count == 4)
    }
  }
}

import BSON
import Facts
import Mongo
import Record
import Restore
import Sandbox
import TestSupport
import Testing

@Suite("The shop, from each form of its dump", .tags(.mongod), .timeLimit(.minutes(10)))
struct ShopTests {
  @Test("comes back whole, with nothing besides", .needsFixtures, arguments: Shop.allCases)
  func whole(form: Shop) throws {
    let shop = try form.restored
    #expect(shop.result.problems == [] && shop.result.problemCount == 0)
    var expected = shop.result.expected
    for users in ["system.users", "system.roles"] { expected[Namespace("admin", users)] = nil }
    #expect(shop.live.differences(from: expected) == [])
    #expect(shop.live.collections.count == 17)
    #expect(shop.result.collections.count == 20)
    #expect(shop.result.collections.allSatisfy { $0.inserted == ($0.target == nil ? 0 : $0.documents) })
    #expect(shop.result.phases.map(\.name) == ["restore", "indexes"])
  }

  @Test("a plain collection", arguments: Shop.allCases) func plain(form: Shop) throws {
    try expectRestored("crm.contacts", from: form)
    let (server, orders) = try expectRestored("shop.orders", from: form)
    #expect(try server.indexes(orders).count == 6)
  }

  @Test("an empty collection", arguments: Shop.allCases) func empty(form: Shop) throws {
    try expectRestored("shop.empty_one", from: form)
  }

  @Test("a view finds what its source holds", arguments: Shop.allCases) func view(form: Shop) throws {
    let (server, view) = try expectRestored("shop.openOrders", from: form)
    let new = try server.count(Namespace("shop", "orders"), where: ["status": "new"])
    #expect(try server.count(view) == new && new > 1000)
  }

  @Test("a time series, by its buckets and by its measurements", .needsFixtures, arguments: Shop.allCases)
  func timeSeries(form: Shop) throws {
    let (server, metrics) = try expectRestored("shop.metrics", from: form)
    let buckets = try form.restored.documents[metrics] ?? []
    // A closed bucket is compressed and says its count, an open one lists its times.
    let measurements = buckets.map { bucket -> Int in
      let count = bucket["control"]?.document?["count"]?.integer.map { Int($0) }
      if case .document(let times)? = bucket["data"]?.document?["at"] { return times.names.count }
      return count ?? 0
    }
    #expect(measurements.count == 6 && measurements.allSatisfy { $0 > 0 })
    #expect(try server.count(metrics) == measurements.reduce(0, +))
    let options = try server.options(metrics)["timeseries"]?.document
    #expect(options?["granularity"]?.string == "minutes")
    #expect(options?["metaField"]?.string == "host")
  }

  @Test("a capped collection, in its order", arguments: Shop.allCases) func capped(form: Shop) throws {
    let (server, log) = try expectRestored("shop.auditLog", from: form)
    let isInOrder = try server.documents(log) == form.restored.documents[log]
    #expect(isInOrder)
    let options = try server.options(log)
    #expect(options["capped"] == true && options["size"] == 1_048_576 && options["max"] == 5000)
  }

  @Test("a clustered collection", .needsFixtures, arguments: Shop.allCases)
  func clustered(form: Shop) throws {
    let (server, ledger) = try expectRestored("shop.ledger", from: form)
    #expect(try server.options(ledger)["clusteredIndex"]?.document?["unique"] == true)
    #expect(try server.indexes(ledger)["_id_"]?["clustered"] == true)
  }

  @Test("a collection with a collation, which its _id index has too", arguments: Shop.allCases)
  func collated(form: Shop) throws {
    let (server, collated) = try expectRestored("shop.collated", from: form)
    #expect(try server.options(collated)["collation"]?.document?["strength"] == 1)
    #expect(try server.indexes(collated)["_id_"]?["collation"]?.document?["locale"] == "de")
    #expect(try server.count(collated, where: ["_id": "A"]) == 1)
  }

  @Test("a validator is there afterwards", arguments: Shop.allCases) func validator(form: Shop) throws {
    let (server, invoices) = try expectRestored("shop.invoices", from: form)
    let options = try server.options(invoices)
    #expect(options["validationLevel"] == "moderate")
    let reply = try server.pool.run(
      ["insert": "invoices", "documents": [["_id": "no amount"]]], on: "shop")
    #expect(reply["writeErrors"]?.elements?.first?.document?["code"] == 121)
  }

  @Test("GridFS: files, and their chunks in pieces of 255 KiB", arguments: Shop.allCases)
  func gridFS(form: Shop) throws {
    let (server, chunks) = try expectRestored("shop.attachments.chunks", from: form)
    let (_, files) = try expectRestored("shop.attachments.files", from: form)
    #expect(try server.indexes(chunks)["files_id_1_n_1"]?["unique"] == true)
    #expect(try server.indexes(files)["filename_1_uploadDate_1"] != nil)
  }

  @Test("users and roles, in the server's own collections", arguments: Shop.allCases)
  func users(form: Shop) throws {
    let shop = try form.restored
    for name in ["system.users", "system.roles"] {
      let namespace = Namespace("admin", name)
      expectSame(try shop.sandbox.documents(namespace), shop.documents[namespace] ?? [], name)
      #expect(shop.result.expected[namespace]?.documents == 1)
    }
    let found = try shop.sandbox.pool.run(["usersInfo": "drill", "showPrivileges": false])
    #expect(found["users"]?.elements?.count == 1)
    let role = try shop.sandbox.pool.run(["rolesInfo": "orderReader", "showPrivileges": true])
    #expect(role["roles"]?.elements?.first?.document?["privileges"]?.elements?.count == 1)
    // The sandbox keeps its own.
    let version = shop.result.collections.first { $0.source.collection == "system.version" }
    #expect(version?.target == nil && version?.documents == 2)
    #expect(version?.note?.contains("feature compatibility version") == true)
    #expect(shop.result.notVerified.contains { $0.hasPrefix("admin.system.version: ") })
  }

  @Test("a text index", arguments: Shop.allCases) func textIndex(form: Shop) throws {
    let (server, customers) = try expectRestored("shop.customers", from: form)
    let text = try #require(try server.indexes(customers)["name_text"])
    #expect(text["weights"] == ["name": 1] && text["default_language"] == "none")
    #expect(try server.indexes(customers)["address.location_2dsphere"]?["2dsphereIndexVersion"] == 3)
    let someone = try #require(try server.documents(customers).first?["name"]?.string)
    let word = String(someone.prefix { $0 != " " })
    #expect(try server.count(customers, where: ["$text": ["$search": .string(word)]]) > 0)
  }

  @Test("unique, hashed, hidden and sparse indexes", arguments: Shop.allCases)
  func orderIndexes(form: Shop) throws {
    let (server, orders) = try expectRestored("shop.orders", from: form)
    let indexes = try server.indexes(orders)
    #expect(indexes["number_1"]?["unique"] == true)
    #expect(indexes["status_hashed"]?["key"] == ["status": "hashed"])
    #expect(indexes["lines.productId_1"]?["hidden"] == true)
    #expect(indexes["promo_1"]?["sparse"] == true)
    #expect(indexes["customerId_1_placedAt_-1"]?["key"] == ["customerId": 1, "placedAt": -1])
  }

  @Test("wildcard and partial indexes, and one with a collation", arguments: Shop.allCases)
  func productIndexes(form: Shop) throws {
    let (server, products) = try expectRestored("shop.products", from: form)
    let indexes = try server.indexes(products)
    #expect(indexes["attributes.$**_1"]?["key"] == ["attributes.$**": 1])
    #expect(indexes["low_stock"]?["partialFilterExpression"] == ["stock": ["$lt": 20]])
    #expect(indexes["name_fr"]?["collation"]?.document?["strength"] == 2)
  }

  @Test("a TTL index, and what has aged", arguments: Shop.allCases) func ttl(form: Shop) throws {
    let (server, sessions) = try expectRestored("shop.sessions", from: form)
    #expect(try server.indexes(sessions)["lastSeen_1"]?["expireAfterSeconds"] == 3600)
    #expect(try server.count(sessions) == 200)
    #expect(try server.pool.run(["getParameter": 1, "ttlMonitorEnabled": 1])["ttlMonitorEnabled"] == false)
  }

  @Test("a name that the dump cut and hashed", arguments: Shop.allCases) func longName(form: Shop) throws {
    let long = try #require(
      try form.restored.facts.sorted.first { $0.namespace.collection.hasPrefix("long_") })
    #expect(long.namespace.collection.utf8.count > 200)
    try expectRestored(long.namespace.description, from: form)
  }

  @Test("a name that the dump escaped", arguments: Shop.allCases) func oddName(form: Shop) throws {
    try expectRestored("shop.odd name/with %25 and \u{FC}n\u{EF}code", from: form)
  }

  @Test("every type of BSON, as _id too", .needsFixtures, arguments: Shop.allCases) func types(form: Shop)
    throws
  {
    try expectRestored("shop.types", from: form)
  }
}

import Drills
import Glibc
import Platform
import Record
import Reports
import TestSupport
import Testing

/// Where the slices of the shop's oplog lie.
private let oplog = Files.join(Files.folder(of: shop), "oplog")

/// SHA-256 of a collection's sorted documents at a named moment, as its source said.
private func truth(_ point: String, _ database: String, _ collection: String) throws -> JSON? {
  let bytes = try Files.read(Files.join(Files.folder(of: shop), "truth.json"))
  guard case .array(let points) = try JSON.parse(bytes)["points"] else { return nil }
  let state = points.first { $0["name"] == .string(point) }
  return state?["databases"]?[database]?[collection]?["sha256OfSortedDocuments"]
}

/// The documents of an uncompressed file.
private func documents(_ file: String) throws -> [[UInt8]] {
  let bytes = try Files.read(file)
  var documents: [[UInt8]] = []
  var at = 0
  while at < bytes.count {
    let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    documents.append(Array(bytes[at..<at + length]))
    at += length
  }
  return documents
}

private func digest(_ documents: [[UInt8]]) -> JSON {
  let sorted = documents.sorted { precedes($0[...], $1[...]) }
  return .string(SHA256.hex(of: sorted.reduce(into: []) { $0 += $1 }))
}

@Suite("An export", .needsFixtures, .tags(.mongod))
struct ExportTests {
  let folder: TemporaryFolder
  /// Where the run's exports lie.
  let exports: String

  init() throws {
    folder = try TemporaryFolder()
    exports = Files.join(folder.path, "20261121T130449Z-test/exports")
  }

  /// Drills the shop, of which `include` is restored.
  private func run(_ steps: String, include: String) throws -> DrillRecord {
    let scenario = try shopScenario(
      "\(steps)\noplog: [\(oplog)]", restore: "{include: \(include)}", in: folder)
    return drill(scenario) { [path = folder.path] in $0.reports = path }
  }

  @Test("of what is deleted later holds these documents, as they were, and nothing else")
  func deleted() throws {
    let record = try run(
      """
      - {replay: {to: "1795259694:300"}}
      - {id: lost, export: {changed_by: {to: "1795259696:310", ops: d}, expect: {shop.customers: 310}}}
      - {id: verify, check: []}
      - {id: later, replay: {to: "1795259696:310"}}
      - {export: {to: rest}}
      checks: {core: {shop.customers: [count: {equals: 1001}]}}
      """, include: "[shop.customers, shop.products]")
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(try Files.names(in: Files.join(exports, "lost")) == ["shop"])
    #expect(
      try Files.names(in: Files.join(exports, "lost/shop")) == [
        "customers.bson", "customers.metadata.json",
      ])
    let lost = try documents(Files.join(exports, "lost/shop/customers.bson"))
    let rest = try documents(Files.join(exports, "rest/shop/customers.bson"))
    #expect(lost.count == 310)
    #expect(try digest(rest) == truth("after-delete", "shop", "customers"))
    #expect(try digest(lost + rest) == truth("before-accident", "shop", "customers"))

    let export = try #require(record.exports.first)
    #expect(export.step == "lost" && export.moment == "1795259694:300" && !export.gzip)
    #expect(export.changedThrough == "1795259696:310" && export.changes == ["d"])
    #expect(export.collections.map(\.namespace) == ["shop.customers"])
    let written = export.collections[0]
    #expect(written.documents == 310 && !written.whole && written.later == 0 && written.indexes > 0)
    #expect(written.file.map { $0.hasSuffix("exports/lost/shop/customers.bson") } == true)
    #expect(
      try written.sha256 == SHA256.hex(of: Files.read(Files.join(exports, "lost/shop/customers.bson"))))
    #expect(!record.exports[1].collections.contains { !$0.whole })
    #expect(Renderer.markdown.draw(record).contains("## What was exported"))
    try expectValid(record)
  }

  @Test("of what is changed later holds these documents, as they were, and nothing else")
  func changed() throws {
    let record = try run(
      """
      - {replay: {to: "1795259696:310"}}
      - {id: whole, export: {}}
      - {id: damaged, export: {changed_by: {ops: [u]}}}
      - {id: verify, check: []}
      - {id: later, replay: {to: "1795259698:5780"}}
      - {id: after, export: {}}
      checks: {core: {shop.orders: [count: {min: 1}]}}
      """, include: "[shop.orders]")
    #expect(record.verdict == .pass, "\(record.reasons)")
    func read(_ name: String) throws -> Set<[UInt8]> {
      Set(try documents(Files.join(exports, "\(name)/shop/orders.bson")))
    }
    let (whole, damaged, after) = (try read("whole"), try read("damaged"), try read("after"))
    #expect(try digest(Array(whole)) == truth("after-delete", "shop", "orders"))
    #expect(try digest(Array(after)) == truth("after-corruption", "shop", "orders"))
    #expect(damaged.count == 5779 && damaged.isSubset(of: whole))
    #expect(damaged == whole.subtracting(after))
  }

  @Test("follows a collection that is renamed later, and transactions")
  func renamed() throws {
    let record = try run(
      """
      - {replay: {to: dump-end}}
      - {id: lost, export: {changed_by: {to: "1795259692:191", ops: [d]}}}
      - {id: verify, check: []}
      checks: {core: {crm.contacts: [count: {equals: 300}]}}
      """, include: "[crm.contacts]")
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(try documents(Files.join(exports, "lost/crm/contacts.bson")).count == 1)
  }

  @Test("of a collection that is dropped later is all of it, and restores with its indexes and UUID")
  func dropped() throws {
    let record = try run(
      """
      - {replay: {to: "before-first:{op: drop, ns: shop.products}"}}
      - {id: gone, export: {changed_by: {ops: [d]}, gzip: true}}
      - {id: verify, check: []}
      checks: {core: {shop.products: [count: {equals: 300}]}}
      """, include: "[shop.products]")
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(record.exports[0].collections[0].whole && record.exports[0].gzip)
    let path = Files.join(exports, "gone")
    #expect(
      try Files.names(in: Files.join(path, "shop")) == ["products.bson.gz", "products.metadata.json.gz"])
    let again = drill(try Scenario(path))
    #expect(again.verdict == .pass, "\(again.reasons)")
    #expect(again.backup.collections.map(\.target) == ["shop.products"])
    #expect(again.backup.collections[0].indexes == 3 && again.backup.collections[0].inserted == 300)
  }

  @Test("of everything restores to what the drill had: views, time series, odd names")
  func everything() throws {
    let record = try run(
      """
      - {replay: {to: "1795259694:300"}}
      - {id: all, export: {gzip: true}}
      - {id: again, export: {to: all-2}}
      - {id: verify, check: []}
      checks: {core: {shop.orders: [count: {equals: 5837}]}}
      """, include: "[\"*\"]")
    #expect(record.verdict == .pass, "\(record.reasons)")
    let again = drill(try Scenario(Files.join(exports, "all")))
    #expect(again.verdict == .pass, "\(again.reasons)")
    let was = record.backup.collections.filter { $0.target != nil && !$0.source.hasPrefix("admin.") }
    let names = Set(again.backup.collections.compactMap(\.target))
    #expect(names.isSuperset(of: was.compactMap(\.target)))
    for name in ["orders", "types", "auditLog", "system.buckets.metrics"] {
      let documents = try documents(Files.join(exports, "all-2/shop/\(name).bson"))
      #expect(try digest(documents) == truth("before-accident", "shop", name), "\(name)")
    }
  }

  @Test("takes what matches a filter")
  func filter() throws {
    let record = try run(
      """
      - {replay: {to: "1795259694:300"}}
      - {export: {to: "\(folder.path)/open", where: {shop.orders: {status: new}}}}
      - {id: verify, check: []}
      checks: {core: {shop.orders: [{count: {equals: 1505}, where: {status: new}}]}}
      """, include: "[shop.orders]")
    #expect(record.exports.first?.documents == 1505, "\(record.reasons)")
    #expect(record.exports.first?.collections.first?.whole == false)
    #expect(try documents(Files.join(folder.path, "open/shop/orders.bson")).count == 1505)
  }

  @Test(
    "that can't be as it was asked for leaves nothing behind",
    arguments: [
      ("{changed_by: {to: \"1795259694:300\"}}", "nothing-to-export", ExitCode.incomplete),
      ("{include: [shop.nothing]}", "export-not-there", .incomplete),
      ("{where: {shop.nothing: {a: 1}}}", "export-not-there", .incomplete),
      ("{where: {shop.customers: {nothing: 7}}}", "export-no-match", .incomplete),
      ("{expect: {shop.customers: 3}}", "export-unexpected", .checkFailed),
      ("{expect: {shop.nothing: 3}}", "export-unexpected", .checkFailed),
      ("{changed_by: {to: dump-end}}", "changes-before-moment", .invalidScenario),
    ])
  func refused(export: String, code: String, exit: ExitCode) throws {
    let record = try run(
      """
      - {replay: {to: "1795259694:300"}}
      - {id: verify, check: []}
      - {export: \(export)}
      checks: {core: {shop.customers: [count: {equals: 1001}]}}
      """, include: "[shop.customers]")
    #expect(record.reasons.first?.code == code && record.exitCode == exit, "\(record.reasons)")
    #expect(record.exports.isEmpty)
    #expect(try !Files.exists(exports) || Files.names(in: exports).isEmpty)
  }

  @Test("of a filter that is said to match nothing is an empty collection")
  func expectedNone() throws {
    let record = try run(
      """
      - {id: verify, check: []}
      - {export: {where: {shop.customers: {nothing: 7}}, expect: {shop.customers: 0}}}
      checks: {core: {shop.customers: [count: {min: 1}]}}
      """, include: "[shop.customers]")
    #expect(record.exitCode == .pass && record.exports.first?.documents == 0, "\(record.reasons)")
  }

  @Test("is refused where something lies already, which stays as it was")
  func occupied() throws {
    let place = Files.join(folder.path, "taken")
    try Files.createFolder(place)
    try Files.writeAtomically("mine".utf8, to: Files.join(place, "file"))
    let record = try run(
      """
      - {id: verify, check: []}
      - {export: {to: \(place)}}
      checks: {core: {shop.customers: [count: {min: 1}]}}
      """, include: "[shop.customers]")
    #expect(record.reasons.first?.code == "export-target-exists" && record.exitCode == .incomplete)
    #expect(try Files.names(in: place) == ["file"])
  }

  @Test("without a moment to be changed after, or before the replay, is a mistake of the scenario")
  func mistakes() throws {
    let steps = [
      ("- {export: {changed_by: {}}}", "{no_replay: true}", "changes-without-moment"),
      ("- {export: {}}\n- {replay: {}}", "{}", "check-before-replay"),
    ]
    for (steps, restore, code) in steps {
      let scenario = try shopScenario("\(steps)\noplog: [\(oplog)]", restore: restore, in: folder)
      let record = drill(scenario)
      #expect(record.reasons.first?.code == code, "\(record.reasons)")
    }
    for export in ["{to: ../x}", "{to: \"\"}", "{where: {orders: {}}}", "{changed_by: {ops: [i]}}"] {
      #expect(throws: InvalidScenario.self) {
        try shopScenario("- {export: \(export)}", in: folder)
      }
    }
  }
}

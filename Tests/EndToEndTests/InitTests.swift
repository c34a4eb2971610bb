import BSON
import Platform
import TestSupport
import Testing

@Suite("mongodrill init")
struct InitTests {
  @Test(
    "drafts a scenario that lint takes and whose run passes",
    .needsFixtures, .tags(.mongod),
    arguments: isFullRun
      ? ["dump", "dump-gzip", "full.archive", "full.archive.gz"] : ["dump", "full.archive.gz"])
  func shop(form: String) throws {
    try withFolder { folder in
      let made = try Mongodrill.run("init", "\(Fixture.base)/\(form)", "-o", "shop.yaml", "-q", in: folder)
      #expect(made.errorOutput == "")
      #expect(made.status == 0)
      let text = try Files.text(of: Files.join(folder, "shop.yaml"))
      for line in [
        "    shop.orders:\n", "\n      - references: {field: customerId, to: shop.customers}",
        "\n      - references: {field: lines.productId, to: shop.products}", "    crm.contacts:\n",
        // While some were dumped, orders came in: 99.8% in one, 100% in another.
        "- references: {field: orderId, to: shop.orders}",
      ] {
        #expect(text.contains(line), "\(line)")
      }
      #expect(try Mongodrill.run("lint", "shop.yaml", in: folder).output == "shop.yaml: valid\n")
      let run = try Mongodrill.run("run", "shop.yaml", "-q", "--sandbox-dir", ".", in: folder)
      #expect(run.output.hasPrefix("PASS  "), "\(run.output)")
      #expect(run.status == 0)
    }
  }

  @Test(
    "with slices the checks are asked after the replay, of what there is by then", .needsFixtures,
    .tags(.mongod))
  func slices() throws {
    try withFolder { folder in
      _ = try Mongodrill.run(
        "init", "\(Fixture.base)/dump", "--oplog", Fixture.oplog, "-o", "shop.yaml", "-q", in: folder)
      let text = try Files.text(of: Files.join(folder, "shop.yaml"))
      #expect(text.contains("\n  - {id: replay, replay: {to: latest}}\n"))
      // Renamed and dropped by the oplog.
      #expect(text.contains("\n    crm.people:\n"))
      #expect(!text.contains("shop.products"))
      let run = try Mongodrill.run("run", "shop.yaml", "-q", "--sandbox-dir", ".", in: folder)
      // Customers were deleted: what refers to them only warns.
      #expect(run.output.hasPrefix("WARN  "), "\(run.output)")
      #expect(run.output.contains("references of"))
      #expect(run.status == 0)
    }
  }

  @Test("reads an archive from standard input, and says that it has to be named")
  func standardInput() throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "init", "-", "-q", input: .file("\(Fixture.base)/full.archive"), in: folder)
      #expect(run.output.contains("say where it lies, under `backup`"))
      #expect(run.output.contains("\nbackup: {path: \"-\"}\n"))
      #expect(run.output.contains("- references: {field: lines.productId, to: shop.products}"))
      #expect(run.status == 0)
    }
  }

  @Test("prints the items as JSON")
  func json() throws {
    try withFolder { folder in
      try orders(in: folder, lost: 1)
      let run = try Mongodrill.run("init", "dump", "--output=json", "-q", in: folder)
      let result = try JSON.parse(run.output)
      guard case .array(let items)? = result["items"] else {
        Issue.record("no items: \(run.output)")
        return
      }
      let reference = try #require(items.first { $0["kind"] == "references" })
      #expect(reference["subject"] == "shop.orders")
      #expect(reference["check"] == ["references": ["field": "customerId", "to": "shop.customers"]])
      #expect(reference["yaml"] == "{references: {field: customerId, to: shop.customers}}")
      #expect(reference["sure"] == false)
      #expect(reference["reason"] == "97.5% of 40 values are in shop.customers")
      #expect(result["yaml"] != nil)
    }
  }

  @Test("without documents only the catalogue's facts are drafted")
  func noDocuments() throws {
    try withFolder { folder in
      try orders(in: folder, lost: 0)
      let run = try Mongodrill.run("init", "dump", "--no-documents", "-q", in: folder)
      #expect(run.output.contains("- indexes: {compare: backup}"))
      #expect(!run.output.contains("references"))
      #expect(run.status == 0)
    }
  }

  @Test("doesn't replace a file unless it is told to, and leaves the backup as it is")
  func existing() throws {
    try withFolder { folder in
      try orders(in: folder, lost: 0)
      try Files.writeAtomically("mine\n".utf8, to: Files.join(folder, "a.yaml"))
      let refused = try Mongodrill.run("init", "dump", "-o", "a.yaml", "-q", in: folder)
      #expect(refused.status == 64)
      #expect(
        refused.errorOutput == """
          mongodrill: a.yaml: the file is there already
          HINT: Choose another name, or replace it with --force.

          """)
      #expect(try Files.text(of: Files.join(folder, "a.yaml")) == "mine\n")
      let forced = try Mongodrill.run("init", "dump", "-o", "a.yaml", "--force", "-q", in: folder)
      #expect(forced.status == 0)
      #expect(try Files.text(of: Files.join(folder, "a.yaml")).contains("\nbackup: {path: dump}\n"))
      #expect(try Files.names(in: folder) == ["a.yaml", "dump"])
      let missing = try Mongodrill.run("init", "missing", "-q", in: folder)
      #expect(missing.status == 66)
    }
  }

  @Test("a run without a scenario asks what held for all values, and tells what nearly did", .tags(.mongod))
  func run() throws {
    try withFolder { folder in
      try orders(in: folder, lost: 0)
      func record() throws -> JSON {
        try JSON.parse(
          try Mongodrill.run("run", "dump", "--output=json", "--sandbox-dir", ".", in: folder).output)
      }
      func asked(_ record: JSON) throws -> [JSON] {
        guard case .array(let checks)? = record["checks"] else { throw Failure(.internal, "none", "") }
        return checks.filter { $0["kind"] == "references" }
      }
      let whole = try record()
      #expect(
        try asked(whole).map { $0["message"] } == ["40 references, each to a document of shop.customers"])
      #expect(whole["verdict"] == "pass")

      try orders(in: folder, lost: 1)
      let part = try record()
      #expect(try asked(part).isEmpty)
      guard case .array(let left)? = part["not_verified"] else { throw Failure(.internal, "none", "") }
      let message =
        "`references: {field: customerId, to: shop.customers}` of shop.orders was not asked: 97.5% of 40 values "
        + "are in shop.customers"
      #expect(left.map { $0["message"] } == [.string(message)])
    }
  }

  /// A dump of 30 customers and 40 orders, the last of which refer to none.
  private func orders(in folder: String, lost: Int) throws {
    let path = Files.join(folder, "dump")
    if Files.exists(path) { try Files.removeTree(path) }
    let dump = try Dump(in: folder)
    let index = #"{"v":{"$numberInt":"2"},"key":{"a":{"$numberInt":"1"}},"name":"a_1"}"#
    try dump.write("customers", (1...30).map { ["_id": .int32($0)] }, index: index)
    try dump.write(
      "orders",
      (1...40).map { ["_id": .int32($0), "customerId": $0 > 40 - Int32(lost) ? 99 : .int32($0 % 30 + 1)] },
      index: index)
  }
}

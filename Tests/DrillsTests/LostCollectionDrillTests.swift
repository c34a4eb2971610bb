import Drills
import Platform
import Record
import TestSupport
import Testing

/// A dump of orders and customers, with what its source held at its end.
private let small = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/small"

@Suite("A drill of a dump that lost a collection", .tags(.mongod), .timeLimit(.minutes(10)))
struct LostCollectionDrillTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try copyTree("\(small)/dump", to: Files.join(folder.path, "whole"))
    try copyTree("\(small)/dump", to: Files.join(folder.path, "lost"))
    for name in ["customers.bson", "customers.metadata.json"] {
      try Files.removeTree(Files.join(folder.path, "lost/shop/\(name)"))
    }
  }

  private func scenario(
    of dump: String = "lost", restore: String = "{}", _ subject: String = "shop", checks: String,
    witness: Bool = true
  ) throws -> Scenario {
    let path = Files.join(folder.path, "\(dump).yaml")
    try Files.writeAtomically(
      """
      version: 1
      backup: {path: \(dump)}
      \(witness ? "witness: \(small)/dumped.json" : "")
      steps:
      - {id: restore, restore: \(restore)}
      - {id: replay, replay: {to: \(witness ? "witness" : "dump-end")}}
      - {id: verify, check: [core]}
      checks:
        core:
          "\(subject)": \(checks)
      """.utf8, to: path)
    return try Scenario(file: path)
  }

  private static let compared =
    "[digest: {compare: witness}, count: {compare: witness}, indexes: {compare: witness}, options: {compare: witness}]"

  @Test(
    "fails where a witness knows it, whatever was selected with it and under whatever name",
    arguments: [
      ("{}", "shop", "shop.customers"), ("{}", "*", "shop.customers"),
      ("{include: [\"shop.*\"]}", "*", "shop.customers"),
      ("{rename: {\"shop.*\": \"test.*\"}}", "test", "test.customers"),
    ])
  func witness(restore: String, subject: String, lost: String) throws {
    let record = drill(try scenario(restore: restore, subject, checks: Self.compared))
    #expect(record.verdict == .fail && record.exitCode == .checkFailed, "\(record.reasons)")
    let failed = record.checks.filter { $0.result != .pass }
    #expect(failed.map(\.kind) == ["digest", "count", "indexes", "options"], "\(record.checks)")
    #expect(failed.allSatisfy { $0.namespace == lost && $0.message == "the collection does not exist" })
  }

  @Test(
    "passes where it wasn't to be restored, and where it is there",
    arguments: [
      ("lost", "{include: [shop.orders]}"), ("lost", "{exclude: [shop.customers]}"),
      ("whole", "{exclude: [shop.customers]}"), ("whole", "{}"),
    ])
  func selected(dump: String, restore: String) throws {
    let record = drill(try scenario(of: dump, restore: restore, "*", checks: Self.compared))
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(record.checks.count == (restore == "{}" ? 8 : 4))
  }

  @Test("fails where an earlier run counted it, unless it is excluded today")
  func baseline() throws {
    let reports = Files.join(folder.path, "reports")
    func run(_ scenario: Scenario, baseline: String? = nil) -> DrillRecord {
      drill(scenario) { options in
        options.reports = reports
        options.baseline = baseline
      }
    }
    let first = run(
      try scenario(of: "whole", checks: "[count: {min: 1}, types: {field: _id}]", witness: false))
    #expect(first.verdict == .pass, "\(first.reasons)")
    let report = Files.join(folder.path, "before.json")
    try Files.writeAtomically(first.json.text().utf8, to: report)
    let compared = "[count: {compare: baseline}, types: {field: _id, compare: baseline}]"
    let second = run(try scenario(checks: compared, witness: false), baseline: report)
    #expect(second.exitCode == .checkFailed, "\(second.reasons)")
    #expect(
      second.checks.filter { $0.result == .fail }.map(\.namespace) == ["shop.customers", "shop.customers"])
    let third = run(
      try scenario(restore: "{exclude: [shop.customers]}", checks: compared, witness: false), baseline: report
    )
    #expect(third.verdict == .pass && third.checks.count == 2, "\(third.reasons)")
  }
}

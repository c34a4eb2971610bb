import Drills
import Glibc
import Platform
import Record
import Reports
import Testing

extension Tag {
  /// Needs a real `mongod`, and fails without one.
  @Tag static var mongod: Self
}

/// The shop's files in the repository.
let shop = {
  var folder = Files.folder(of: #filePath)
  for _ in 0..<1 { folder = Files.folder(of: folder) }
  return Files.join(folder, "Fixtures/shop/base")
}()

/// Drills a scenario or a backup.
func drill(_ scenario: Scenario, change: (inout DrillOptions) -> Void = { _ in }) -> DrillRecord {
  var options = DrillOptions(runID: "20261121T130449Z-test", version: "0.0.0")
  change(&options)
  return Drill(scenario, options: options, events: { _ in }).run()
}

/// A scenario about the shop's dump, without its oplog unless said.
func shopScenario(_ rest: String, restore: String = "{no_replay: true}") throws -> Scenario {
  try scenario(
    """
    version: 1
    backup: {path: \(shop)/dump}
    steps:
      - {id: restore, restore: \(restore)}
    \(rest)
    """)
}

@Suite("A drill", .tags(.mongod))
struct DrillTests {
  @Test("of a backup alone restores all of it and finds it whole", arguments: ["dump", "full.archive.gz"])
  func backup(form: String) throws {
    let record = drill(try Scenario(Files.join(shop, form))) { $0.noReplay = true }
    #expect(record.status == .completed)
    #expect(record.verdict == .pass)
    #expect(record.exitCode == .pass)
  }
}

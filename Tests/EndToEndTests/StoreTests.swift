import Platform
import TestSupport
import Testing

/// The real store in `Tests/Fixtures/pbm`: one snapshot and three slices of a replica set of MongoDB 6.0.5.
@Suite("A drill of a store of Percona Backup for MongoDB", .tags(.mongod))
struct StoreTests {
  private func withStore(_ body: (_ folder: String, _ store: String) throws -> Void) throws {
    try withFolder { folder in
      let archive = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/pbm/store.tar.gz"
      let unpacked = try Supervisor.shared.capture(
        ChildSpec(["tar", "xzf", archive, "-C", folder]), timeout: 30)
      try #require(unpacked.status == .exited(0), "\(unpacked.errorOutput.text)")
      try body(folder, Files.join(folder, "store"))
    }
  }

  private func drill(_ folder: String) throws -> (status: Int32, record: JSON) {
    let run = try Mongodrill.run(
      "run", "store", "-q", "--fail-on", "warn", "--output", "json", "--sandbox-dir", ".", in: folder)
    return (run.status, try JSON.parse(run.output))
  }

  @Test("passes when it is sound, and warns of a newer snapshot that can't be used", .needsFixtures)
  func newer() throws {
    try withStore { folder, store in
      let sound = try drill(folder)
      #expect(sound.status == 0 && sound.record["verdict"] == "pass", "\(sound.record)")
      // Its description is what PBM writes last.
      try Files.createFolder(Files.join(store, "2026-11-22T00:00:00Z/rs0"), parents: true)
      let doubted = try drill(folder)
      #expect(doubted.status == 3 && doubted.record["verdict"] == "warn", "\(doubted.record)")
      #expect("\(doubted.record)".contains("a newer backup, store/2026-11-22T00:00:00Z"))
    }
  }

  @Test("fails where a slice in the middle is missing", .needsFixtures)
  func gap() throws {
    try withStore { folder, store in
      try Files.removeTree(
        Files.join(store, "pbmPitr/rs0/20261121/20261121111758-1.20261121111808-1.oplog.gz"))
      let run = try drill(folder)
      #expect(
        run.status == 65 && "\(run.record)".contains("as those of neighbours in a store do"), "\(run.record)")
    }
  }
}

import BSON
import Backups
import Facts
import Platform
import Testing

@Suite("dump directories")
struct DumpDirectoryTests {
  @Test("are known in full before anything is read", arguments: [Fixture.dump, Fixture.gzippedDump])
  func opening(path: String) throws {
    let backup = try openBackup(path)
    #expect(backup.form == .dumpDirectory)
    #expect(backup.origin.serverVersion == "6.0.5")
    #expect(backup.origin.toolVersion == "100.18.0")
    #expect(backup.origin.isCompressed == (path == Fixture.gzippedDump))
    #expect(backup.oplog != nil)
    #expect(backup.notes == [])
    #expect(backup.collections.count == 20)
    #expect(backup.collections.last?.facts.kind == .view)
  }
}

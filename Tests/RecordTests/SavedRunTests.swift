import Glibc
import Platform
import Record
import Testing

@Suite("A saved run")
struct SavedRunTests {
  @Test("is found by its folder, its file, its id, and as the latest; a path goes before an id")
  func found() throws {
    let folder = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try Files.createFolder(folder)
    defer { try? Files.removeTree(folder) }
    let reports = Files.join(folder, "reports")
    // The newest has no record, and what comes after it by name is no run.
    for (id, hasRecord) in [
      ("20251231T235959Z-z", true), ("20260101T000000Z-a", true), ("20260101T000000Z-a-2", true),
      ("20260102T000000Z-a", false), ("example", true),
    ] {
      try Files.createFolder(Files.join(reports, id), parents: true)
      if hasRecord { try Files.writeAtomically("{}".utf8, to: Files.join(reports, "\(id)/report.json")) }
    }
    let newest = Files.join(reports, "20260101T000000Z-a-2")
    let file = Files.join(newest, "report.json")
    for run in ["latest", "20260101T000000Z-a-2", newest, newest + "/", file] {
      let found = SavedRun.file(of: run, reports: reports)
      #expect(found?.replacing("//", with: "/") == file, "\(run)")
    }
    #expect(SavedRun.file(of: "20260102T000000Z-a", reports: reports) == nil)
    #expect(SavedRun.file(of: "latest", reports: folder) == nil)
    #expect(SavedRun.file(of: "latest", reports: "/nowhere") == nil)
    #expect(SavedRun.file(of: "nowhere/latest", reports: reports) == nil)
  }
}

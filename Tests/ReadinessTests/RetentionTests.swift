import Platform
import Readiness
import Record
import Testing

@Suite("A retention")
struct RetentionTests {
  let folder: BackupFolder
  let now = WallTime(rfc3339: "2026-11-21T12:00:00Z")!

  init() throws { folder = try BackupFolder() }

  /// 03:00 of a day before today.
  private func second(daysAgo days: Int) -> Int { now.seconds - 9 * 3600 - days * 86_400 }

  private func dump(daysAgo days: Int) throws {
    let second = second(daysAgo: days)
    try folder.dump("full/\(WallTime(seconds: second).text.prefix(10))", oplog: ["\(second):1"])
  }

  private func removed(_ policy: Retention.Policy, runs: RunIndex? = nil) throws -> [String] {
    let inventory = try Inventory(of: [folder.path], runs: runs, now: now)
    return Retention(inventory, policy).removable.map {
      String($0.entry.path.dropFirst(folder.path.count + 1))
    }
  }

  @Test("keeps the newest of so many days, weeks and months that have one")
  func calendar() throws {
    for days in 0..<70 { try dump(daysAgo: days) }
    let inventory = try Inventory(of: [folder.path], now: now)
    let retention = Retention(inventory, .init(daily: 3, weekly: 3, monthly: 3))
    let kept = retention.decisions.filter(\.isKept).map { String($0.entry.path.suffix(5)) }
    // Saturday the 21st; Sundays the 15th and the 8th; the last days of September and of October.
    #expect(kept == ["09-30", "10-31", "11-08", "11-15", "11-19", "11-20", "11-21"])
    #expect(retention.removable.count == 63)
    #expect(retention.bytesRemovable == retention.removable.reduce(0) { $0 + $1.entry.bytes })
  }

  @Test("never removes the newest, nor the only proven one, nor what nobody can judge")
  func spared() throws {
    for days in 0..<5 { try dump(daysAgo: days) }
    try folder.dump("full/2026-11-01")
    try folder.write(#"{"status": "failed"}"#.utf8, to: "full/2026-11-01/backup_metadata.json")
    #expect(
      try removed(.init(daily: 0)) == [
        "full/2026-11-17", "full/2026-11-18", "full/2026-11-19", "full/2026-11-20",
      ])
    let reports = try ReportFolder()
    try reports.write(at: WallTime(seconds: second(daysAgo: 3) + 3600)) { record in
      record.backup.path = folder["full/2026-11-18"]
    }
    let runs = try RunIndex(reading: reports.path, depth: .details, now: now)
    #expect(
      try removed(.init(daily: 1), runs: runs) == ["full/2026-11-17", "full/2026-11-19", "full/2026-11-20"])
    #expect(try removed(.init(daily: 5), runs: runs) == [])
  }

  @Test("never removes a backup that kept slices need, nor the slices between the two")
  func slices() throws {
    for days in [0, 5, 9] { try dump(daysAgo: days) }
    // One a day, each from 03:00 to 03:00; the last one, of today, is not there yet.
    for days in 1...9 {
      try folder.slice(
        "oplog/\(10 - days).bson", ["\(second(daysAgo: days)):1", "\(second(daysAgo: days - 1)):1"])
    }
    // Those of the last three days stay: the backup of five days ago leads to them, over two older slices.
    let day = 86_400.0
    #expect(
      try removed(.init(daily: 1, slices: 3 * day)) == [
        "full/2026-11-12", "oplog/1.bson", "oplog/2.bson", "oplog/3.bson", "oplog/4.bson",
      ])
    // All slices stay, so the oldest backup has to.
    #expect(try removed(.init(daily: 1)) == ["full/2026-11-16"])
    #expect(try removed(.init(slices: 3 * day)).allSatisfy { $0.hasPrefix("oplog/") })
  }
}

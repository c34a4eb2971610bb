import BSON
import Backups
import Foundation
import Platform
import Testing

@Suite("Picking one of a folder of backups")
struct PickTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A dump without an oplog, of one collection; changed at a known time.
  private func dump(_ name: String, of namespace: String = "shop.orders", changed: Double? = nil) throws {
    let parts = namespace.split(separator: ".")
    let file = "\(name)/\(parts[0])/\(parts[1])"
    var bytes: [UInt8] = []
    (["_id": .int32(1)] as Document).withBytes { bytes += $0 }
    try scratch.write(bytes, to: "\(file).bson")
    try scratch.write(
      #"{"indexes":[],"collectionName":"\#(parts[1])","type":"collection"}"#, to: "\(file).metadata.json")
    guard let changed else { return }
    for suffix in [".bson", ".metadata.json"] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: changed)], ofItemAtPath: scratch[file + suffix])
    }
  }

  private func pick(_ pick: BackupPick, now: WallTime = .now) throws -> (name: String, text: String) {
    let choice = try BackupShelf(scratch.path, needsOplog: false).choose(pick, now: now)
    let others = choice.passedOver.map { "\(Files.name(of: $0.path)): \($0.reason)" }
    return (Files.name(of: choice.backup.path), ([choice.reason] + others).joined(separator: "\n"))
  }

  @Test(
    "takes the time from the sidecar, else the oplog, else the name, else the newest change, and says which")
  func time() throws {
    try dump("by-change", changed: 1_700_000_000)
    try dump("shop-2026-11-20", changed: 1_700_000_000)
    try dump("shop-2026-11-19")
    try scratch.write(
      #"{"completed_at": "2026-11-22T01:02:03Z"}"#, to: "shop-2026-11-19/backup_metadata.json")
    try FileManager.default.copyItem(atPath: Fixture.archive, toPath: scratch["dump-2020-01-01.archive"])
    let (name, text) = try pick(.latest)
    #expect(name == "shop-2026-11-19")
    #expect(
      text == """
        the newest of 4 backups, of 2026-11-22T01:02:03Z by its sidecar
        dump-2020-01-01.archive: not picked, of 2026-11-21T11:14:44Z by the last entry of its own oplog
        shop-2026-11-20: not picked, of 2026-11-20T00:00:00Z by the date in its name
        by-change: not picked, of 2023-11-14T22:13:20Z by the newest change of its files
        """)
    #expect(try pick(.oldest).name == "by-change")
  }

  @Test("passes over what is damaged, and what says that it failed, by name")
  func passesOver() throws {
    try dump("2026-11-19")
    try dump("2026-11-20")
    try scratch.write(#"{"status": "failed"}"#, to: "2026-11-20/backup_metadata.json")
    try dump("2026-11-21")
    try scratch.remove("2026-11-21/shop/orders.bson")
    let (name, text) = try pick(.latest)
    #expect(name == "2026-11-19")
    #expect(text.contains("\n2026-11-20: "))
    #expect(text.contains("says that the backup failed: status is failed"))
    #expect(text.contains("\n2026-11-21: "))
  }

  @Test(
    "says of what is damaged when it would have been chosen, and doesn't call what is left the only one",
    arguments: [
      ("2026-11-21", BackupPick.latest, "a newer backup"), ("2026-11-19", .latest, nil),
      ("undated", .latest, "a newer backup"), ("2026-11-21", .oldest, nil),
      ("2026-11-19", .oldest, "an older backup"),
      ("2026-11-21", .newest(holding: "shop.orders", olderThan: nil), "a newer backup"),
      ("2026-11-21", .newest(holding: nil, olderThan: 45_000), nil), ("2026-11-21", .random(seed: 1), nil),
    ] as [(String, BackupPick, String?)])
  func doubts(damaged: String, pick: BackupPick, word: String?) throws {
    try dump("2026-11-20")
    try dump(damaged)
    try scratch.remove("\(damaged)/shop/orders.bson")
    let now = try #require(WallTime(rfc3339: "2026-11-21T12:00:00Z"))
    let choice = try BackupShelf(scratch.path, needsOplog: false).choose(pick, now: now)
    #expect(Files.name(of: choice.backup.path) == "2026-11-20")
    #expect(choice.reason.contains("the only backup that can be used"), "\(choice.reason)")
    guard let word else {
      #expect(choice.doubts == [])
      return
    }
    let doubt = try #require(choice.doubts.first)
    #expect(doubt.hasPrefix("\(word), \(scratch[damaged]), can't be used: "), "\(doubt)")
    #expect(doubt.hasSuffix("; \(scratch["2026-11-20"]) was drilled instead") && choice.doubts.count == 1)
  }

  @Test("at random takes the same for the same seed, and each for some seed")
  func random() throws {
    for name in ["a", "b", "c"] { try dump(name) }
    let names = try (0..<20).map { try pick(.random(seed: $0)).name }
    #expect(Set(names) == ["a", "b", "c"])
    let again = try (0..<20).map { try pick(.random(seed: $0)).name }
    #expect(names == again)
    #expect(try pick(.random(seed: 7)).text.contains("picked at random of 3 backups, seed 7"))
  }

  @Test("takes the newest that holds a collection and is old enough")
  func conditions() throws {
    try dump("2026-11-18", of: "crm.contacts")
    try dump("2026-11-19", of: "crm.contacts")
    try dump("2026-11-20")
    let now = try #require(WallTime(rfc3339: "2026-11-21T00:00:00Z"))
    let held = try pick(.newest(holding: "crm.contacts", olderThan: nil), now: now)
    #expect(held.name == "2026-11-19" && held.text.contains("2026-11-20: doesn't hold crm.contacts"))
    let old = try pick(.newest(holding: "crm.*", olderThan: 3 * 86_400), now: now)
    #expect(old.name == "2026-11-18")
    #expect(
      old.text.contains("2026-11-19: of 2026-11-19T00:00:00Z by the date in its name, not older than 3d 00h"))
    let failure = #expect(throws: Failure.self) { try pick(.newest(holding: "x.y", olderThan: nil)) }
    #expect(failure?.code == "nothing-to-pick")
  }

  @Test("all of a store's snapshots are among all, those that can't be restored here, too")
  func snapshots() throws {
    let fixture = try PBMFixture()
    try fixture.addSnapshot("2026-11-20T10:00:00Z", [])
    try fixture.addSnapshot("2026-11-21T10:00:00Z", [("\"type\": \"logical\"", "\"type\": \"physical\"")])
    try fixture.scratch.write("{", to: "store/2026-11-19T10:00:00Z.pbm.json")
    let all = try BackupShelf(fixture.store, needsOplog: false).all()
    #expect(
      all.map { "\(Files.name(of: $0.path)) \($0.objection == nil)" } == [
        "2026-11-20T10:00:00Z true", "\(PBMFixture.name) true", "2026-11-19T10:00:00Z false",
        "2026-11-21T10:00:00Z false",
      ])
  }
}

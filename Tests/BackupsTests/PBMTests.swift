import BSON
import Backups
import Compression
import Facts
import Foundation
import Platform
import Testing

@Suite("stores of Percona Backup for MongoDB")
struct PBMTests {
  private let lastWrite = Timestamp(seconds: 1_795_259_832, increment: 2)

  private func collection(_ backup: any LogicalBackup, _ name: String) throws -> BackedUpCollection {
    try #require(backup.collections.first { $0.facts.namespace.description.utf8.elementsEqual(name.utf8) })
  }

  @Test("are known in full before any document is read")
  func opening() throws {
    let fixture = try PBMFixture()
    let backup = try openBackup(fixture.store)
    #expect(backup.form == .pbmSnapshot)
    #expect(backup.path == fixture.snapshot)
    #expect(backup.origin.serverVersion == "6.0.5")
    #expect(backup.origin.toolVersion == "2.15.0")
    #expect(backup.origin.isCompressed)
    #expect(backup.collections.count == 33)
    #expect(backup.collections.last?.facts.kind == .view)
    #expect(
      backup.notes == [
        "Percona Backup for MongoDB doesn't record whether an index is hidden: hidden ones come back visible"
      ])
    #expect(backup.oplog?.files == [fixture.snapshot + "/rs0/oplog/20261121111708-13.20261121111712-2.gz"])
    #expect(
      backup.slices.map { Files.name(of: $0.path) } == [
        "20261121111712-2.20261121111758-1.oplog.gz", "20261121111758-1.20261121111808-1.oplog.gz",
        "20261121111808-1.20261121111818-7.oplog.gz",
      ])
    #expect(backup.slices.first?.start == lastWrite)
    #expect(backup.slices.last?.end == Timestamp(seconds: 1_795_259_898, increment: 7))
  }

  @Test("record options, indexes and UUIDs, those of a time series' buckets as well")
  func definitions() throws {
    let fixture = try PBMFixture()
    let backup = try openBackup(fixture.store)
    let metrics = try collection(backup, "shop.metrics").facts
    #expect(metrics.kind == .timeseries)
    #expect(metrics.uuid == UUIDBytes("9925eb5910cd41d7bc66f3a26b9de0d5"))
    #expect(try collection(backup, "shop.auditLog").isOrdered)
    #expect(try collection(backup, "shop.collated").facts.options["collation"] != nil)
    // PBM keeps the collection's option alone, and not the index's.
    let clustered = try collection(backup, "shop.ledger").facts.indexes
    #expect(clustered.map { $0.document["clustered"] } == [true])
    for (name, truth) in try #require(PBMFixture.truth().first?.collections["shop"])
    where !truth.indexes.isEmpty {
      let indexes = try collection(backup, "shop.\(name)").facts.indexes.map(\.name).sorted()
      #expect(indexes == truth.indexes, "\(name)")
    }
    let odd = try collection(backup, "shop.odd name/with %25 and ünïcode")
    #expect(odd.place?.file == fixture.snapshot + "/rs0/shop.odd name/with %25 and ünïcode.gz")
    // PBM writes no file for an empty collection.
    #expect(try collection(backup, "shop.empty_one").place == nil)
  }

  @Test("restore users and roles, and leave out what PBM and the server keep for themselves")
  func treatments() throws {
    let fixture = try PBMFixture()
    let backup = try openBackup(fixture.store)
    #expect(try collection(backup, "admin.system.users").treatment == .usersOrRoles)
    #expect(try collection(backup, "admin.system.roles").treatment == .usersOrRoles)
    for collection in backup.collections where collection.facts.namespace.database == "admin" {
      if collection.treatment == .usersOrRoles { continue }
      guard case .notRestored = collection.treatment else {
        Issue.record("\(collection.facts.namespace) would be restored")
        continue
      }
    }
    for name in ["shop.orders", "crm.contacts", "shop.openOrders"] {
      #expect(try collection(backup, name).treatment == .data)
    }
  }

  @Test("hold what the source held")
  func counts() throws {
    let fixture = try PBMFixture()
    let backup = try verifyBackup(fixture.store)
    #expect(backup.damage == [])
    let truth = try PBMFixture.truth().map { try #require($0.collections["shop"]) }
    var compared = 0
    for (name, point) in truth[0] where truth.allSatisfy({ $0[name]?.count == point.count }) {
      // What doesn't change at any point didn't change before the first either.
      let logical = name.replacingOccurrences(of: "system.buckets.", with: "")
      let read = backup.collections.first { $0.facts.namespace == Namespace("shop", logical) }
      #expect(read?.facts.documents == point.count, "\(name)")
      compared += 1
    }
    #expect(compared == 14)
    let orders = try #require(backup.collections.first { $0.facts.namespace == Namespace("shop", "orders") })
    #expect(orders.facts.documents == 5042)
    #expect(orders.facts.bytes == 1_759_310)
  }

  @Test("are verified with the snapshot's own oplog and the slices that lead on from it")
  func oplog() throws {
    let fixture = try PBMFixture()
    let backup = try verifyBackup(fixture.store)
    #expect(backup.oplog?.entries == 48)
    #expect(backup.oplog?.first == Timestamp(seconds: 1_795_259_828, increment: 13))
    #expect(backup.oplog?.last == lastWrite)
    #expect(backup.slices.map(\.oplog.entries) == [660, 310, 16])
    for read in backup.slices {
      #expect(read.oplog.first == read.slice.start)
      #expect(read.oplog.last == read.slice.end)
    }
  }

  /// A snapshot that ended two seconds before the real one.
  private let earlier = "2026-11-20T00:00:00Z"

  @Test(
    "may be given with a snapshot's name",
    arguments: ["2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z/", "2026-11-20T00:00:00Z.pbm.json"])
  func names(suffix: String) throws {
    let fixture = try PBMFixture()
    try fixture.addSnapshot(earlier, [("1795259832", "1795259830")])
    let backup = try openBackup("\(fixture.store)/\(suffix)")
    #expect(backup.path == "\(fixture.store)/\(earlier)")
    #expect(backup.slices.count == 3)
    #expect(try openBackup(fixture.store).path == fixture.snapshot)
  }

  @Test("say what they hold when the name is of none")
  func unknownName() throws {
    let fixture = try PBMFixture()
    let failure = #expect(throws: Failure.self) { try openBackup(fixture.store + "/yesterday") }
    #expect(failure?.kind == .backupNotFound)
    #expect(failure?.hint == "It holds \(PBMFixture.name).")
    try fixture.scratch.remove(fixture.record)
    #expect(try faults(fixture.snapshot).map(\.code) == ["snapshot-without-record"])
    #expect(try faults(fixture.store).map(\.code) == ["no-usable-snapshot"])
  }

  @Test("give the newest snapshot that ends by the target")
  func choice() throws {
    let fixture = try PBMFixture()
    try fixture.addSnapshot(earlier, [("1795259832", "1795259830")])
    func chosen(_ target: Timestamp?) throws -> String {
      Files.name(of: try openBackup(fixture.store, endingBy: target).path)
    }
    #expect(try chosen(nil) == PBMFixture.name)
    #expect(try chosen(lastWrite) == PBMFixture.name)
    #expect(try chosen(Timestamp(seconds: 1_795_259_832, increment: 1)) == earlier)
    #expect(try chosen(Timestamp(seconds: 1_795_259_830, increment: 2)) == earlier)
    let failure = #expect(throws: Failure.self) {
      try chosen(Timestamp(seconds: 1_795_259_830, increment: 1))
    }
    #expect(failure?.code == "no-snapshot-before-target")
    #expect(failure?.hint == "The earliest target is 1795259830:2, with which \(earlier) ends.")
  }

  @Test(
    "pass over snapshots that can't be restored, and say why",
    arguments: [
      (
        "\"status\": \"done\",\n\t\"conditions\"", "\"status\": \"error\",\n\t\"conditions\"",
        "snapshot-unfinished"
      ),
      ("\"type\": \"logical\"", "\"type\": \"physical\"", "snapshot-not-logical"),
      ("\"replsets\": [", "\"replsets\": [{\"name\": \"rs1\"},", "snapshot-sharded"),
      ("\"compression\": \"gzip\"", "\"compression\": \"brotli\"", "snapshot-compression"),
      ("metadata.json\"", "rs0.dump.gz\"", "snapshot-too-old"),
    ])
  func refusals(old: String, new: String, code: String) throws {
    let fixture = try PBMFixture()
    try fixture.addSnapshot("2026-11-22T00:00:00Z", [(old, new)])
    let backup = try openBackup(fixture.store)
    #expect(backup.path == fixture.snapshot)
    #expect(backup.notes.first?.hasPrefix("2026-11-22T00:00:00Z: passed over: ") == true)
    #expect(try faults(fixture.store + "/2026-11-22T00:00:00Z").map(\.code) == [code])
    try fixture.scratch.remove(fixture.record)
    let failure = try #require(faults(fixture.store).first)
    #expect(failure.code == "no-usable-snapshot")
    #expect(failure.cause?.hasPrefix("2026-11-22T00:00:00Z: ") == true)
  }

  @Test(
    "leave a doubt where a newer snapshot can't be used, unless it is of another kind or ends after the target",
    arguments: [
      ("a record that was cut", true), ("an error", true), ("no record", true), ("a physical one", false),
    ])
  func doubts(what: String, isDoubt: Bool) throws {
    let fixture = try PBMFixture()
    let name = "2026-11-22T00:00:00Z"
    try fixture.addSnapshot(name, [])
    let record = "store/\(name).pbm.json"
    switch what {
    case "a record that was cut": try fixture.scratch.edit(record) { $0.removeLast($0.count / 2) }
    case "an error":
      try fixture.scratch.replace(
        "\"status\": \"done\",\n\t\"conditions\"", with: "\"status\": \"error\",\n\t\"conditions\"",
        in: record)
    case "no record": try fixture.scratch.remove(record)
    default: try fixture.scratch.replace("\"type\": \"logical\"", with: "\"type\": \"physical\"", in: record)
    }
    let backup = try openBackup(fixture.store)
    #expect(backup.path == fixture.snapshot)
    #expect(backup.doubts.count == (isDoubt ? 1 : 0))
    for doubt in backup.doubts {
      #expect(doubt.hasPrefix("a newer backup, \(fixture.store)/\(name), can't be used: "), "\(doubt)")
      #expect(doubt.hasSuffix("; \(fixture.snapshot) was drilled instead"))
    }
    #expect(backup.notes.contains { $0.contains("passed over: ") && $0.contains(name) }, "\(backup.notes)")
    // What began after the target couldn't have been taken.
    #expect(try openBackup(fixture.store, endingBy: lastWrite).doubts == [])
    #expect(try BackupShelf(fixture.scratch.path, needsOplog: false).choose(.latest).doubts == backup.doubts)
    // Asked for by its name, it is no choice.
    #expect(try openBackup(fixture.snapshot).doubts == [])
  }

  @Test("take a snapshot of some namespaces only by its name, with PBM's copies of users and roles")
  func selection() throws {
    let fixture = try PBMFixture()
    try fixture.addSnapshot("2026-11-22T00:00:00Z", [("\"type\"", "\"nss\": [\"shop.*\"], \"type\"")])
    let name = "2026-11-22T00:00:00Z"
    for file in ["users", "roles"] {
      for text in ["metadata.json", "meta.pbm"] {
        try fixture.replaceBytes("system.\(file)", with: "syst_m.\(file)", in: "store/\(name)/rs0/\(text)")
      }
      try fixture.scratch.move(
        "store/\(name)/rs0/admin.system.\(file).gz", to: "store/\(name)/rs0/admin.syst_m.\(file).gz")
    }
    #expect(try openBackup(fixture.store).path == fixture.snapshot)
    let backup = try openBackup("\(fixture.store)/\(name)")
    #expect(backup.notes.contains("holds only shop.*: a part of the data"))
    let users = try collection(backup, "admin.system.users")
    #expect(users.treatment == .usersOrRoles)
    #expect(users.place?.file.hasSuffix("/admin.pbmRUsers.gz") == true)
  }

  @Test(
    "read every compression, which the content tells", arguments: ["zst", "lz4", "snappy", "s2", "plain"])
  func compressions(name: String) throws {
    let fixture = try PBMFixture()
    let suffix = name == "plain" ? "" : ".\(name)"
    let folder = fixture.scratch[fixture.files]
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix(".gz") {
      try fixture.scratch.move(
        "\(fixture.files)/\(file)", to: "\(fixture.files)/\(file.dropLast(3))\(suffix)")
    }
    let types = fixture.files + "/shop.types" + suffix
    if name == "plain" {
      let bytes = try openDecompressed(fixture.scratch[types]).readAll(limit: 1 << 20)
      try fixture.scratch.write(bytes, to: types)
    } else {
      try fixture.scratch.remove(types)
      try FileManager.default.copyItem(
        atPath: PBMFixture.folder + "/../compressed/types.bson.\(name)", toPath: fixture.scratch[types])
    }
    let word = ["zst": "zstd", "plain": "none"][name] ?? name
    try fixture.scratch.replace(
      "\"compression\": \"gzip\"", with: "\"compression\": \"\(word)\"", in: fixture.record)
    let backup = try verifyBackup(fixture.store)
    #expect(backup.damage == [])
    let read = backup.collections.first { $0.facts.namespace == Namespace("shop", "types") }
    #expect(read?.facts.documents == 10)
  }
}

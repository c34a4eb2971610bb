import BSON
import Backups
import Compression
import Foundation
import Platform
import Testing

@Suite("damage in stores of Percona Backup for MongoDB")
struct PBMDamageTests {
  /// A change of a store's copy, and what is to be said of it.
  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: String
    /// The end of the path that is named.
    var file: String
    var change: @Sendable (PBMFixture) throws -> Void

    init(
      _ testDescription: String, _ code: String, _ file: String,
      _ change: @escaping @Sendable (PBMFixture) throws -> Void
    ) {
      self.testDescription = testDescription
      self.code = code
      self.file = file
      self.change = change
    }
  }

  /// Replaces a file by its documents, plain, without the last `count` bytes.
  private static func cut(_ file: String, _ count: Int, in fixture: PBMFixture) throws {
    let bytes = try openDecompressed(fixture.scratch[file]).readAll(limit: 1 << 24)
    try fixture.scratch.write(bytes.dropLast(count), to: file)
  }

  /// Takes entries out of a file of the oplog, by their numbers.
  private static func drop(
    _ file: String, in fixture: PBMFixture, _ isLost: (_ number: Int, _ count: Int) -> Bool
  ) throws {
    let bytes = try openDecompressed(fixture.scratch[file]).readAll(limit: 1 << 24)
    var entries: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let size = (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
      entries.append(bytes[start..<start + size])
      start += size
    }
    let left = entries.indices.filter { !isLost($0, entries.count) }.flatMap { entries[$0] }
    try #require(left.count < bytes.count)
    try fixture.scratch.write(left, to: file)
  }

  private static let ownOplog = "20261121111708-13.20261121111712-2.gz"
  private static let lastSlice = "20261121111808-1.20261121111818-7.oplog.gz"

  /// The snapshot's own oplog as PBM up to 2.3 wrote it: one file, whose name says nothing.
  private static func joinOplog(in fixture: PBMFixture) throws {
    try fixture.scratch.move("\(fixture.files)/oplog/\(ownOplog)", to: "own")
    try fixture.scratch.remove("\(fixture.files)/oplog")
    try fixture.scratch.move("own", to: "\(fixture.files)/oplog")
  }

  private static let record = "store/\(PBMFixture.name).pbm.json"
  private static let files = "store/\(PBMFixture.name)/rs0"

  /// Something of the store lies outside of it, whole, and a link leads there.
  private static func leaving(_ what: String, _ path: String, _ named: String) -> Damage {
    Damage("a link in the place of \(what)", "link-leaves-backup", named) { fixture in
      try fixture.scratch.move(path, to: "elsewhere")
      try fixture.scratch.link(path, to: fixture.scratch["elsewhere"])
    }
  }

  static let all: [Damage] = [
    Damage("a flipped bit", "bson-malformed", "/rs0/shop.orders.gz") { fixture in
      try fixture.scratch.edit("\(fixture.files)/shop.orders.gz") { $0[200_000] ^= 4 }
    },
    Damage("a file cut short", "gzip-cut-short", "/rs0/crm.contacts.gz") { fixture in
      try fixture.scratch.edit("\(fixture.files)/crm.contacts.gz") { $0.removeLast(100) }
    },
    Damage("a flipped bit that no compression sees", "snapshot-checksum", "/rs0/shop.ledger.gz") { fixture in
      try cut("\(fixture.files)/shop.ledger.gz", 0, in: fixture)
      try fixture.scratch.edit("\(fixture.files)/shop.ledger.gz") { $0[$0.count - 3] ^= 1 }
    },
    Damage("documents missing at the end", "snapshot-size", "/rs0/shop.ledger.gz") { fixture in
      try cut("\(fixture.files)/shop.ledger.gz", 25 * 100, in: fixture)
    },
    Damage("another collection's file", "snapshot-size", "/rs0/shop.products.gz") { fixture in
      let orders = try fixture.scratch.read("\(fixture.files)/shop.orders.gz")
      try fixture.scratch.write(orders, to: "\(fixture.files)/shop.products.gz")
    },
    Damage("an empty file", "snapshot-size", "/rs0/shop.types.gz") { fixture in
      try fixture.scratch.write([], to: "\(fixture.files)/shop.types.gz")
    },
    Damage(
      "a missing file", "snapshot-file-missing", "/rs0/shop.odd name/with %25 and ünïcode.gz"
    ) { fixture in
      try fixture.scratch.remove("\(fixture.files)/shop.odd name/with %25 and ünïcode.gz")
    },
    Damage("no metadata", "snapshot-file-missing", "/rs0/metadata.json") { fixture in
      try fixture.scratch.remove("\(fixture.files)/metadata.json")
    },
    Damage("metadata cut short", "metadata-not-json", "/rs0/metadata.json") { fixture in
      try fixture.scratch.edit("\(fixture.files)/metadata.json") { $0.removeLast(5) }
    },
    Damage("a count that was changed", "snapshot-metadata-disagree", "/rs0/meta.pbm") { fixture in
      try fixture.scratch.replace("\"17669\"", with: "\"17660\"", in: "\(fixture.files)/metadata.json")
    },
    Damage("a collection that one description lacks", "snapshot-metadata-disagree", "/rs0/meta.pbm") {
      fixture in
      try fixture.replaceBytes("contacts\0", with: "kontacts\0", in: "\(fixture.files)/meta.pbm")
    },
    Damage("a description that is cut short", "bson-malformed", "/rs0/meta.pbm") { fixture in
      try fixture.scratch.edit("\(fixture.files)/meta.pbm") { $0.removeLast(1) }
    },
    Damage("no oplog", "snapshot-file-missing", "/rs0/oplog") { fixture in
      try fixture.scratch.remove("\(fixture.files)/oplog")
    },
    Damage("an oplog that ends too early", "snapshot-oplog-gap", "/rs0/oplog") { fixture in
      try fixture.scratch.move(
        "\(fixture.files)/oplog/20261121111708-13.20261121111712-2.gz",
        to: "\(fixture.files)/oplog/20261121111708-13.20261121111711-2.gz")
    },
    Damage("a slice that is corrupt", "gzip-corrupt", "20261121111758-1.20261121111808-1.oplog.gz") {
      fixture in
      try fixture.scratch.edit("\(fixture.slices)/20261121111758-1.20261121111808-1.oplog.gz") {
        $0[3000] ^= 0x40
      }
    },
    Damage("an own oplog that lost its second half", "slice-cut", ownOplog) { fixture in
      try drop("\(fixture.files)/oplog/\(ownOplog)", in: fixture) { $0 >= $1 / 2 }
    },
    Damage("an own oplog that lost its first entry", "slice-cut", ownOplog) { fixture in
      try drop("\(fixture.files)/oplog/\(ownOplog)", in: fixture) { number, _ in number == 0 }
    },
    Damage("an own oplog of one file that lost its end", "slice-cut", "/rs0/oplog") { fixture in
      try joinOplog(in: fixture)
      try drop("\(fixture.files)/oplog", in: fixture) { $0 == $1 - 1 }
    },
    Damage("a last slice that lost its end", "slice-cut", lastSlice) { fixture in
      try drop("\(fixture.slices)/\(lastSlice)", in: fixture) { $0 >= $1 - 3 }
    },
    Damage("a slice without an entry", "slice-cut", lastSlice) { fixture in
      try fixture.scratch.write([], to: "\(fixture.slices)/\(lastSlice)")
    },
    Damage("an own oplog of which nothing says where it ends", "metadata-malformed", ".pbm.json") { fixture in
      // The replica set's; the snapshot has one of its own.
      var text = String(decoding: try fixture.scratch.read(fixture.record), as: UTF8.self)
      let replicaSets = try #require(text.range(of: "\"replsets\"")).upperBound
      let key = try #require(text.range(of: "\"last_write_ts\"", range: replicaSets..<text.endIndex))
      text.replaceSubrange(key, with: "\"last_write\"")
      try fixture.scratch.write(text, to: fixture.record)
    },
    Damage("slices with their names swapped", "slice-misnamed", ".oplog.gz") { fixture in
      let (first, second) = (
        "\(fixture.slices)/20261121111758-1.20261121111808-1.oplog.gz",
        "\(fixture.slices)/20261121111808-1.20261121111818-7.oplog.gz"
      )
      try fixture.scratch.move(first, to: "other")
      try fixture.scratch.move(second, to: first)
      try fixture.scratch.move("other", to: second)
    },
    Damage("a file that was split", "snapshot-split", "/rs0/shop.orders.gz") { fixture in
      try fixture.scratch.write([1], to: "\(fixture.files)/shop.orders.gz.pbmpart.1")
    },
    Damage("a link out of the store", "link-leaves-backup", "/rs0/shop.types.gz") { fixture in
      try fixture.scratch.move("\(fixture.files)/shop.types.gz", to: "elsewhere.gz")
      try fixture.scratch.link("\(fixture.files)/shop.types.gz", to: fixture.scratch["elsewhere.gz"])
    },
    leaving("its snapshot's description", record, "/\(PBMFixture.name).pbm.json"),
    leaving("its snapshot's folder", "store/\(PBMFixture.name)", "/rs0/metadata.json"),
    leaving("its replica set's folder", files, "/rs0/metadata.json"),
    leaving("its metadata.json", "\(files)/metadata.json", "/rs0/metadata.json"),
    leaving("its meta.pbm", "\(files)/meta.pbm", "/rs0/meta.pbm"),
    leaving("its own oplog", "\(files)/oplog", "/rs0/oplog"),
    leaving("all slices", "store/pbmPitr", "/pbmPitr"),
    leaving("its replica set's slices", "store/pbmPitr/rs0", "/pbmPitr/rs0"),
    leaving("a day's slices", "store/pbmPitr/rs0/20261121", "/rs0/20261121"),
    Damage("a description that is a link to nothing", "link-broken", "/rs0/meta.pbm") { fixture in
      try fixture.scratch.remove("\(files)/meta.pbm")
      try fixture.scratch.link("\(files)/meta.pbm", to: "nothing")
    },
    Damage("slices that are a link to nothing", "link-broken", "/pbmPitr") { fixture in
      try fixture.scratch.remove("store/pbmPitr")
      try fixture.scratch.link("store/pbmPitr", to: "nothing")
    },
    Damage("a name that leads out of the store", "path-leaves-store", "/rs0") { fixture in
      let metadata = "\(fixture.files)/metadata.json"
      try fixture.scratch.replace(
        "\"collection\": \"contacts\"", with: "\"collection\": \"a/../../../../evil\"", in: metadata)
      try fixture.scratch.replace(
        "\\\"collectionName\\\":\\\"contacts\\\"",
        with: "\\\"collectionName\\\":\\\"a/../../../../evil\\\"", in: metadata)
      try fixture.scratch.remove("\(fixture.files)/meta.pbm")
    },
    Damage("a description that names another snapshot", "metadata-malformed", ".pbm.json") { fixture in
      try fixture.scratch.replace(
        "\"name\": \"2026-11-21T11:17:07Z\"", with: "\"name\": \"2026-11-20T11:17:07Z\"", in: fixture.record)
    },
  ]

  @Test("is named by its file", arguments: all)
  func damage(damage: Damage) throws {
    let fixture = try PBMFixture()
    try damage.change(fixture)
    let found = try faults(fixture.snapshot)
    let fault = try #require(found.first { $0.code == damage.code }, "\(found)")
    #expect(fault.kind == .damagedBackup)
    #expect(fault.place?.file.hasSuffix(damage.file) == true, "\(fault)")
  }

  @Test(
    "stops a restore while it reads",
    arguments: all.filter { $0.code == "snapshot-checksum" || $0.code == "snapshot-size" })
  func reading(damage: Damage) throws {
    let fixture = try PBMFixture()
    try damage.change(fixture)
    #expect(failureOfReading(fixture.store)?.code == damage.code)
  }

  @Test(
    "of the oplog stops a replay, too",
    arguments: all.filter { $0.code == "slice-cut" })
  func replaying(damage: Damage) throws {
    let fixture = try PBMFixture()
    try damage.change(fixture)
    let failure = #expect(throws: Failure.self) {
      try OplogChain.open(base: openBackup(fixture.store), slices: [])
    }
    #expect(failure?.kind == .damagedBackup)
    #expect(failure?.place?.file.hasSuffix(damage.file) == true, "\(String(describing: failure))")
  }

  @Test("is not an own oplog of one file that holds what the snapshot's record says")
  func oneFile() throws {
    let fixture = try PBMFixture()
    try Self.joinOplog(in: fixture)
    #expect(try faults(fixture.store) == [])
    #expect(try OplogChain.open(base: openBackup(fixture.store), slices: []).coverage.seams == [])
  }

  @Test("is a slice that is missing between two others: their names don't meet", arguments: [false, true])
  func gap(isGiven: Bool) throws {
    let fixture = try PBMFixture()
    try fixture.scratch.remove("\(fixture.slices)/20261121111758-1.20261121111808-1.oplog.gz")
    var slices: [String] = []
    if isGiven {
      try fixture.scratch.move("store/pbmPitr", to: "given")
      slices = [fixture.scratch["given"]]
    }
    let coverage = try OplogChain.open(base: openBackup(fixture.store), slices: slices).coverage
    #expect(coverage.gaps.map(\.verdict) == [.gap(.names)])
    #expect(coverage.gaps.first?.before.timestamp == Timestamp(seconds: 1_795_259_878, increment: 1))
  }

  @Test("is a slice that somebody gives by its path, cut short")
  func given() throws {
    let fixture = try PBMFixture()
    try fixture.scratch.move("store/pbmPitr", to: "given")
    let slice = "given/rs0/20261121/\(Self.lastSlice)"
    try Self.drop(slice, in: fixture) { $0 >= $1 - 3 }
    let failure = #expect(throws: Failure.self) {
      try OplogChain.open(base: openBackup(fixture.store), slices: [fixture.scratch["given"]])
    }
    #expect(failure?.code == "slice-cut" && failure?.place?.file == fixture.scratch[slice])
  }

  @Test("is not a link that stays in the store")
  func links() throws {
    let fixture = try PBMFixture()
    try fixture.scratch.move("\(fixture.files)/shop.types.gz", to: "store/types.gz")
    try fixture.scratch.link("\(fixture.files)/shop.types.gz", to: "../../types.gz")
    #expect(try faults(fixture.store) == [])
  }

  @Test("is not a link to a folder that holds it, and such a folder counts once", arguments: [1, 2])
  func loops(links: Int) throws {
    let fixture = try PBMFixture()
    for name in ["a", "b"].prefix(links) {
      try fixture.scratch.link("store/pbmPitr/rs0/\(name)", to: ".")
      try fixture.scratch.link("\(fixture.files)/oplog/\(name)", to: ".")
    }
    let backup = try openBackup(fixture.store)
    #expect(backup.damage == [] && backup.slices.count == 3 && backup.oplog?.files.count == 1)
  }

  @Test("is told of a listed store whose slices lie elsewhere, and none of these is listed")
  func listed() throws {
    let fixture = try PBMFixture()
    try fixture.scratch.move("store/pbmPitr", to: "elsewhere")
    try fixture.scratch.link("store/pbmPitr", to: fixture.scratch["elsewhere"])
    let slices = try BackupListing(of: [fixture.store]).entries.filter { $0.kind == .slice }
    #expect(slices.map(\.failure?.code) == ["link-leaves-backup"])
  }

  @Test("is not what is no slice and no snapshot: that is noted")
  func strays() throws {
    let fixture = try PBMFixture()
    try fixture.scratch.write("half", to: "\(fixture.slices)/20261121111818-7.20261121111828-1.oplog.gz.tmp")
    try fixture.scratch.write("{", to: "store/broken.pbm.json")
    try fixture.scratch.write("", to: "store/2026-11-20T00:00:00Z/rs0/metadata.json")
    let backup = try verifyBackup(fixture.store)
    #expect(backup.damage == [])
    #expect(backup.notes.contains { $0.contains(".oplog.gz.tmp: passed over") })
    #expect(backup.notes.contains { $0.hasPrefix("passed over: ") && $0.contains("broken.pbm.json") })
    #expect(
      backup.notes.contains {
        $0.hasPrefix("passed over: ") && $0.contains("2026-11-20T00:00:00Z: a snapshot whose")
      }
    )
  }
}

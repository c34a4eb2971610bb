import BSON
import Backups
import Platform
import Testing

/// Something that is wrong with a slice, and what is to be said about it.
struct SliceFault: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var code: String
  var file: String
  /// In entries of the made-up slices, which have one size, plus bytes.
  var offset: (entries: Int, bytes: Int)?
  var plant: @Sendable (Scratch, [Document]) throws -> Void

  init(
    _ name: String, _ code: String, _ file: String, at offset: (Int, Int)? = nil,
    _ plant: @escaping @Sendable (Scratch, [Document]) throws -> Void
  ) {
    testDescription = name
    self.code = code
    self.file = file
    self.offset = offset
    self.plant = plant
  }
}

@Suite("damage in the oplog")
struct OplogDamageTests {
  static let faults: [SliceFault] = [
    .init("a slice cut inside an entry", "bson-cut-short", "in/0.bson", at: (2, 0)) {
      try $0.write($1[0...2].map(\.self).joinedBytes.dropLast(3), to: "in/0.bson")
    },
    .init("a slice cut inside its first entry", "bson-cut-short", "in/0.bson", at: (0, 0)) {
      try $0.write($1[0].bytes.dropLast(3), to: "in/0.bson")
    },
    .init("something else between entries", "not-an-oplog-entry", "in/0.bson", at: (1, 0)) {
      try $0.write([$1[0], ["_id": 1], $1[1]], to: "in/0.bson")
    },
    .init(
      "an oplog.rs.bson that begins with something else", "not-an-oplog-entry", "local/oplog.rs.bson",
      at: (0, 0)
    ) {
      try $0.write([["_id": 1], $1[1]], to: "in/local/oplog.rs.bson")
    },
    .init("a broken document", "bson-malformed", "in/0.bson", at: (1, 4)) {
      try $0.write($1, to: "in/0.bson")
      let size = $1[0].bytes.count
      try $0.edit("in/0.bson") { $0[size + 4] = 0x77 }
    },
    .init("entries out of order", "oplog-disorder", "in/0.bson", at: (2, 0)) {
      try $0.write([$1[0], $1[2], $1[1]], to: "in/0.bson")
    },
    .init("slices joined with their shared entry", "oplog-disorder", "in/0.bson", at: (2, 0)) {
      try $0.write([$1[0], $1[1], $1[1], $1[2]], to: "in/0.bson")
    },
    .init("a term that falls inside a slice", "oplog-term-falls", "in/0.bson", at: (2, 0)) { scratch, _ in
      try scratch.write(
        [OplogSlices.insert("5:1"), OplogSlices.insert("6:1", term: 3), OplogSlices.insert("7:1", term: 2)],
        to: "in/0.bson")
    },
    .init("a term that falls between slices", "oplog-term-falls", "in/1.bson", at: (0, 0)) { scratch, _ in
      try scratch.write([OplogSlices.insert("5:1"), OplogSlices.insert("6:1", term: 3)], to: "in/0.bson")
      try scratch.write([OplogSlices.insert("7:1", term: 2)], to: "in/1.bson")
    },
    .init("a hole inside a slice, seen by its overlap", "slice-with-hole", "in/1.bson", at: (1, 0)) {
      try $0.write($1, to: "in/0.bson")
      try $0.write([$1[1], $1[3]], to: "in/1.bson")
    },
    .init("another replica set, whose entries lie between", "slice-with-hole", "in/0.bson", at: (2, 0)) {
      try $0.write($1, to: "in/0.bson")
      try $0.write([OplogSlices.insert("5:9"), OplogSlices.insert("6:9")], to: "in/1.bson")
    },
    .init(
      "another replica set, with other entries at the same time", "oplog-entries-differ", "in/1.bson",
      at: (0, 0)
    ) {
      try $0.write($1, to: "in/0.bson")
      try $0.write([OplogSlices.insert("5:2", id: 2), $1[2]], to: "in/1.bson")
    },
    .init("another replica set than the base's", "oplog-entries-differ", "in/0.bson", at: (0, 0)) {
      scratch, _ in
      try scratch.write([OplogSlices.insert("5:1", id: 2)], to: "in/0.bson")
    },
    .init("an archive whose checksum is wrong", "archive-checksum", "in/0.archive") {
      var bytes = OplogSlices.archive($1)
      // The last digit of the last entry's second `_id`.
      let entry = Array($1[3].bytes)
      let at = (0...bytes.count - entry.count).first { bytes[$0..<$0 + entry.count].elementsEqual(entry) }
      bytes[try #require(at) + entry.count - 2] ^= 1
      try $0.write(bytes, to: "in/0.archive")
    },
    .init("an archive cut at the end of a block", "archive-unfinished", "in/0.archive") {
      let header: Document = ["db": "local", "collection": "oplog.rs", "EOF": true, "CRC": .int64(0)]
      try $0.write(OplogSlices.archive($1).dropLast(header.bytes.count + 4), to: "in/0.archive")
    },
    .init("a compressed slice cut short", "gzip-cut-short", "in/0.bson.gz") {
      try $0.write(OplogSlices.gzip($1.joinedBytes).dropLast(9), to: "in/0.bson.gz")
    },
  ]

  @Test("is refused with its file and byte", arguments: faults)
  func fault(fault: SliceFault) throws {
    let scratch = try Scratch()
    let entries = OplogSlices.inserts("5:1", "5:2", "6:1", "7:1")
    let base = try scratch.writeBase([entries[0]])
    try fault.plant(scratch, entries)
    let failure = try #require(
      #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) })
    #expect(failure.code == fault.code, "\(failure)")
    #expect(failure.kind == .damagedBackup)
    #expect(failure.place?.file.hasSuffix(fault.file) == true, "\(failure)")
    if let offset = fault.offset {
      #expect(
        failure.place?.offset == UInt64(offset.entries * entries[0].bytes.count + offset.bytes), "\(failure)")
    }
    #expect(try OplogChain.inspect(base: base, slices: [scratch["in"]]).damage.contains(failure))
  }

  @Test(
    "is refused in whatever is named as a slice",
    arguments: [
      "0.bson", "0.bson.gz", "0.BSON.zst", "0.bson.lz4", "0.bson.snappy", "0.bson.s2", "0.oplog",
      "0.oplog.gz",
      "0.oplog.s2",
    ])
  func malformed(name: String) throws {
    let scratch = try Scratch()
    let entries = OplogSlices.inserts("5:1", "5:2", "6:1")
    let base = try scratch.writeBase([entries[0]])
    try scratch.write(entries, to: "in/1.bson")
    try scratch.write(entries, to: "in/\(name)")
    try scratch.edit("in/\(name)") { $0[4] = 0x77 }
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.code == "bson-malformed" && failure?.place?.file == scratch["in/\(name)"])
  }

  @Test(
    "is refused where a compressed file is empty",
    arguments: ["0.bson.gz", "oplog.bson.gz", "0.zst", "0.lz4"])
  func emptyCompressed(name: String) throws {
    let scratch = try Scratch()
    let entries = OplogSlices.inserts("5:1", "5:2")
    let base = try scratch.writeBase([entries[0]])
    try scratch.write(entries, to: "in/1.bson")
    try scratch.write([UInt8](), to: "in/\(name)")
    for path in ["in", "in/\(name)"] {
      let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch[path]]) }
      #expect(failure?.code == "gzip-empty" && failure?.place?.file == scratch["in/\(name)"])
    }
  }

  /// An insert whose kind is another word, by itself or as a part of a transaction.
  private func insert(_ time: String, kind: String, inTransaction: Bool) -> Document {
    let insert = OplogSlices.insert(time)
    guard inTransaction else { return insert.setting("op", to: .string(kind)) }
    let operation: Document = ["op": .string(kind), "ns": "d.a", "o": ["_id": 1]]
    let known: Document = ["op": "i", "ns": "d.a", "o": ["_id": 2]]
    return insert.setting("op", to: "c").setting("ns", to: "admin.$cmd")
      .setting("o", to: ["applyOps": .list([.document(known), .document(operation)])])
  }

  @Test(
    "is an entry of a kind that is not known, of which inspection names the first in each file",
    arguments: ["q", "db", "ci", "km", ""], [false, true])
  func unknownKind(kind: String, inTransaction: Bool) throws {
    let scratch = try Scratch()
    func unknown(_ time: String) -> Document { insert(time, kind: kind, inTransaction: inTransaction) }
    let base = try scratch.writeBase([OplogSlices.insert("5:1"), unknown("5:2")])
    // Before the window: never replayed.
    try scratch.write([unknown("4:1"), OplogSlices.insert("4:2")], to: "in/0.bson")
    let slice = [OplogSlices.insert("6:1"), OplogSlices.insert("6:2"), unknown("6:3"), unknown("6:4")]
    try scratch.write(slice, to: "in/1.bson")
    let chain = try OplogChain.inspect(base: base, slices: [scratch["in"]])
    #expect(chain.damage.map(\.code) == ["unknown-operation", "unknown-operation"], "\(chain.damage)")
    #expect(chain.damage.allSatisfy { $0.kind == .damagedBackup })
    let offsets = [slice[0].bytes.count, 2 * slice[0].bytes.count].map { UInt64($0) }
    #expect(chain.damage.map(\.place?.offset) == offsets)
    #expect(chain.damage.map(\.place?.file) == [scratch["base/oplog.bson"], scratch["in/1.bson"]])
    // A replay may end before it, or leave it out.
    #expect(try OplogChain.open(base: base, slices: [scratch["in"]]).damage == [])
  }

  @Test("is no entry of a kind that is known", arguments: ["i", "u", "d", "n", "c"])
  func knownKind(kind: String) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase([
      OplogSlices.insert("5:1"), insert("5:2", kind: kind, inTransaction: false),
      insert("5:3", kind: kind, inTransaction: true),
    ])
    #expect(try OplogChain.inspect(base: base, slices: []).damage == [])
  }

  @Test("names both entries where two replica sets meet")
  func bothNamed() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(OplogSlices.inserts("5:1"))
    try scratch.write(OplogSlices.inserts("5:1", "5:2", "6:1"), to: "in/0.bson")
    try scratch.write([OplogSlices.insert("6:1", id: 2)], to: "in/1.bson")
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    let size = OplogSlices.insert("5:1").bytes.count
    #expect(
      failure?.description
        == "\(scratch["in/1.bson"]) at byte 0: the entry at 6:1 is not that of \(scratch["in/0.bson"]) at byte \(2 * size)"
    )
  }

  @Test("is listed whole by inspection, and the first fault says that there is more")
  func several() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(OplogSlices.inserts("5:1"))
    try scratch.write(OplogSlices.inserts("5:1", "5:2").joinedBytes.dropLast(), to: "in/0.bson")
    try scratch.write(OplogSlices.inserts("7:1", "6:1"), to: "in/1.bson")
    let chain = try OplogChain.inspect(base: base, slices: [scratch["in"]])
    #expect(chain.damage.map(\.code) == ["bson-cut-short", "oplog-disorder"])
    #expect(chain.coverage.provenEnd == Timestamp("5:1"))
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.hint?.contains("1 more fault") == true)
  }

  @Test("that only ends a slice early ends the coverage early")
  func cutAtEntry() throws {
    let scratch = try Scratch()
    let whole = OplogSlices.inserts("5:1", "5:2", "6:1", "7:1")
    #expect(try scratch.chain([whole[0]], [whole]).coverage.end == Timestamp("7:1"))
    let cut = try scratch.chain([whole[0]], [Array(whole.dropLast(2))])
    #expect(cut.coverage.end == Timestamp("5:2"))
  }
}

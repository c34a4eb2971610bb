import BSON
import Backups
import Facts
import Platform
import Synchronization
import Testing

@Suite("archives")
struct ArchiveTests {
  private func verified(_ archive: ArchiveBuilder) throws -> VerifiedBackup {
    let scratch = try Scratch()
    try scratch.write(archive.bytes, to: "x")
    return try verifyBackup(scratch["x"])
  }

  @Test("are read interleaved, each collection in its order")
  func sound() throws {
    let scratch = try Scratch()
    try scratch.write(ArchiveBuilder.sound.bytes, to: "archive")
    // Also by the folder that `--archive` was given.
    for path in [scratch["archive"], scratch.path] {
      let backup = try openBackup(path)
      #expect(backup.form == .archive)
      #expect(backup.collections.map(\.facts.namespace.description) == ["d.a", "d.b", "d.v"])
      let seen = Mutex<[String]>([])
      let read = try backup.read([0], options: .init(batchDocuments: 2)) { batch in
        #expect(batch.collection == 0)
        let bytes = batch.withBytes { Array($0) }
        seen.withLock { $0.append("\(batch.sequence): \(batch.count) in \(bytes.count) bytes") }
      }
      #expect(seen.withLock { $0 } == ["0: 2 in 28 bytes", "1: 1 in 14 bytes"])
      #expect(read.map(\.documents) == [3, 1])
      // A file can be read again.
      #expect(try verify(backup).oplog == OplogRead(entries: 1, bytes: 17, first: time, last: time))
    }
  }

  private let time = Timestamp(seconds: 5, increment: 1)

  @Test("are refused when cut anywhere, and never crash")
  func cuts() throws {
    let scratch = try Scratch()
    let bytes = ArchiveBuilder.sound.bytes
    for count in stride(from: 0, to: bytes.count, by: 3) {
      try scratch.write(bytes.prefix(count), to: "x")
      let found = try faults(scratch["x"])
      #expect(found.allSatisfy { $0.kind == .damagedBackup } && !found.isEmpty, "cut at \(count)")
    }
  }

  @Test("of very many collections are opened in time that grows with their number alone")
  func many() throws {
    let scratch = try Scratch()
    for count in [2500, 10_000] {
      try scratch.write(ArchiveBuilder((0..<count).map { "c\($0)" }).bytes, to: "\(count)")
    }
    func seconds(_ count: Int) throws -> Double {
      let (backup, seconds) = try Clock.measure { try openBackup(scratch["\(count)"]) }
      #expect(backup.collections.count == count)
      return seconds
    }
    // Four times as many: each compared with each would take sixteen times as long.
    let isLinear = try (0..<5).contains { _ in try seconds(10_000) < 9 * seconds(2500) }
    #expect(isLinear)
  }

  @Test("of a real dump are refused when a byte is flipped in a document", arguments: [400_000, 2_000_000])
  func flip(offset: Int) throws {
    let scratch = try Scratch(copying: Fixture.archive)
    try scratch.edit("full.archive") { $0[offset] ^= 1 }
    let found = try faults(scratch["full.archive"])
    #expect(found.map(\.code).contains { ["archive-checksum", "bson-malformed"].contains($0) }, "\(found)")
    #expect(found[0].place?.offset != nil)
    #expect(failureOfReading(scratch["full.archive"]) != nil)
  }

  @Test("of a real dump are refused when cut, plain or compressed", arguments: [0.1, 0.5, 0.999])
  func realCuts(part: Double) throws {
    for (source, codes) in [
      (Fixture.archive, ["archive-cut-short"]), (Fixture.gzippedArchive, ["gzip-cut-short"]),
    ] {
      let scratch = try Scratch(copying: source)
      let name = Files.name(of: source)
      try scratch.edit(name) { $0.removeSubrange(Int(Double($0.count) * part)...) }
      #expect(codes.contains(failureOfReading(scratch[name])?.code ?? ""))
    }
  }

  /// A fault, its code, and where it is: bytes from the start of what was planted.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: String
    var build: @Sendable () -> (ArchiveBuilder, offset: Int?)
    init(_ name: String, _ code: String, _ build: @escaping @Sendable () -> (ArchiveBuilder, offset: Int?)) {
      testDescription = name
      self.code = code
      self.build = build
    }
  }

  @Test("are refused by a code, with the offset", arguments: faultyArchives)
  func faulty(fault: Fault) throws {
    let (archive, offset) = fault.build()
    let scratch = try Scratch()
    try scratch.write(archive.bytes, to: "x")
    let found = try faults(scratch["x"])
    let first = try #require(found.first)
    #expect(first.code == fault.code, "\(found)")
    #expect(first.place?.offset == offset.map { UInt64($0) }, "\(first)")
    #expect(failureOfReading(scratch["x"])?.code == fault.code)
  }

  @Test("have all checksums compared, those of collections that were not asked for too")
  func muted() throws {
    var archive = ArchiveBuilder(["a", "b"])
    for name in ["a", "b"] {
      archive.block(name, [["_id": 1]])
      archive.append(["db": "d", "collection": .string(name), "EOF": true, "CRC": .int64(7)])
      archive.end()
    }
    #expect(try verified(archive).damage.map(\.code) == ["archive-checksum", "archive-checksum"])
    let scratch = try Scratch()
    try scratch.write(archive.bytes, to: "x")
    let failure = #expect(throws: Failure.self) {
      try openBackup(scratch["x"]).read([], options: .init()) { _ in }
    }
    #expect(failure?.code == "archive-checksum")
  }

  @Test("may hold entries of 16 MiB and 16 KiB, and more namespaces at a time than they say")
  func large() throws {
    var archive = ArchiveBuilder(["a"] + (0..<50).map { "c\($0)" }, oplog: true)
    let text = String(repeating: "x", count: BSONLimits.internalDocument - 13)
    for index in 0..<50 { archive.block("c\(index)", [["_id": 1]]) }
    let large: Document = ["t": .string(text)]
    #expect(large.bytes.count == BSONLimits.internalDocument)
    archive.block("oplog", [large])
    archive.block("a", [["_id": 0], large, ["_id": 1]])
    for index in 0..<50 { archive.block("c\(index)", [["_id": 2]]) }
    for index in 0..<50 { archive.close("c\(index)") }
    archive.close("a")
    archive.close("oplog")
    let backup = try verified(archive)
    #expect(backup.damage == [])
    #expect(backup.documents == 103)
  }

  @Test("survive any change of some bytes", arguments: [1, 2, 3, 4] as [UInt64])
  func mutation(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let scratch = try Scratch()
    let good = ArchiveBuilder.sound.bytes
    var refused = 0
    for _ in 0..<300 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: at)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
        default: bytes[at] = UInt8.random(in: 0...255, using: &random)
        }
      }
      try scratch.write(bytes, to: "x")
      let found = try faults(scratch["x"])
      #expect(found.allSatisfy { $0.kind == .damagedBackup }, "\(found)")
      if !found.isEmpty { refused += 1 }
    }
    // A change in the prelude's text, which has no checksum, can stay unseen.
    #expect(refused > 200)
  }
}

private let faultyArchives: [ArchiveTests.Fault] = [
  .init("another magic number at the prelude", "not-a-backup") {
    var bytes = ArchiveBuilder.sound.bytes
    bytes[0] = 0x6E
    return (ArchiveBuilder(raw: bytes), nil)
  },
  .init("another version", "archive-version") {
    let bytes = ArchiveBuilder.sound.bytes
    let text = Array("0.1\0".utf8)
    var changed = bytes
    if let at = bytes.indices.first(where: { bytes[$0...].starts(with: text) }) { changed[at + 2] = 0x32 }
    return (ArchiveBuilder(raw: changed), 4)
  },
  .init("two blocks' ends in a row", "archive-two-terminators") {
    var archive = ArchiveBuilder(["a"])
    archive.block("a", [["_id": 1]])
    let offset = archive.bytes.count
    archive.end()
    archive.close("a")
    return (archive, offset)
  },
  .init("documents behind a namespace's end", "archive-data-after-end") {
    var archive = ArchiveBuilder(["a"])
    archive.append(["db": "d", "collection": "a", "EOF": true, "CRC": .int64(0)])
    let offset = archive.bytes.count
    archive.append(["_id": 1])
    archive.end()
    return (archive, offset)
  },
  .init("a namespace opened again", "archive-reopened") {
    var archive = ArchiveBuilder.sound
    let offset = archive.bytes.count
    archive.block("a", [["_id": 9]])
    return (archive, offset)
  },
  .init("a namespace closed twice", "archive-reopened") {
    var archive = ArchiveBuilder.sound
    let offset = archive.bytes.count
    archive.close("b")
    return (archive, offset)
  },
  .init("a namespace never closed", "archive-unfinished") {
    var archive = ArchiveBuilder(["a"])
    archive.block("a", [["_id": 1]])
    return (archive, archive.bytes.count)
  },
  .init("a namespace that never comes", "archive-namespace-missing") {
    var archive = ArchiveBuilder(["a", "b"])
    archive.block("a")
    archive.close("a")
    return (archive, archive.bytes.count)
  },
  .init("a namespace that the prelude doesn't list", "archive-unknown-namespace") {
    var archive = ArchiveBuilder(["a"])
    let offset = archive.bytes.count
    archive.block("x", [["_id": 1]])
    archive.close("a")
    return (archive, offset)
  },
  .init("a namespace listed twice", "duplicate-collection") {
    let archive = ArchiveBuilder(["a", "a"])
    let first = ArchiveBuilder(["a"]).bytes.count - 4
    return (archive, first)
  },
  .init("a namespace that leaves the folder", "illegal-namespace") {
    (ArchiveBuilder(["../evil"]), ArchiveBuilder([]).bytes.count - 4)
  },
  .init("a header with a field that there is not", "archive-header") {
    var archive = ArchiveBuilder(["a"])
    let offset = archive.bytes.count
    archive.append(["db": "d", "collection": "a", "EOF": false, "CRC": .int64(0), "more": 1])
    archive.end()
    return (archive, offset)
  },
  .init("a header with a field of another type", "archive-header") {
    var archive = ArchiveBuilder(["a"])
    let offset = archive.bytes.count
    archive.append(["db": "d", "collection": "a", "EOF": 0, "CRC": .int64(0)])
    archive.end()
    return (archive, offset)
  },
  .init("a header that lacks a field", "archive-header") {
    var archive = ArchiveBuilder(["a"])
    let offset = archive.bytes.count
    archive.append(["db": "d", "collection": "a", "EOF": false])
    archive.end()
    return (archive, offset)
  },
  .init("a document of a view", "view-with-documents") {
    var archive = ArchiveBuilder(["v"])
    archive.block("v", [["_id": 1]])
    archive.close("v")
    return (archive, nil)
  },
  .init("garbage at its end", "archive-trailing-garbage") {
    var archive = ArchiveBuilder.sound
    let offset = archive.bytes.count
    archive.append(Array("garbage".utf8))
    return (archive, offset)
  },
  .init("zeros at its end", "archive-trailing-garbage") {
    var archive = ArchiveBuilder.sound
    let offset = archive.bytes.count
    archive.append([0, 0])
    return (archive, offset)
  },
  .init("a malformed document", "bson-malformed") {
    var archive = ArchiveBuilder(["a"])
    archive.append(["db": "d", "collection": "a", "EOF": false, "CRC": .int64(0)])
    archive.append(["_id": 1])
    let offset = archive.bytes.count
    archive.append([8, 0, 0, 0, 0x77, 0x61, 0, 0])
    archive.end()
    return (archive, offset + 4)
  },
]

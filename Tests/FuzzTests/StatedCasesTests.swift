import BSON
import Backups
import Compression
import Configuration
import Platform
import TestSupport
import Testing

/// What the fuzzer meets only by chance, said one by one.
@Suite("Input made to do harm") struct StatedCasesTests {
  static let metadata = #"{"indexes":[],"collectionName":"c","type":"collection"}"#
  static let entry: Document = [
    "ts": .timestamp(Timestamp(seconds: 5, increment: 1)), "op": "n", "ns": "", "o": ["msg": "periodic noop"],
  ]

  /// A file that holds documents back to back, and a dump around it.
  enum Place: String, CaseIterable { case collection, oplog, slice }

  /// What is wrong with a dump with these bytes in one of its files.
  private func faults(_ place: Place, _ bytes: some Sequence<UInt8>) throws -> [Failure] {
    try withFolder { folder in
      try Files.createFolder("\(folder)/dump/d", parents: true)
      try Files.createFolder("\(folder)/slices")
      try Files.writeAtomically(Self.metadata.utf8, to: "\(folder)/dump/d/c.metadata.json")
      let files: [Place: String] = [
        .collection: "dump/d/c.bson", .oplog: "dump/oplog.bson", .slice: "slices/1.bson",
      ]
      for (other, file) in files {
        let content = other == place ? Array(bytes) : other == .collection ? [] : Array(Self.entry.bytes)
        try Files.writeAtomically(content, to: "\(folder)/\(file)")
      }
      let backup = try inspectBackup("\(folder)/dump")
      let damage = try verify(backup).damage
      if !damage.isEmpty { return damage }
      do { return try OplogChain.inspect(base: backup, slices: ["\(folder)/slices"]).damage } catch {
        return [.wrapping(error)]
      }
    }
  }

  @Test(
    "a length that lies is refused with file and byte",
    arguments: Place.allCases,
    [0, 1, 4, -1, -5, .min, .max, 16_793_601, .max - 4] as [Int32])
  func length(place: Place, length: Int32) throws {
    var bytes = Array(Self.entry.bytes)
    let second = bytes.count
    bytes += Self.entry.setting("ts", to: .timestamp(Timestamp(seconds: 5, increment: 2))).bytes
    for index in 0..<4 { bytes[second + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    let found = try faults(place, bytes)
    #expect(found.first?.code == "bson-malformed", "\(found)")
    #expect(found.first?.place?.offset == UInt64(second))
  }

  @Test("a length that is off by one is refused with file and byte", arguments: Place.allCases, [-1, 1])
  func offByOne(place: Place, by: Int) throws {
    var bytes = Array(Self.entry.bytes)
    bytes[0] = UInt8(Int(bytes[0]) + by)
    let found = try faults(
      place, bytes + Self.entry.setting("ts", to: .timestamp(Timestamp(seconds: 6, increment: 1))).bytes)
    #expect(["bson-malformed", "bson-cut-short"].contains(found.first?.code), "\(found)")
    #expect(found.first?.place?.offset != nil)
  }

  @Test("documents 10,000 levels deep are refused, with file and byte", arguments: Place.allCases)
  func depth(place: Place) throws {
    let found = try faults(place, Self.deep(10_000))
    #expect(
      found.first?.code == "bson-malformed" && found.first?.cause?.contains("nested deeper") == true,
      "\(found)")
    #expect(found.first?.place?.offset != nil)
  }

  @Test("documents of the most levels that are read come through all that is done with them")
  func deepest() throws {
    let document = try Document(Self.deep(BSONLimits.depth)[...])
    #expect(!document.extendedJSON().isEmpty && document.bytes.count > 7 * BSONLimits.depth)
    #expect(Document.compare(document, document) == 0)
    #expect(!Value.document(document).canonicalKey.isEmpty)
    // The threads on which documents are read have smaller stacks than the main one.
    try Threads.concurrently(1) { _ in
      _ = Value.document(document).canonicalKey
      _ = document.extendedJSON(relaxed: true)
    }
  }

  /// `{a: {a: … {} … }}` of so many levels.
  static func deep(_ levels: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for level in 0..<levels {
      let length = 5 + 8 * (levels - level - 1)
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
      if level < levels - 1 { bytes += [0x03, 0x61, 0] }
    }
    return bytes + [UInt8](repeating: 0, count: levels)
  }

  @Test("text 10,000 levels deep is refused", arguments: ["[", "{\"a\":", "{a: ", "- "])
  func textDepth(opening: String) throws {
    let text = String(repeating: opening, count: 10_000)
    #expect(throws: MalformedBSON.self) { try Document(extendedJSON: "{\"a\":" + text) }
    #expect(throws: MalformedJSON.self) { try JSON.parse(text) }
    let diagnostics = Diagnostics()
    #expect(Node.parse(text, file: "x", diagnostics) == nil)
    #expect(diagnostics.failures.first?.place?.line != nil)
  }

  @Test(
    "a name with a NUL, or one that is not UTF-8, is refused with its place",
    arguments: [
      #""collectionName":"a\u0000b""#, #""collectionName":"../c""#, "\"collectionName\":\"\u{FF}\"",
    ])
  func names(member: String) throws {
    try withFolder { folder in
      try Files.createFolder("\(folder)/d")
      var metadata = Array(#"{"indexes":[],\#(member),"type":"collection"}"#.utf8)
      // U+00FF stands for the byte 0xFF, which no UTF-8 has.
      if let at = metadata.firstIndex(of: 0xC3) { metadata.replaceSubrange(at...at + 1, with: [0xFF]) }
      try Files.writeAtomically(metadata, to: "\(folder)/d/c.metadata.json")
      try Files.writeAtomically([], to: "\(folder)/d/c.bson")
      let found = try verifyBackup(folder).damage
      #expect(!found.isEmpty)
      #expect(
        found.allSatisfy { $0.kind == .damagedBackup && $0.place?.file.hasPrefix(folder) == true }, "\(found)"
      )
    }
  }

  @Test(
    "fields whose names or texts are not UTF-8, or come twice, are what a server may hold: kept byte by byte")
  func fields() throws {
    let bytes: [UInt8] = [19, 0, 0, 0, 0x0A, 0xFF, 0xFE, 0, 0x10, 0x61, 0, 1, 0, 0, 0, 0x0A, 0x61, 0, 0]
    #expect(try faults(.collection, bytes) == [])
  }

  @Test("a key that comes twice is refused", arguments: ["indexes", "options", "collectionName", "type"])
  func duplicateKeys(key: String) throws {
    try withFolder { folder in
      try Files.createFolder("\(folder)/d")
      let values = ["indexes": "[]", "options": "{}", "collectionName": "\"c\"", "type": "\"collection\""]
      let members = ["indexes", "options", "collectionName", "type", key].map {
        "\"\($0)\":\(values[$0] ?? "")"
      }
      try Files.writeAtomically("{\(members.joined(separator: ","))}".utf8, to: "\(folder)/d/c.metadata.json")
      try Files.writeAtomically([], to: "\(folder)/d/c.bson")
      #expect(try verifyBackup(folder).damage.map(\.code) == ["metadata-malformed"])
    }
  }

  /// A file of a dump that becomes far larger than it is, and how `verify` ends.
  struct Bomb: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    /// What one frame holds, and how many there are.
    let content: @Sendable () -> [UInt8]
    let frames: Int
    let start: [UInt8]
    let code: String?

    static let filler: @Sendable () -> [UInt8] = {
      Array(Document([("_id", 1), ("t", .string(String(repeating: "x", count: 1 << 20)))]).bytes)
    }

    static let all: [Bomb] = [
      Bomb(
        testDescription: "1 GiB of zeros", file: "d/c.bson",
        content: { [UInt8](repeating: 0, count: 1 << 20) },
        frames: 1024, start: [], code: "bson-malformed"),
      Bomb(
        testDescription: "1 GiB of documents", file: "d/c.bson", content: filler, frames: 1024, start: [],
        code: nil),
      Bomb(
        testDescription: "metadata with 1 GiB of blanks", file: "d/c.metadata.json",
        content: { [UInt8](repeating: 0x20, count: 1 << 20) }, frames: 1024, start: [], code: "file-too-large"
      ),
      Bomb(
        testDescription: "metadata with millions of values", file: "d/c.metadata.json",
        content: { Array(String(repeating: "0,", count: 1 << 19).utf8) }, frames: 60,
        start: Array(#"{"options":{"a":["#.utf8), code: "metadata-not-json"),
      Bomb(
        testDescription: "1 GiB of what a dump says of its server", file: "prelude.json",
        content: { [UInt8](repeating: 0x20, count: 1 << 20) }, frames: 1024, start: [], code: "file-too-large"
      ),
    ]
  }

  /// A sanitizer alone takes more addresses than `verify` is given there.
  private static let hasAddresses = Environment["MONGODRILL_FUZZ_SANITIZED"] == nil

  @Test(
    "a few kilobytes that become a gigabyte are read or refused in bounded memory",
    .enabled(if: hasAddresses, "addresses of its own"), arguments: Bomb.all)
  func bomb(bomb: Bomb) throws {
    try withFolder { folder in
      try Files.createFolder("\(folder)/d")
      try Files.writeAtomically(Self.metadata.utf8, to: "\(folder)/d/c.metadata.json")
      try Files.writeAtomically([], to: "\(folder)/d/c.bson")
      let frame = try ZstandardBlock.compress(bomb.content())
      var bytes = bomb.start.isEmpty ? [] : try ZstandardBlock.compress(bomb.start)
      for _ in 0..<bomb.frames { bytes += frame }
      try Files.writeAtomically(bytes, to: "\(folder)/\(bomb.file)")
      let done = try verifyInLittleMemory(folder)
      if let code = bomb.code {
        #expect(done.status == .exited(65))
        #expect(
          done.output.text.contains("\"code\": \"\(code)\""), "\(done.output.text) \(done.errorOutput.text)")
      } else {
        #expect(done.status == .exited(0), "\(done.output.text) \(done.errorOutput.text)")
      }
    }
  }

  @Test(
    "an archive that lists collections without an end is refused in bounded memory",
    .enabled(if: hasAddresses, "addresses of its own"))
  func prelude() throws {
    try withFolder { folder in
      let head: Document = [
        "concurrent_collections": 4, "version": "0.1", "server_version": "6.0.5", "tool_version": "100.18.0",
      ]
      var bytes = try ZstandardBlock.compress([0x6D, 0xE2, 0x99, 0x81] + head.bytes)
      let text = #"{"indexes":[],"options":{"a":"\#(String(repeating: "x", count: 4 << 20))"}}"#
      let declared: Document = [
        "db": "d", "collection": "c", "metadata": .string(text), "size": 0, "type": "collection",
      ]
      let frame = try ZstandardBlock.compress(Array(declared.bytes))
      for _ in 0..<128 { bytes += frame }
      try Files.writeAtomically(bytes, to: "\(folder)/x.archive")
      let done = try verifyInLittleMemory("\(folder)/x.archive")
      #expect(done.status == .exited(65))
      #expect(done.output.text.contains("archive-header"), "\(done.output.text) \(done.errorOutput.text)")
    }
  }

  /// Runs `verify` in an address space of 1 GiB.
  private func verifyInLittleMemory(_ path: String) throws -> Captured {
    let script = "ulimit -v 1048576; exec \"$0\" verify \"$1\" --output json --progress none"
    return try Supervisor.shared.capture(
      ChildSpec(["sh", "-c", script, Built.path("mongodrill"), path]), timeout: 600)
  }
}

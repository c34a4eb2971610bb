import BSON
import Backups
import CZlib
import Compression
import Glibc
import Platform
import Testing

/// Oplog slices to lay down in a folder: those of the fixture, as their entries, and made-up ones.
enum OplogSlices {
  /// The entries of each of the fixture's eight slices; each begins with the last entry of the one before.
  static let real: [[Document]] = (0..<8).map { index in
    let plain = "\(Fixture.shop)/oplog/00\(index)/local/oplog.rs.bson"
    let path = Files.exists(plain) ? plain : plain + ".gz"
    return documents((try? openDecompressed(path).readAll(limit: 64 << 20)) ?? [])
  }

  /// The same with little in the place of what the largest entries do, which says nothing about the chain.
  static let thin = real.map { slice in
    slice.map { $0.bytes.count < 100_000 ? $0 : $0.setting("o", to: ["applyOps": []]) }
  }

  private static func documents(_ bytes: [UInt8]) -> [Document] {
    var documents: [Document] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      documents.append(Document(validated: rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return documents
  }

  /// A no-op of that time.
  static func noop(_ time: String, term: Int64 = 1, message: String = "periodic noop") -> Document {
    entry(time, term, ["op": "n", "ns": "", "o": ["msg": .string(message)]])
  }

  /// An insert of that time, into `d.a`.
  static func insert(
    _ time: String, id: Value = 1, term: Int64 = 1, previous: String? = nil
  ) -> Document {
    let insert = entry(
      time, term,
      [
        "op": "i", "ns": "d.a", "ui": UUIDBytes([UInt8](repeating: 7, count: 16)).value, "o": ["_id": id],
        "o2": ["_id": id],
      ])
    guard let previous = previous.flatMap({ Timestamp($0) }) else { return insert }
    return insert.setting("prevOpTime", to: ["ts": .timestamp(previous), "t": .int64(term)])
  }

  private static func entry(_ time: String, _ term: Int64, _ operation: Document) -> Document {
    let timestamp = Timestamp(time) ?? Timestamp(seconds: 0, increment: 0)
    return operation.setting("ts", to: .timestamp(timestamp)).setting("t", to: .int64(term))
      .setting("wall", to: .date(Int64(timestamp.seconds) * 1000))
  }

  /// Inserts of these times.
  static func inserts(_ times: String...) -> [Document] { times.map { insert($0) } }

  /// An archive of `local.oplog.rs` with these entries.
  static func archive(_ entries: [Document]) -> [UInt8] {
    var archive = ArchiveBuilder(raw: [0x6D, 0xE2, 0x99, 0x81])
    archive.append(["concurrent_collections": 1, "version": "0.1"])
    archive.append([
      "db": "local", "collection": "oplog.rs", "metadata": #"{"indexes":[]}"#, "size": 0,
      "type": "collection",
    ])
    archive.end()
    var checksum = CRC64()
    for isEnd in [false, true] {
      let value = isEnd ? Int64(bitPattern: checksum.value) : 0
      archive.append(["db": "local", "collection": "oplog.rs", "EOF": .bool(isEnd), "CRC": .int64(value)])
      for entry in isEnd ? [] : entries {
        archive.append(entry)
        entry.withBytes { checksum.update($0) }
      }
      archive.end()
    }
    return archive.bytes
  }

  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    mongodrill_deflate_init_gzip(&stream, 1)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 200)
    let room = output.count
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(bytes.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(room)
        deflate(&stream, Z_FINISH)
      }
    }
    return Array(output.prefix(room - Int(stream.avail_out)))
  }
}

extension [Document] {
  var joinedBytes: [UInt8] { reduce(into: []) { $0 += $1.bytes } }
}

extension Scratch {
  /// Writes documents back to back, and gives the file's path.
  @discardableResult
  func write(_ documents: [Document], to name: String) throws -> String {
    try write(documents.joinedBytes, to: name)
    return self[name]
  }

  /// A dump of an empty collection whose own oplog holds these entries.
  func writeBase(_ oplog: [Document], to name: String = "base") throws -> any LogicalBackup {
    try write("", to: "\(name)/d/a.bson")
    try write(#"{"indexes":[],"collectionName":"a","type":"collection"}"#, to: "\(name)/d/a.metadata.json")
    try write(oplog, to: "\(name)/oplog.bson")
    return try openBackup(self[name])
  }

  /// A chain of a base and slices, which lie in a folder of their own as `0.bson`, `1.bson`, ….
  func chain(_ base: [Document], _ slices: [[Document]]) throws -> OplogChain {
    let backup = try writeBase(base)
    for (index, slice) in slices.enumerated() { try write(slice, to: "slices/\(index).bson") }
    return try OplogChain.open(base: backup, slices: slices.isEmpty ? [] : [self["slices"]])
  }
}

extension OplogChain {
  /// The timestamps of all entries that it gives.
  func timestamps(through: Timestamp? = nil) throws -> [String] {
    let cursor = try cursor(through: through)
    var all: [String] = []
    while let entry = try cursor.next() { all.append(entry.timestamp.description) }
    return all
  }
}

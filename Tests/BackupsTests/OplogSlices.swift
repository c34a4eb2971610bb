import BSON
import Backups
import Compression
import Platform
import Testing

/// Oplog slices to lay down in a folder: those of the fixture, as their entries, and made-up ones.
enum OplogSlices {
  /// The folders of the fixture's eight slices; each begins with the last entry of the one before.
  static let folders = (0..<8).map { "\(Fixture.shop)/oplog/00\($0)" }

  /// The entries of each of the fixture's slices.
  static func real() throws -> [[Document]] {
    try folders.map { folder in
      let plain = "\(folder)/local/oplog.rs.bson"
      let path = Files.exists(plain) ? plain : plain + ".gz"
      return try documents(openDecompressed(path).readAll(limit: 64 << 20))
    }
  }

  static func documents(_ bytes: [UInt8]) throws -> [Document] {
    var documents: [Document] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      documents.append(try Document(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return documents
  }

  /// A no-op of that time.
  static func noop(_ time: String, term: Int64 = 1, message: String = "periodic noop") throws -> Document {
    let timestamp = try #require(Timestamp(time))
    return [
      "op": "n", "ns": "", "o": ["msg": .string(message)], "ts": .timestamp(timestamp), "t": .int64(term),
      "v": .int64(2),
      "wall": .date(Int64(timestamp.seconds) * 1000),
    ]
  }

  /// An insert of that time, into `d.a`.
  static func insert(
    _ time: String, id: Value = 1, term: Int64 = 1, previous: String? = nil
  ) throws -> Document {
    let timestamp = try #require(Timestamp(time))
    var entry: Document = [
      "op": "i", "ns": "d.a", "ui": UUIDBytes([UInt8](repeating: 7, count: 16)).value, "o": ["_id": id],
      "o2": ["_id": id], "ts": .timestamp(timestamp), "t": .int64(term), "v": .int64(2),
    ]
    if let previous = try previous.map({ try #require(Timestamp($0)) }) {
      entry = entry.setting("prevOpTime", to: ["ts": .timestamp(previous), "t": .int64(term)])
    }
    return entry
  }

  /// Inserts of these times.
  static func inserts(_ times: String...) throws -> [Document] { try times.map { try insert($0) } }
}

extension Scratch {
  /// Writes documents back to back, and gives the file's path.
  @discardableResult
  func write(_ documents: [Document], to name: String) throws -> String {
    try write(documents.flatMap(\.bytes), to: name)
    return self[name]
  }

  /// A dump of an empty collection whose own oplog holds these entries.
  func writeBase(_ oplog: [Document], to name: String = "base") throws -> any LogicalBackup {
    try write("", to: "\(name)/d/a.bson")
    try write(#"{"indexes":[],"collectionName":"a","type":"collection"}"#, to: "\(name)/d/a.metadata.json")
    try write(oplog, to: "\(name)/oplog.bson")
    return try openBackup(self[name])
  }
}

extension OplogChain {
  /// The timestamps of all entries that it gives.
  func timestamps(through: Timestamp? = nil) throws -> [Timestamp] {
    let cursor = try cursor(through: through)
    var all: [Timestamp] = []
    while let entry = try cursor.next() { all.append(entry.timestamp) }
    return all
  }
}

/// What opening a chain throws.
func failureOfChain(_ base: any LogicalBackup, _ slices: [String]) -> Failure? {
  #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: slices) }
}

import BSON
import Backups
import Compression
import Platform
import Replay
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

/// A real server's history in `Tests/Fixtures`: a base, the oplog after it, and what the source held at some moments.
struct History: Sendable {
  /// A moment whose state the source recorded.
  struct Point: Sendable {
    let name: String
    let timestamp: Timestamp
    let truth: Truth
  }

  static let fixtures = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures"

  /// All of its forms: the same data.
  let bases: [String]
  /// Where its slices lie.
  let slices: [String]
  /// Every entry after the dumps began, in order, each once.
  let entries: [OplogEntry]
  let points: [Point]

  func point(_ name: String) throws -> Point {
    try #require(points.first { $0.name == name }, "no point \(name)")
  }

  /// Every UUID of a collection that the entries of an interval tell.
  func uuids(from start: Timestamp, through end: Timestamp) throws -> Set<UUIDBytes> {
    var uuids: Set<UUIDBytes> = []
    var transactions = Transactions()
    for entry in entries where start <= entry.timestamp && entry.timestamp <= end {
      guard case .apply(let operations) = try transactions.step(entry, at: Place("oplog")) else { continue }
      uuids.formUnion(operations.compactMap(\.uuid))
    }
    return uuids
  }
}

extension History {
  /// Slices that overlap, each compressed or not, put together.
  static func entries(_ slices: [String]) throws -> [OplogEntry] {
    var seen: Set<Timestamp> = []
    return try slices.flatMap(documents).map { document in
      try #require(OplogEntry(validated: document.bytes))
    }.filter { seen.insert($0.timestamp).inserted }.sorted { $0.timestamp < $1.timestamp }
  }

  /// The documents of a file, back to back, compressed or not.
  static func documents(_ path: String) throws -> [Document] {
    let all = try openDecompressed(path).readAll(limit: 1 << 30)[...]
    var documents: [Document] = []
    var at = 0
    while at < all.count {
      let length = all[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      documents.append(try Document(all[at..<at + length]))
      at += length
    }
    return documents
  }
}

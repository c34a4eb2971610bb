package import BSON
internal import Compression
internal import Facts
internal import Platform

/// From which entry to which one a piece of the oplog goes, as far as its ends tell without reading what lies between.
package struct OplogInterval: Sendable, Hashable {
  package var first: Timestamp
  /// Nil where all of it would have to be read: large and compressed, or inside of a large archive.
  package var last: Timestamp?

  package init(first: Timestamp, last: Timestamp?) {
    self.first = first
    self.last = last
  }

  /// What is compressed is read up to this size, in bytes.
  static let mostCompressed = 8 << 20
  /// How much of a file's end is looked at for its last entry: first little, in the end more than any entry has.
  private static let tails = [64 << 10, 1 << 20, 17 << 20]

  /// Looks at a file of entries. Nil when it is empty, or its first document is no entry. Throws `Failure` of kind
  /// `damagedBackup` when it doesn't end with one.
  static func look(at path: String) throws(Failure) -> OplogInterval? {
    let reader = try openDecompressed(path)
    guard let first = try firstEntry(path) else { return nil }
    if reader.compression != nil {
      guard try Files.size(of: path) <= mostCompressed else { return OplogInterval(first: first, last: nil) }
      return try read(.file(path))
    }
    let size = try Files.size(of: path)
    for window in tails {
      if let last = lastEntry(of: Files.end(of: path, bytes: window)) {
        return OplogInterval(first: first, last: last)
      }
      if size <= window { break }
    }
    throw .oplogEndTorn(path)
  }

  /// The same of an archive's oplog; nil when it holds no entry.
  static func look(at archive: String, _ namespace: Namespace) throws(Failure) -> OplogInterval? {
    guard try Files.size(of: archive) <= mostCompressed else { return nil }
    return try read(.archive(archive, namespace))
  }

  /// Whether a file's first document is an entry; files that can't be read are none.
  static func isOplog(_ path: String) -> Bool { ((try? firstEntry(path)) ?? nil) != nil }

  private static func firstEntry(_ path: String) throws(Failure) -> Timestamp? {
    var stream = DocumentStream(try openDecompressed(path))
    guard let size = try stream.sizeOfNextRun(1) else { return nil }
    return OplogEntry(validated: try stream.nextChunk(size, maxDocuments: 1).bytes[...])?.timestamp
  }

  private static func read(_ source: OplogSource) throws(Failure) -> OplogInterval? {
    let reader = try OplogReader(source)
    guard let first = try reader.next()?.timestamp else { return nil }
    var last = first
    while let entry = try reader.next() { last = entry.timestamp }
    return OplogInterval(first: first, last: last)
  }

  /// The entry that ends where the bytes end: its length leads exactly there, and it is whole. What is embedded in it
  /// ends before its own last byte, so nothing else can be taken for it.
  private static func lastEntry(of bytes: [UInt8]) -> Timestamp? {
    guard bytes.last == 0 else { return nil }
    var start = bytes.count - 5
    while start >= 0 {
      let length = bytes.count - start
      if bytes[start] == UInt8(truncatingIfNeeded: length),
        bytes[start + 1] == UInt8(truncatingIfNeeded: length >> 8),
        bytes[start + 2] == UInt8(truncatingIfNeeded: length >> 16),
        bytes[start + 3] == UInt8(truncatingIfNeeded: length >> 24),
        let document = try? Document(bytes[start...]),
        let entry = OplogEntry(validated: document.bytes)
      {
        return entry.timestamp
      }
      start -= 1
    }
    return nil
  }
}

extension Failure {
  fileprivate static func oplogEndTorn(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "oplog-end-torn", "doesn't end with a whole oplog entry", at: Place(path),
      hint: "Its copy was interrupted. `mongodrill verify` says where it breaks.")
  }
}

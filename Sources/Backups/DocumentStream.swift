internal import BSON
internal import Compression
internal import Platform

/// Cuts a stream of back-to-back documents into runs of whole ones, each checked.
///
/// A run is read straight into the memory that it stays in; only a document that the run's end cuts in two is
/// carried over to the next.
struct DocumentStream {
  /// Whole documents at the start of some memory.
  struct Run {
    /// How many bytes they take.
    var used: Int
    /// How many they are.
    var count: Int
    /// Where the first one starts in the stream.
    var offset: UInt64
  }

  let reader: any ByteReader
  private var carried: [UInt8] = []
  /// Where `carried` starts in the stream.
  private(set) var offset: UInt64 = 0

  init(_ reader: any ByteReader) { self.reader = reader }

  /// How many bytes the next run's memory has to have: `preferred`, or what a larger document needs alone. Nil at
  /// the end of the stream.
  mutating func sizeOfNextRun(_ preferred: Int) throws(Failure) -> Int? {
    while carried.count < 4 {
      var word: UInt32 = 0
      let wanted = 4 - carried.count
      let got = try unsafe withUnsafeMutableBytes(of: &word) { buffer throws(Failure) in
        try unsafe reader.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
      }
      if got == 0 { break }
      unsafe withUnsafeBytes(of: word) { bytes in unsafe carried += bytes[..<got] }
    }
    if carried.isEmpty { return nil }
    guard carried.count >= 4 else { throw .cutShort(reader.file, document: offset, after: carried) }
    let length = Self.length(carried)
    guard length >= 5, length <= BSONLimits.internalDocument else {
      throw .malformed(reader.file, document: offset, Self.badLength(length))
    }
    return max(preferred, length, carried.count)
  }

  /// Fills `storage`, which has the size that `sizeOfNextRun` gave (or more), and checks the documents in it.
  mutating func nextRun(
    _ storage: UnsafeMutableRawBufferPointer, maxDocuments: Int = .max
  ) throws(Failure) -> Run {
    unsafe storage.copyBytes(from: carried)
    let filled =
      try unsafe carried.count
      + reader.fill(UnsafeMutableRawBufferPointer(rebasing: storage[carried.count...]))
    var run = Run(used: 0, count: 0, offset: offset)
    while filled - run.used >= 4, run.count < maxDocuments {
      let start = offset + UInt64(run.used)
      let rest = unsafe UnsafeRawBufferPointer(rebasing: storage[run.used..<filled])
      let length = Int(unsafe UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
      guard length >= 5, length <= BSONLimits.internalDocument else {
        throw .malformed(reader.file, document: start, Self.badLength(length))
      }
      if length > rest.count { break }
      do { _ = try unsafe validateBSON(rest) } catch {
        throw .malformed(reader.file, document: start, error)
      }
      run.used += length
      run.count += 1
    }
    offset += UInt64(run.used)
    carried.removeAll(keepingCapacity: true)
    unsafe carried.append(contentsOf: UnsafeRawBufferPointer(rebasing: storage[run.used..<filled]))
    // Less than asked for means the end, and a whole document that isn't there.
    if filled < storage.count, run.count < maxDocuments, !carried.isEmpty {
      throw .cutShort(reader.file, document: offset, after: carried)
    }
    return run
  }

  /// The length that a document's first bytes tell.
  fileprivate static func length(_ bytes: [UInt8]) -> Int {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func badLength(_ length: Int) -> MalformedBSON {
    let length = Int(Int32(truncatingIfNeeded: length))
    return length < 5
      ? MalformedBSON("length \(length) is below 5", at: 0)
      : MalformedBSON("length \(length) is above \(BSONLimits.internalDocument)", at: 0)
  }
}

extension Failure {
  /// A file that ends inside a document, of which there are `bytes`.
  static func cutShort(_ file: String, document: UInt64, after bytes: [UInt8]) -> Failure {
    let length = bytes.count < 4 ? "" : " of \(DocumentStream.length(bytes))"
    return Failure(
      .damagedBackup, "bson-cut-short",
      "the data ends inside a document, after \(bytes.count)\(length) bytes of it",
      at: Place(file, offset: document),
      hint: "The copy or the dump was interrupted; compare the file's size with the original's.")
  }

  /// A document that is no BSON; the place is where in it that shows.
  static func malformed(_ file: String, document: UInt64, _ error: MalformedBSON) -> Failure {
    Failure(
      .damagedBackup, "bson-malformed", "malformed BSON in the document that starts at byte \(document)",
      at: Place(file, offset: document + UInt64(error.offset)), cause: error.reason)
  }
}

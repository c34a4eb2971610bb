// The one unsafe core: everything that reads BSON from memory goes through here.

/// Bytes that are not the BSON they should be.
package struct MalformedBSON: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, in lower case without a full stop.
  package var reason: String
  /// Where, in bytes from the start of the outermost document.
  package var offset: Int

  package init(_ reason: String, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  package var description: String { "\(reason) (byte \(offset) of the document)" }
}

/// The types of BSON's elements (bsonspec.org, version 1.1).
package enum ElementType: UInt8, Sendable, CaseIterable {
  case double = 0x01
  case string = 0x02
  case document = 0x03
  case array = 0x04
  case binary = 0x05
  case undefined = 0x06
  case objectID = 0x07
  case bool = 0x08
  case date = 0x09
  case null = 0x0A
  case regex = 0x0B
  case dbPointer = 0x0C
  case code = 0x0D
  case symbol = 0x0E
  case codeWithScope = 0x0F
  case int32 = 0x10
  case timestamp = 0x11
  case int64 = 0x12
  case decimal128 = 0x13
  case maxKey = 0x7F
  case minKey = 0xFF
}

/// Limits of documents.
package enum BSONLimits {
  /// The largest document that a client may store: 16 MiB.
  package static let document = 16_777_216
  /// The largest document that the server makes for itself (an oplog entry): 16 MiB + 16 KiB.
  package static let internalDocument = 16_793_600
  /// Nesting that a reader follows. The server's own limit is 200 unless it is raised, to 1,000 at the most.
  package static let depth = 1000
}

/// One element of a document that lies in memory: where its name and its value are.
package struct RawElement: Sendable {
  /// Its type.
  package var type: ElementType
  /// Its name's bytes, without the NUL, as offsets into the document.
  package var name: Range<Int>
  /// Its value's bytes, as offsets into the document.
  package var value: Range<Int>
}

/// Checks that `bytes` start with a well-formed document and returns its length; what follows it is not looked
/// at. Structure only: lengths, types, terminators, nesting. Strings may hold invalid UTF-8, as the server's may.
package func validateBSON(
  _ bytes: UnsafeRawBufferPointer, limit: Int = BSONLimits.internalDocument
) throws(MalformedBSON) -> Int {
  guard bytes.count >= 4 else { throw MalformedBSON("cut short: no room for a length", at: 0) }
  let length = Int(unsafe Int32(littleEndian: bytes.loadUnaligned(as: Int32.self)))
  guard length >= 5 else { throw MalformedBSON("length \(length) is below 5", at: 0) }
  guard length <= limit else { throw MalformedBSON("length \(length) is above \(limit)", at: 0) }
  guard length <= bytes.count else {
    throw MalformedBSON("cut short: \(bytes.count) of \(length) bytes", at: bytes.count)
  }
  guard let base = bytes.baseAddress else { throw MalformedBSON("no bytes", at: 0) }
  try unsafe validateBody(base, from: 0, to: length, depth: 0)
  return length
}

/// Checks the document at `start ..< end`, whose length field the caller has read.
private func validateBody(
  _ base: UnsafeRawPointer, from start: Int, to end: Int, depth: Int
) throws(MalformedBSON) {
  guard depth < BSONLimits.depth else {
    throw MalformedBSON("nested deeper than \(BSONLimits.depth)", at: start)
  }
  let last = end - 1
  guard unsafe base.load(fromByteOffset: last, as: UInt8.self) == 0 else {
    throw MalformedBSON("no NUL at the document's end", at: last)
  }
  var at = start + 4
  while at < last {
    let tag = unsafe base.load(fromByteOffset: at, as: UInt8.self)
    let element = at
    at += 1
    // The NUL at `last` stops this loop at the latest.
    while unsafe base.load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
    guard at < last else { throw MalformedBSON("element without an end of its name", at: element) }
    at += 1
    switch tag {
    case 0x10: at += 4
    case 0x01, 0x09, 0x11, 0x12: at += 8
    case 0x02, 0x0D, 0x0E: at = try unsafe endOfString(base, at, last)
    case 0x07: at += 12
    case 0x03, 0x04:
      guard at + 5 <= last else { throw MalformedBSON("no room for a document", at: at) }
      let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
      guard length >= 5, length <= last - at else {
        throw MalformedBSON("inner document of length \(length) in \(last - at) bytes", at: at)
      }
      try unsafe validateBody(base, from: at, to: at + length, depth: depth + 1)
      at += length
    case 0x08:
      guard at < last, unsafe base.load(fromByteOffset: at, as: UInt8.self) <= 1 else {
        throw MalformedBSON("a boolean that is neither 0 nor 1", at: at)
      }
      at += 1
    case 0x05:
      guard at + 5 <= last else { throw MalformedBSON("no room for binary data", at: at) }
      let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
      guard length >= 0, length <= last - at - 5 else {
        throw MalformedBSON("binary data of length \(length) in \(last - at - 5) bytes", at: at)
      }
      at += 5 + length
    case 0x13: at += 16
    case 0x06, 0x0A, 0x7F, 0xFF: break
    case 0x0B:
      for _ in 0..<2 {
        while unsafe base.load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
        guard at < last else { throw MalformedBSON("regular expression without an end", at: element) }
        at += 1
      }
    case 0x0C: at = try unsafe endOfString(base, at, last) + 12
    case 0x0F:
      guard at + 14 <= last else { throw MalformedBSON("no room for code with scope", at: at) }
      let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
      guard length >= 14, length <= last - at else {
        throw MalformedBSON("code with scope of length \(length) in \(last - at) bytes", at: at)
      }
      let scope = try unsafe endOfString(base, at + 4, at + length)
      guard scope + 5 <= at + length,
        Int(unsafe base.loadUnaligned(fromByteOffset: scope, as: Int32.self)) == at + length - scope
      else { throw MalformedBSON("code with scope whose lengths disagree", at: at) }
      try unsafe validateBody(base, from: scope, to: at + length, depth: depth + 1)
      at += length
    default: throw MalformedBSON("unknown element type 0x\(String(tag, radix: 16))", at: element)
    }
    guard at <= last else { throw MalformedBSON("element beyond its document's end", at: element) }
  }
}

/// The end of the length-prefixed string at `at`, which has to lie before `last`.
private func endOfString(
  _ base: UnsafeRawPointer, _ at: Int, _ last: Int
) throws(MalformedBSON) -> Int {
  guard at + 5 <= last else { throw MalformedBSON("no room for a string", at: at) }
  let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
  guard length >= 1, length <= last - at - 4 else {
    throw MalformedBSON("string of length \(length) in \(last - at - 4) bytes", at: at)
  }
  guard unsafe base.load(fromByteOffset: at + 3 + length, as: UInt8.self) == 0 else {
    throw MalformedBSON("string without a NUL at its end", at: at + 3 + length)
  }
  return at + 4 + length
}

/// The element that starts at `at` in a document that `validateBSON` accepted; nil at the document's end.
/// `base` is the document's first byte.
@inline(__always)
package func elementOfValidBSON(_ base: UnsafeRawPointer, at start: Int) -> RawElement? {
  guard let type = unsafe ElementType(rawValue: base.load(fromByteOffset: start, as: UInt8.self)) else {
    return nil
  }
  var at = start + 1
  while unsafe base.load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
  let name = start + 1..<at
  at += 1
  func int32(_ at: Int) -> Int { Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self)) }
  let size: Int
  switch type {
  case .null, .undefined, .minKey, .maxKey: size = 0
  case .bool: size = 1
  case .int32: size = 4
  case .double, .date, .timestamp, .int64: size = 8
  case .objectID: size = 12
  case .decimal128: size = 16
  case .string, .code, .symbol: size = 4 + int32(at)
  case .dbPointer: size = 16 + int32(at)
  case .binary: size = 5 + int32(at)
  case .document, .array, .codeWithScope: size = int32(at)
  case .regex:
    var end = at
    for _ in 0..<2 {
      while unsafe base.load(fromByteOffset: end, as: UInt8.self) != 0 { end += 1 }
      end += 1
    }
    size = end - at
  }
  return RawElement(type: type, name: name, value: at..<at + size)
}

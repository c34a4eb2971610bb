import BSON
import Compression
import Platform

/// Rewrites archives and dumps as a tool would have written them that lost documents without a word: lengths, checksums
/// and ends are right, only documents are missing.
enum Loss {
  /// An archive (not compressed) without those documents of a collection of which `isLost` says so; they are counted
  /// from 0. The format is that of mongodump: blocks of a header and documents, each ended by four bytes of ones.
  static func archive(_ bytes: [UInt8], of namespace: String, _ isLost: (Int) -> Bool) throws -> [UInt8] {
    var out = Array(bytes[..<4])
    var at = 4
    var number = 0
    var checksum = CRC64()
    var isPrelude = true
    while at < bytes.count {
      let header = try document(bytes, &at)
      let name = "\(header["db"]?.string ?? "").\(header["collection"]?.string ?? "")"
      let isOurs = !isPrelude && name == namespace
      var block = header
      if isOurs, case .bool(true)? = header["EOF"] {
        block = header.setting("CRC", to: .int64(Int64(bitPattern: checksum.value)))
      }
      out += block.bytes
      while !bytes[at...].starts(with: [255, 255, 255, 255]) {
        let body = try document(bytes, &at)
        if isOurs {
          defer { number += 1 }
          if isLost(number) { continue }
          body.withBytes { unsafe checksum.update($0) }
        }
        out += body.bytes
      }
      out += [255, 255, 255, 255]
      at += 4
      isPrelude = false
    }
    return out
  }

  /// The documents of a `.bson` without some of them.
  static func documents(_ bytes: [UInt8], _ isLost: (Int) -> Bool) throws -> [UInt8] {
    var (out, at, number) = ([UInt8](), 0, 0)
    while at < bytes.count {
      let body = try document(bytes, &at)
      if !isLost(number) { out += body.bytes }
      number += 1
    }
    return out
  }

  private static func document(_ bytes: [UInt8], _ at: inout Int) throws -> Document {
    let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    defer { at += length }
    return try Document(bytes[at..<(at + length)])
  }
}

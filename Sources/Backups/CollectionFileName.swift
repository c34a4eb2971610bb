internal import CCrypto

/// How mongodump makes a file's name out of a collection's, and back.
///
/// Source: mongo-tools, `common/util/namespaces.go` and what mongodump 100.18 wrote: form encoding; when that has
/// more than 238 bytes, its first 208, `%24`, and the SHA-1 of the raw name in base64url without padding.
enum CollectionFileName {
  private static let longest = 238
  private static let kept = 208
  private static let mark = Array("%24".utf8)

  /// The file's name, without its extension, of a collection.
  static func stem(of collection: String) -> [UInt8] {
    let escaped = escape(collection)
    guard escaped.count > longest else { return escaped }
    return escaped[..<kept] + mark + base64URL(sha1(Array(collection.utf8)))
  }

  /// Whether the name was cut, so that only the metadata knows the collection's.
  static func isCut(_ stem: [UInt8]) -> Bool {
    stem.count == longest && stem[kept...].starts(with: mark)
  }

  /// The collection's name; a name that is not in form encoding stands for itself, as before mongodump 4.2.
  static func collection(of stem: [UInt8]) -> [UInt8] {
    var name: [UInt8] = []
    var at = 0
    while at < stem.count {
      switch stem[at] {
      case UInt8(ascii: "+"): name.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard at + 2 < stem.count, let high = hexDigit(stem[at + 1]), let low = hexDigit(stem[at + 2]) else {
          return stem
        }
        name.append(high << 4 | low)
        at += 2
      case let byte: name.append(byte)
      }
      at += 1
    }
    return name
  }

  private static func escape(_ name: String) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    var escaped: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "~"):
        escaped.append(byte)
      case UInt8(ascii: " "): escaped.append(UInt8(ascii: "+"))
      default: escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return escaped
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    let isDone = unsafe mongodrill_sha1(bytes, bytes.count, &digest)
    precondition(isDone == 1, "libcrypto has no SHA-1")
    return digest
  }

  private static func base64URL(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for place in 0...group.count { text.append(letters[Int(bits >> (18 - 6 * UInt32(place)) & 63)]) }
    }
    return text
  }
}

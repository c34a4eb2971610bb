internal import CCrypto

/// SHA-256, through libcrypto.
package enum SHA256 {
  /// The digest of `bytes` in 64 lower-case hexadecimal digits.
  package static func hex(of bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let isDone = unsafe mongodrill_sha256(bytes, bytes.count, &digest)
    precondition(isDone == 1, "libcrypto has no SHA-256")
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

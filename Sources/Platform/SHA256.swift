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

/// SHA-256 of bytes that come piece by piece.
@safe package final class SHA256Stream {
  private let context: OpaquePointer

  package init() {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for SHA-256") }
    unsafe self.context = context
    let isDone = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(isDone == 1, "libcrypto has no SHA-256")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Takes the next bytes in.
  package func add(_ bytes: UnsafeRawBufferPointer) {
    _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of all of them in 64 lower-case hexadecimal digits; nothing may be added after that.
  package func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    _ = unsafe EVP_DigestFinal_ex(context, &digest, nil)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

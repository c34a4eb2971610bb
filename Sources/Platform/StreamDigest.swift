internal import CCrypto

/// A checksum of a stream of bytes, through libcrypto.
@safe package final class StreamDigest {
  /// Which checksum it is.
  package enum Algorithm: String, Sendable, Hashable, CaseIterable {
    case md5, sha1, sha256, sha512

    /// In hexadecimal digits.
    package var digits: Int {
      switch self {
      case .md5: 32
      case .sha1: 40
      case .sha256: 64
      case .sha512: 128
      }
    }
  }

  private let context: OpaquePointer

  /// Of no byte yet. Throws a `Failure` where the library refuses the algorithm (MD5 in its FIPS mode).
  package init(_ algorithm: Algorithm) throws(Failure) {
    guard let context = unsafe mongodrill_digest_new(algorithm.rawValue) else {
      throw Failure(
        .incomplete, "no-digest", "libcrypto refuses the checksum \(algorithm.rawValue)",
        hint: "It may run in FIPS mode; record sha256 with the backup.")
    }
    unsafe self.context = context
  }

  deinit { unsafe mongodrill_digest_free(context) }

  /// Takes the next bytes in.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    let isDone = unsafe mongodrill_digest_update(context, bytes.baseAddress, bytes.count)
    precondition(isDone == 1, "libcrypto failed to digest")
  }

  /// The checksum in lower-case hexadecimal digits; to be asked for once.
  package func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 64)
    let count = unsafe mongodrill_digest_finish(context, &digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self)
  }
}

internal import Platform

/// Which files a drill's witness and baseline were read from, told by the SHA-256 of their bytes.
struct CounterpartSums: Sendable, Hashable {
  /// nil where the drill has none; so are the others.
  var witness: String?
  var baseline: String?

  /// Adds the sum of a file that was read; it is read again.
  static func sum(of file: String, limit: Int) throws(Failure) -> String {
    SHA256.hex(of: try Files.read(file, limit: limit))
  }
}

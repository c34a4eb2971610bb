internal import Platform

/// Which files a drill's witness and baseline were read from, told by the SHA-256 of their bytes.
struct CounterpartSums: Sendable, Hashable {
  /// nil where the drill has none; so are the others.
  var witness: String?
  var baseline: String?

  /// The sum of one file, which is read for it once more. Throws `Failure`.
  static func sum(of file: String, limit: Int) throws(Failure) -> String {
    SHA256.hex(of: try Files.read(file, limit: limit))
  }
}

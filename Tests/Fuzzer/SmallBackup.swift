/// A small backup in one of its forms, of which each byte is changed in turn.
struct SmallBackup: Sendable {
  let name: String
  /// What is copied of `Tests/Fixtures/small`, and where changes are made in it.
  var parts: [String]
  var changed: String
  /// The backup, the slices and the target, as `verify` takes them.
  var backup: String
  var slices: String?
  var witness = "dumped.json"
  /// A real store of PBM is larger: of its bytes one in so many is changed.
  var stride = 1

  static let all = [
    SmallBackup(name: "dump directory", parts: ["dump"], changed: "dump", backup: "dump"),
    SmallBackup(
      name: "dump directory, gzip", parts: ["dump-gzip"], changed: "dump-gzip", backup: "dump-gzip"),
    SmallBackup(name: "archive", parts: ["x.archive"], changed: "x.archive", backup: "x.archive"),
    SmallBackup(
      name: "archive, gzip", parts: ["x.archive.gz"], changed: "x.archive.gz", backup: "x.archive.gz"),
    SmallBackup(
      name: "slices", parts: ["dump", "slices"], changed: "slices", backup: "dump", slices: "slices",
      witness: "ended.json"),
    SmallBackup(name: "PBM store", parts: ["store"], changed: "store", backup: "store", stride: 997),
  ]
}

/// One byte flipped, or a file cut.
struct ByteChange: Sendable {
  enum Kind: String, CaseIterable { case flip, cut }
  var file: String
  var kind: Kind
  /// Which byte, or how many bytes are left.
  var offset: Int

  func applied(to bytes: [UInt8]) -> [UInt8] {
    switch kind {
    case .cut: return Array(bytes.prefix(offset))
    case .flip:
      var bytes = bytes
      bytes[offset] ^= 1 << (offset & 7)
      return bytes
    }
  }
}

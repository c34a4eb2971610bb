internal import Compression
internal import Platform

/// How the files of a backup are compressed, as far as tools differ in what they read.
package enum FileCompression: Sendable, Hashable {
  case none
  case gzip
  /// Another one, by its name: `zstd`.
  case other(String)

  /// Looks at the start of each file of documents; a stream counts as gzip where it is compressed at all. Nil where the
  /// files differ in it.
  package init?(of backup: any LogicalBackup, isStream: Bool) {
    let files =
      isStream || backup.path == "-" ? [] : Set(backup.collections.compactMap { $0.place?.file })
    var names = Set(files.map { (try? openDecompressed($0).compression) ?? "" })
    if names.isEmpty { names = [backup.origin.isCompressed ? "gzip" : ""] }
    // The metadata may be compressed where the documents are not, and the other way round.
    guard let name = names.first, names.count == 1,
      backup.form == .collectionFile || name.isEmpty != backup.origin.isCompressed
    else { return nil }
    self = name.isEmpty ? .none : name == "gzip" ? .gzip : .other(name)
  }
}

import Backups
import Glibc
import Platform

/// The real backup set that lies in `Tests/Fixtures`: one base taken by mongodump 100.18 from MongoDB 6.0.5, in
/// four forms.
enum Fixture {
  static let shop = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/shop"
  static let dump = shop + "/base/dump"
  static let gzippedDump = shop + "/base/dump-gzip"
  static let archive = shop + "/base/full.archive"
  static let gzippedArchive = shop + "/base/full.archive.gz"
  static let forms = [dump, gzippedDump, archive, gzippedArchive]
}

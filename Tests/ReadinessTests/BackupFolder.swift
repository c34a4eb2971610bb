import BSON
import Glibc
import Platform
import Testing

/// Backups and slices made by hand, in a folder that goes with the test.
final class BackupFolder {
  let path: String

  init() throws {
    path = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try Files.createFolder(path)
  }

  deinit { try? Files.removeTree(path) }

  subscript(name: String) -> String { Files.join(path, name) }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Files.createFolder(Files.folder(of: self[name]), mode: 0o700, parents: true)
    try Files.writeAtomically(Array(bytes), to: self[name])
  }

  func link(_ name: String, to target: String) throws {
    try #require(symlink(target, self[name]) == 0)
  }

  /// A dump of some collections, of so many documents each; with its own oplog when `oplog` says its times.
  func dump(
    _ name: String, _ collections: [String] = ["shop.orders"], documents: Int = 1, oplog: [String] = []
  )
    throws
  {
    for collection in collections {
      let parts = collection.split(separator: ".")
      let file = "\(name)/\(parts[0])/\(parts[1])"
      try write((0..<documents).flatMap { bytes(["_id": .int32(Int32($0))]) }, to: file + ".bson")
      try write(
        #"{"indexes":[],"collectionName":"\#(parts[1])","type":"collection"}"#.utf8,
        to: file + ".metadata.json")
    }
    if !oplog.isEmpty { try slice("\(name)/oplog.bson", oplog) }
  }

  /// A file of entries of these times.
  func slice(_ name: String, _ times: [String]) throws {
    try write(times.flatMap { entry($0) }, to: name)
  }

  func entry(_ time: String) -> [UInt8] {
    let timestamp = Timestamp(time) ?? Timestamp(seconds: 0, increment: 0)
    return bytes([
      "op": "i", "ns": "shop.orders", "o": ["_id": .int64(Int64(timestamp.bits)), "text": "\u{0}\u{5}"],
      "ts": .timestamp(timestamp), "t": .int64(1), "wall": .date(Int64(timestamp.seconds) * 1000),
    ])
  }

  private func bytes(_ document: Document) -> [UInt8] {
    var bytes: [UInt8] = []
    document.withBytes { bytes += $0 }
    return bytes
  }
}

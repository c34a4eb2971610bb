import BSON
import Platform

/// A small dump directory, made by hand.
struct Dump {
  let path: String

  /// `dump` in `folder`, with a database `shop`: three customers and two orders, both with an index.
  init(in folder: String) throws {
    path = Files.join(folder, "dump")
    try Files.createFolder(Files.join(path, "shop"), parents: true)
    try write(
      "customers", (1...3).map { ["_id": .int32($0), "name": .string("customer \($0)")] },
      index: #"{"v":{"$numberInt":"2"},"key":{"name":{"$numberInt":"1"}},"name":"name_1"}"#)
    try write(
      "orders", (1...2).map { ["_id": .int32($0), "customerId": .int32($0)] },
      index: #"{"v":{"$numberInt":"2"},"key":{"customerId":{"$numberInt":"1"}},"name":"customerId_1"}"#)
  }

  func file(_ name: String) -> String { Files.join(path, "shop/\(name)") }

  func write(_ collection: String, _ documents: [Document], index: String) throws {
    var bytes: [UInt8] = []
    for document in documents { document.withBytes { bytes += $0 } }
    try Files.writeAtomically(bytes, to: file("\(collection).bson"))
    let uuid = "0123456789ab4def8123456789abcde" + (collection == "orders" ? "0" : "1")
    let id = #"{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}"#
    let metadata =
      #"{"indexes":[\#(id),\#(index)],"uuid":"\#(uuid)","collectionName":"\#(collection)","type":"collection"}"#
    try Files.writeAtomically(metadata.utf8, to: file("\(collection).metadata.json"))
  }

  /// Cuts a file to its first `count` bytes.
  func cut(_ name: String, to count: Int) throws {
    try Files.writeAtomically(Files.read(file(name)).prefix(count), to: file(name))
  }
}

/// The real backup set of `Tests/Fixtures`.
enum Fixture {
  static let base = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/shop/base"
  /// A small dump with an oplog, archives of it, and a witness of its one moment.
  static let small = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/small"
  /// The slices of its oplog.
  static let oplog = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/shop/oplog"
}

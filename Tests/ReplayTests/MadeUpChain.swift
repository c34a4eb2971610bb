import BSON
import Backups
import Foundation
import Platform

/// A base and oplog slices of made-up entries, in a folder that goes when the last reference does.
final class MadeUpChain: Sendable {
  private let path = NSTemporaryDirectory() + "/mongodrill-tests-" + UUID().uuidString
  let chain: OplogChain
  /// The path of the dump.
  var base: String { path + "/base" }

  /// `base` is the dump's own oplog.
  init(base: [Document], slices: [[Document]] = []) throws {
    for (index, slice) in slices.enumerated() { try Self.write(slice, "\(path)/slices/\(index).bson") }
    try Self.write([], "\(path)/base/d/a.bson")
    try Data(#"{"indexes":[],"collectionName":"a","type":"collection"}"#.utf8).write(
      to: URL(fileURLWithPath: "\(path)/base/d/a.metadata.json"))
    try Self.write(base, "\(path)/base/oplog.bson")
    chain = try OplogChain.open(
      base: openBackup("\(path)/base"), slices: slices.isEmpty ? [] : ["\(path)/slices"])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static func write(_ documents: [Document], _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: Files.folder(of: path), withIntermediateDirectories: true)
    try Data(documents.flatMap(\.bytes)).write(to: URL(fileURLWithPath: path))
  }
}

/// An oplog entry: its time, and what it does beside that.
func entry(_ time: String, _ operation: Document, _ more: Document = [:]) -> Document {
  let timestamp = Timestamp(time) ?? Timestamp(seconds: 0, increment: 0)
  var all = operation
  for field in more { all = all.setting(field.name, to: field.value) }
  return all.setting("ts", to: .timestamp(timestamp)).setting("t", to: .int64(1))
}

func insert(_ id: Value, _ namespace: String = "d.a") -> Document {
  ["op": "i", "ns": .string(namespace), "o": ["_id": id, "n": 1], "o2": ["_id": id]]
}

func delete(_ id: Value, _ namespace: String = "d.a") -> Document {
  ["op": "d", "ns": .string(namespace), "o": ["_id": id]]
}

func command(_ command: Document, _ database: String = "d") -> Document {
  ["op": "c", "ns": .string(database + ".$cmd"), "o": .document(command)]
}

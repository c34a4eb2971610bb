import BSON
import Compression

/// Writes archives as mongodump does, and as it never would.
struct ArchiveBuilder {
  private(set) var bytes: [UInt8] = [0x6D, 0xE2, 0x99, 0x81]
  private var checksums: [String: CRC64] = [:]

  static let terminator: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]

  /// With a prelude that lists these collections of the database `d`, `v` as a view.
  init(_ collections: [String], oplog: Bool = false) {
    append(
      ["concurrent_collections": 4, "version": "0.1", "server_version": "6.0.5", "tool_version": "100.18.0"])
    for name in collections { declare(name) }
    if oplog { append(["db": "", "collection": "oplog", "metadata": "", "size": 0, "type": ""]) }
    end()
  }

  /// With these bytes, whatever they are.
  init(raw bytes: [UInt8]) { self.bytes = bytes }

  mutating func declare(_ name: String, type: String? = nil) {
    let type = type ?? (name == "v" ? "view" : "collection")
    let options = type == "view" ? #""viewOn":"a","pipeline":[]"# : ""
    append([
      "db": "d", "collection": .string(name),
      "metadata": .string(
        #"{"options":{\#(options)},"indexes":[],"collectionName":"\#(name)","type":"\#(type)"}"#),
      "size": 0, "type": .string(type),
    ])
  }

  mutating func append(_ document: Document) { bytes += document.bytes }
  mutating func append(_ more: [UInt8]) { bytes += more }
  mutating func end() { bytes += Self.terminator }

  private mutating func header(_ name: String, isEnd: Bool, checksum: UInt64) {
    let isOplog = name == "oplog"
    append([
      "db": isOplog ? "" : "d", "collection": .string(name), "EOF": .bool(isEnd),
      "CRC": .int64(Int64(bitPattern: checksum)),
    ])
  }

  /// A block of documents.
  mutating func block(_ name: String, _ documents: [Document] = []) {
    header(name, isEnd: false, checksum: 0)
    for document in documents {
      append(document)
      var checksum = checksums[name] ?? CRC64()
      document.withBytes { checksum.update($0) }
      checksums[name] = checksum
    }
    end()
  }

  /// The end of a namespace.
  mutating func close(_ name: String) {
    header(name, isEnd: true, checksum: checksums[name]?.value ?? 0)
    end()
  }

  /// Two collections, interleaved, and a view.
  static var sound: ArchiveBuilder {
    var archive = ArchiveBuilder(["a", "b", "v"], oplog: true)
    archive.block("v")
    archive.close("v")
    archive.block("a", [["_id": 1], ["_id": 2]])
    archive.block("b", [["_id": 1, "text": "one"]])
    archive.block("a", [["_id": 3]])
    archive.close("a")
    archive.close("b")
    archive.block("oplog", [["ts": .timestamp(Timestamp(seconds: 5, increment: 1))]])
    archive.close("oplog")
    return archive
  }
}

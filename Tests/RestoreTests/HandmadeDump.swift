import BSON
import Facts
import Mongo
import Platform
import Restore
import Sandbox
import Synchronization
import TestSupport

/// A dump directory made by hand of one database, whose name no other test has.
struct HandmadeDump {
  let path: String
  /// The database's name.
  let database: String

  private static let count = Atomic(0)

  init(in folder: String) throws {
    database = "hand\(HandmadeDump.count.add(1, ordering: .relaxed).newValue)"
    path = Files.join(folder, database + "-dump")
    try Files.createFolder(Files.join(path, database), parents: true)
  }

  func namespace(_ collection: String) -> Namespace { Namespace(database, collection) }

  /// Adds a collection; `indexes` come besides `_id_`. Views have no documents.
  func add(
    _ collection: String, _ documents: [Document] = [], options: Document = [:], indexes: [Document] = [],
    kind: CollectionFacts.Kind = .collection
  ) throws {
    var metadata: [(String, Value)] = [("options", .document(options))]
    var specs = indexes
    if kind == .collection && options["clusteredIndex"] == nil {
      var id: Document = ["v": 2, "key": ["_id": 1], "name": "_id_"]
      if let collation = options["collation"] { id = id.setting("collation", to: collation) }
      specs.insert(id, at: 0)
      // The server takes none but random ones: version 4 of RFC 4122.
      var uuid = (0..<16).map { _ in UInt8.random(in: 0...255) }
      uuid[6] = uuid[6] & 0x0F | 0x40
      uuid[8] = uuid[8] & 0x3F | 0x80
      metadata.append(("uuid", .string(hexText(uuid))))
    }
    metadata.append(("indexes", .list(specs.map { .document($0) })))
    metadata.append(("collectionName", .string(collection)))
    metadata.append(("type", .string(kind.rawValue)))
    try Files.writeAtomically(
      Document(metadata).extendedJSON().utf8, to: "\(path)/\(database)/\(collection).metadata.json")
    if kind == .view { return }
    var bytes: [UInt8] = []
    for document in documents { bytes += document.bytes }
    try Files.writeAtomically(
      bytes, to: file(kind == .timeseries ? "system.buckets.\(collection)" : collection))
  }

  func addView(_ name: String, on source: String, _ pipeline: Value = []) throws {
    try add(name, options: ["viewOn": .string(source), "pipeline": pipeline], kind: .view)
  }

  /// The file of a collection's documents.
  func file(_ collection: String) -> String { "\(path)/\(database)/\(collection).bson" }
}

/// One server for all dumps made by hand: each is a database of its own.
enum Workbench {
  private static let server = Result { try sharedSandbox() }
  static var sandbox: Sandbox { get throws { try server.get() } }

  /// Restores what `make` puts into a dump.
  static func restore(
    _ options: RestoreOptions = RestoreOptions(), _ make: (HandmadeDump) throws -> Void
  ) throws -> (RestoreResult, Sandbox, HandmadeDump) {
    try withFolder { folder in
      let dump = try HandmadeDump(in: folder)
      try make(dump)
      return (try sandbox.restore(dump.path, options), try sandbox, dump)
    }
  }
}

/// Documents with `_id` from 1.
func numbered(_ numbers: ClosedRange<Int>, _ field: (Int) -> Document = { _ in [:] }) -> [Document] {
  numbers.map { number in
    Document([("_id", .int32(Int32(number)))] + field(number).map { ($0.name, $0.value) })
  }
}

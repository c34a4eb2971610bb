import BSON
import Backups
import Drafting
import Facts
import Platform
import TestSupport

/// A dump directory made by hand, and what is drafted from it.
struct HandmadeBackup {
  let path: String

  init(in folder: String) throws {
    path = Files.join(folder, "dump")
    try Files.createFolder(path)
  }

  /// Adds a collection, `shop.orders` say; `indexes` come besides `_id_`.
  func add(
    _ name: String, _ documents: [Document], options: Document = [:], indexes: [Document] = []
  ) throws {
    guard let namespace = Namespace(name) else { throw Failure(.internal, "no-name", name) }
    let id: Document = ["v": 2, "key": ["_id": 1], "name": "_id_"]
    let metadata: Document = [
      "options": .document(options), "indexes": .list(([id] + indexes).map { .document($0) }),
      "collectionName": .string(namespace.collection), "type": "collection",
    ]
    let folder = Files.join(path, namespace.database)
    if !Files.exists(folder) { try Files.createFolder(folder) }
    try Files.writeAtomically(
      metadata.extendedJSON().utf8, to: "\(folder)/\(namespace.collection).metadata.json")
    try Files.writeAtomically(documents.flatMap(\.bytes), to: "\(folder)/\(namespace.collection).bson")
  }

  /// The draft of all of it, as `init` makes it.
  func draft(
    limits: Survey.Limits = Survey.Limits(), isReplayed: Bool = false, kinds: Set<String>? = nil
  ) throws -> Draft {
    let backup = try openBackup(path)
    let names = Dictionary(
      uniqueKeysWithValues: backup.collections.enumerated().map { ($0.offset, $0.element.facts) })
    let (survey, summary) = try Survey.read(backup, as: names, limits: limits)
    var catalogue = Catalogue()
    for read in summary.collections {
      var facts = backup.collections[read.collection].facts
      (facts.documents, facts.bytes) = (read.documents, read.bytes)
      catalogue[facts.namespace] = facts
    }
    var sources = Draft.Sources(catalogue, surveys: [survey], isReplayed: isReplayed)
    if let kinds { sources.kinds = kinds }
    return Draft(sources)
  }

  /// The references that are drafted, as `+ orders.customerId → customers: reason`, `-` before what isn't sure.
  static func references(
    limits: Survey.Limits = Survey.Limits(), isReplayed: Bool = false,
    _ make: (HandmadeBackup) throws -> Void
  ) throws -> [String] {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try make(backup)
      let draft = try backup.draft(limits: limits, isReplayed: isReplayed, kinds: ["references"])
      return draft.items.map { "\($0.isSure ? "+" : "-") \($0.subject) \($0.yaml): \($0.reason)" }
    }
  }
}

/// Documents with `_id` from 1.
func numbered(_ count: Int, _ fields: (Int) -> Document = { _ in [:] }) -> [Document] {
  (1...count).map { number in
    Document([("_id", .int32(Int32(number)))] + fields(number).map { ($0.name, $0.value) })
  }
}

/// An ObjectId that a number stands for.
func id(_ number: Int) -> Value {
  .objectID(
    ObjectID(bytes: [0x6B, 1, 2, 3, 4, 5, 6, 7, 8, 9, UInt8(number >> 8 & 255), UInt8(number & 255)]))
}

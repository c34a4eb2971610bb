internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record

/// 1% of a collection's documents are gone.
enum DocumentsLost: SandboxFault {
  static let kind = "documents-lost"

  static func remedy(_ planted: Planted) -> String { "digest, or count with what it has to be" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    let lost = try collection.share()
    guard !lost.isEmpty else { return nil }
    try collection.delete(lost)
    return Planted(
      description: "\(Count.text(lost.count)) of \(Count.text(collection.documents, "document")) deleted",
      undo: { try collection.put(lost) })
  }
}

/// A document is there a second time, under another `_id`.
enum DocumentDuplicated: SandboxFault {
  static let kind = "document-duplicated"

  static func remedy(_ planted: Planted) -> String { "digest, or count with what it has to be" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    // A unique index would refuse it, as it would have on the source.
    guard collection.uniqueFields.isEmpty, let original = try collection.sample(1).first,
      let id = original["_id"]
    else { return nil }
    let twin = original.setting("_id", to: ["mongodrill_duplicate_of": id])
    try collection.put([twin])
    return Planted(
      description: "the document with _id \(id.extendedJSON()) copied under another _id",
      undo: { try collection.delete([twin]) })
  }
}

/// A document that others refer to is gone.
enum ParentDeleted: SandboxFault {
  static let kind = "parent-deleted"

  static func remedy(_ planted: Planted) -> String { planted.field ?? "references" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    for reference in collection.references where reference.to == collection.namespace {
      guard let parent = try parent(reference, in: collection) else { continue }
      try collection.delete([parent])
      let id = parent["_id"]?.extendedJSON() ?? ""
      let to = reference.toField == "_id" ? "" : ", to_field: \(reference.toField)"
      return Planted(
        description:
          "the document with _id \(id) deleted, which `\(reference.field)` of \(reference.from) refers to",
        field: "references: {field: \(reference.field), to: \(reference.to)\(to)}  # of \(reference.from)",
        undo: { try collection.put([parent]) })
    }
    return nil
  }

  /// A document that a reference leads to.
  private static func parent(_ reference: Referring, in collection: DamagedCollection) throws -> Document? {
    let unwinding = reference.field.split(separator: ".").indices.map { last -> Value in
      let names = reference.field.split(separator: ".")[...last]
      return ["$unwind": .string("$" + names.joined(separator: "."))]
    }
    let children = try collection.pool.all(
      [
        "aggregate": .string(reference.from.collection), "cursor": [:],
        "pipeline": .list(
          [["$match": [reference.field: ["$ne": .null]]], ["$limit": 20]] + unwinding
            + [["$project": ["_id": 0, "v": .string("$" + reference.field)]]]),
      ], on: reference.from.database)
    let values = children.compactMap { $0["v"] }.filter { $0 != .null }
    return try collection.pool.all(
      [
        "find": .string(collection.namespace.collection), "limit": 1,
        "filter": [reference.toField: ["$in": .list(values)]],
      ], on: collection.namespace.database
    ).first
  }
}

internal import BSON
internal import Facts
internal import Mongo
internal import Platform

/// A kind of fault that is planted in a sandbox and taken out again. One file a group; `SandboxFaults.all` lists them.
protocol SandboxFault: Sendable {
  /// Its name in the record.
  static var kind: String { get }
  /// A check that notices it, as a line of a scenario under that collection.
  static func remedy(_ planted: Planted) -> String
  /// Plants it. Nil when this collection gives no occasion for it.
  static func plant(in collection: DamagedCollection) throws -> Planted?
}

/// Every kind, in the order in which they are planted.
enum SandboxFaults {
  static let all: [any SandboxFault.Type] = [
    CollectionRemoved.self, DocumentsLost.self, DocumentDuplicated.self, ParentDeleted.self,
    FieldEmptied.self,
    TypeChanged.self, IndexLeftOut.self, IndexChanged.self, OptionLost.self,
  ]
}

/// A fault that is in the sandbox now.
struct Planted {
  /// What was done, as a clause.
  var description: String
  /// The field that it is about, for the remedy.
  var field: String?
  /// Makes everything as it was before.
  var undo: () throws -> Void
}

/// A field of one collection that refers to another.
struct Referring: Hashable {
  var from: Namespace
  var field: String
  var to: Namespace
  var toField: String
}

/// A collection that faults are planted in.
struct DamagedCollection {
  /// Documents that a fault changes at the most, and their bytes: they are held until it is undone.
  private static let most = 10_000
  private static let mostBytes = 32 << 20

  let facts: CollectionFacts
  let documents: Int
  let pool: ClientPool
  /// The references of the whole backup, as far as they are known.
  let references: [Referring]

  var namespace: Namespace { facts.namespace }

  /// 1% of its documents, at least one.
  func share() throws -> [Document] { try sample(max(1, documents / 100)) }

  /// Some of its documents.
  func sample(_ count: Int) throws -> [Document] {
    let size = Int32(min(count, DamagedCollection.most))
    var seen: Set<Value> = []
    var bytes = 0
    var documents: [Document] = []
    let command: Document = [
      "aggregate": .string(namespace.collection), "pipeline": [["$sample": ["size": .int32(size)]]],
      "cursor": [:],
    ]
    try pool.forEach(command, on: namespace.database) { document in
      // The server may give a document twice.
      guard let id = document["_id"], seen.insert(id).inserted else { return true }
      documents.append(document)
      bytes += document.bytes.count
      return bytes < DamagedCollection.mostBytes
    }
    return documents
  }

  /// Makes these documents what they are here, by their `_id`s, or puts them in.
  func put(_ documents: [Document]) throws {
    for start in stride(from: 0, to: documents.count, by: 500) {
      let updates = documents[start..<min(start + 500, documents.count)].map { document -> Value in
        // A pipeline's document is taken as it is: an insert would put the time in place of a zero timestamp.
        [
          "q": ["_id": ["$eq": document["_id"] ?? .null]], "upsert": true,
          "u": [["$replaceRoot": ["newRoot": ["$literal": .document(document)]]]],
        ]
      }
      try write([
        "update": .string(namespace.collection), "updates": .list(updates), "bypassDocumentValidation": true,
        "ordered": false,
      ])
    }
  }

  /// Puts others in place of documents of the same `_id`s; false, with all as before, when an index refuses one of them.
  func replace(_ documents: [Document], by others: [Document]) throws -> Bool {
    do { try put(others) } catch let error as MongoError where !error.isConnectionLoss {
      try put(documents)
      return false
    }
    return true
  }

  /// Deletes documents by their `_id`s.
  func delete(_ documents: [Document]) throws {
    for start in stride(from: 0, to: documents.count, by: 1000) {
      let deletes = documents[start..<min(start + 1000, documents.count)].map { document -> Value in
        ["q": ["_id": ["$eq": document["_id"] ?? .null]], "limit": 1]
      }
      try write(["delete": .string(namespace.collection), "deletes": .list(deletes)])
    }
  }

  /// Runs a writing command; a document that is refused is an error.
  func write(_ command: Document) throws {
    let reply = try pool.run(command, on: namespace.database)
    if let error = reply["writeErrors"]?.elements?.first?.document {
      throw MongoError(
        code: Int(error["code"]?.integer ?? 0), codeName: "", message: error["errmsg"]?.string ?? "refused")
    }
  }

  /// Fields that a unique index holds: the same value in several documents would be refused.
  var uniqueFields: Set<String> {
    Set(facts.indexes.filter { $0.document["unique"]?.isTrue == true }.flatMap(\.key.names))
  }

  /// A field that nearly every one of `documents` has, and whose value passes `isFit` in each of them.
  func field(of documents: [Document], where isFit: (Value) -> Bool) -> String? {
    let unique = uniqueFields
    guard let first = documents.first else { return nil }
    return first.names.first { name in
      name != "_id" && !unique.contains(name) && !name.contains("$") && !name.contains(".")
        && documents.allSatisfy { $0[name].map(isFit) ?? false }
    }
  }
}

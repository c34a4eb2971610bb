internal import BSON
internal import Facts
internal import Mongo

extension ClientPool {
  /// Creates what `facts` describe, with every option and, where it is known, the UUID of the source.
  ///
  /// With a UUID it goes through `applyOps`, the only way to give one; without an `idIndex` the server would build
  /// an `_id` index of version 1 there. A UUID given with a time series becomes that of its buckets. Throws
  /// `MongoError`.
  func create(_ facts: CollectionFacts) throws(MongoError) {
    let namespace = facts.namespace
    var command: [(String, Value)] = [("create", .string(namespace.collection))]
    command += facts.options.map { ($0.name, $0.value) }
    guard let uuid = facts.uuid else {
      try run(Document(command), on: namespace.database)
      return
    }
    if facts.kind == .collection && facts.options["clusteredIndex"] == nil {
      let idIndex =
        facts.indexes.first(where: \.isIDIndex)?.document ?? ["v": 2, "key": ["_id": 1], "name": "_id_"]
      command.append(("idIndex", .document(idIndex.removing(["ns"]))))
    }
    try run([
      "applyOps": [
        [
          "op": "c", "ns": .string("\(namespace.database).$cmd"), "ui": uuid.value,
          "o": .document(Document(command)),
        ]
      ]
    ])
  }

  /// Makes sure that a collection of the server's own is there, with the indexes that it gives it. Throws
  /// `MongoError`.
  func createIfMissing(_ namespace: Namespace) throws(MongoError) {
    do throws(MongoError) {
      try run(["create": .string(namespace.collection)], on: namespace.database)
    } catch {
      if error.code != ServerCode.namespaceExists { throw error }
    }
  }
}

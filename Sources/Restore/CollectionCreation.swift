internal import BSON
internal import Facts
internal import Mongo

extension ClientPool {
  /// Creates what `facts` describe, with every option and, for collections, the UUID of the source.
  ///
  /// Ordinary collections go through `applyOps`, the only way to give a UUID; without an `idIndex` the server
  /// would build an `_id` index of version 1 there. Views and time series have no UUID in a dump and take plain
  /// `create`. Throws `MongoError`.
  func create(_ facts: CollectionFacts) throws(MongoError) {
    let namespace = facts.namespace
    var command: [(String, Value)] = [("create", .string(namespace.collection))]
    command += facts.options.map { ($0.name, $0.value) }
    guard facts.kind == .collection, let uuid = facts.uuid else {
      try run(Document(command), on: namespace.database)
      return
    }
    if facts.options["clusteredIndex"] == nil {
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
}

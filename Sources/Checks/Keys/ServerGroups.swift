internal import BSON

/// Keys grouped by the server, where a collation decides what is equal.
struct ServerGroups {
  private let key: KeyFields
  private let ignoresNull: Bool
  private let context: CheckContext

  init(_ key: KeyFields, ignoringNull: Bool, _ context: CheckContext) {
    self.key = key
    ignoresNull = ignoringNull
    self.context = context
  }

  private var names: [String] { key.names }
  private var match: [Value] { context.common.filter.map { [["$match": .document($0)]] } ?? [] }

  /// Its value, null where it is missing.
  private static func value(_ name: String) -> Value { ["$ifNull": [.string("$" + name), .null]] }

  private var lacksValue: Value {
    .document(["$or": .list(names.map { ["$eq": [ServerGroups.value($0), .null]] })])
  }

  /// The keys of each document in `k`, each once.
  private var keys: [Value] {
    if names.count > 1 {
      let tuple = Document(names.enumerated().map { ("k\($0)", ServerGroups.value($1)) })
      let null: [Value] = ignoresNull ? [["$match": ["$expr": ["$not": [lacksValue]]]]] : []
      return match + null + [["$project": ["k": .document(tuple)]]]
    }
    let value = ServerGroups.value(names[0])
    let once: Value = ["$cond": [["$isArray": [value]], ["$setUnion": [value, .array([:])]], value]]
    let null: [Value] = ignoresNull ? [["$match": ["k": ["$ne": .null]]]] : []
    return match + [
      ["$project": ["k": once]], ["$unwind": ["path": "$k", "preserveNullAndEmptyArrays": true]],
    ] + null
  }

  private func all(_ stages: [Value]) throws -> [Document] {
    try context.all([
      "aggregate": .string(context.namespace.collection), "pipeline": .list(stages), "allowDiskUse": true,
      "cursor": [:],
    ])
  }

  /// Groups all keys.
  func repeated() throws -> RepeatedKeys {
    try refuseArrays()
    var found = RepeatedKeys()
    let isArray: Value = ["$isArray": [.string("$" + names[0])]]
    let hasNull: Value = [
      "$cond": [
        [
          "$or": [
            lacksValue,
            [
              "$and": [
                isArray, ["$in": [.null, ["$cond": [isArray, .string("$" + names[0]), .array([:])]]]],
              ]
            ],
          ]
        ], 1, 0,
      ]
    ]
    let counted = try all(
      match + [["$group": ["_id": .null, "n": ["$sum": 1], "null": ["$sum": hasNull]]]]
    ).first
    found.documents = Int(counted?["n"]?.integer ?? 0)
    found.null = Int(counted?["null"]?.integer ?? 0)
    let isRepeated: Value = ["$gt": ["$n", 1]]
    let group: Value = ["$group": ["_id": "$k", "n": ["$sum": 1]]]
    let summed = try all(
      keys + [
        group,
        [
          "$group": [
            "_id": .null, "keys": ["$sum": 1], "repeated": ["$sum": ["$cond": [isRepeated, 1, 0]]],
            "repeats": ["$sum": ["$subtract": ["$n", 1]]],
          ]
        ],
      ]
    ).first
    found.keys = Int(summed?["keys"]?.integer ?? 0)
    found.repeatedKeys = Int(summed?["repeated"]?.integer ?? 0)
    found.repeats = Int(summed?["repeats"]?.integer ?? 0)
    if found.repeats > 0, context.common.samples > 0 {
      let ends: Value = [
        "$group": ["_id": "$k", "n": ["$sum": 1], "first": ["$first": "$_id"], "last": ["$last": "$_id"]]
      ]
      let repeated = try all(
        keys + [ends, ["$match": ["n": ["$gt": 1]]], ["$limit": .int32(Int32(context.common.samples))]])
      found.samples = repeated.flatMap { [$0["first"], $0["last"]] }
        .map { ($0 ?? .null).extendedJSON() }
    }
    return found
  }

  /// Of arrays on the way, the server's expressions lose the elements that lack the field.
  private func refuseArrays() throws {
    var paths: [String] = names.count > 1 ? names : []
    for name in names {
      let parts = name.split(separator: ".").map(String.init)
      paths += (1..<max(1, parts.count)).map { parts[..<$0].joined(separator: ".") }
    }
    guard !paths.isEmpty else { return }
    let isArray: Value = .document(["$or": .list(paths.map { ["$isArray": [.string("$" + $0)]] })])
    let found = try all(match + [["$match": ["$expr": isArray]], ["$limit": 1], ["$project": ["_id": 1]]])
    if let id = found.first?["_id"] {
      throw Unanswerable(
        "an array is on the way to \(names.map { "`\($0)`" }.joined(separator: ", ")) in document "
          + "\(id.extendedJSON()), and the collection has a collation: its keys can't be told")
    }
  }

  /// A line for mongosh that counts the different values, missing and null ones aside.
  var shellCount: String {
    var stages = match + key.paths[0].unwinding
    stages += [
      ["$match": [names[0]: ["$ne": .null]]], ["$group": ["_id": .string("$" + names[0])]],
      ["$count": "distinct"],
    ]
    let text = stages.map(\.shellText).joined(separator: ", ")
    return "\(context.namespace.shellText).aggregate([\(text)], {allowDiskUse: true})"
  }

  /// A line for mongosh that shows the groups: each key, how many documents have it, and their `_id`s.
  var shellQuery: String {
    var stages = (match + (names.count == 1 ? key.paths[0].unwinding : [])).map(\.shellText)
    let key: Value =
      names.count == 1
      ? ServerGroups.value(names[0])
      : .list(names.map(ServerGroups.value))
    stages.append(
      Value.document(["$group": ["_id": key, "documents": ["$addToSet": "$_id"]]]).shellText)
    stages.append(Value.document(["$match": ["documents.1": ["$exists": true]]]).shellText)
    if ignoresNull { stages.append(Value.document(["$match": ["_id": ["$ne": .null]]]).shellText) }
    return
      "\(context.namespace.shellText).aggregate([\(stages.joined(separator: ", "))], {allowDiskUse: true})"
  }
}

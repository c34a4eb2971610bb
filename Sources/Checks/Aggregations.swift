internal import BSON

extension CheckContext {
  /// The stages that leave what the check's own `where` lets through; none without one.
  var filterStages: [Value] {
    guard let filter = common.filter, !filter.isEmpty else { return [] }
    return [["$match": .document(filter)]]
  }

  /// An aggregation of the collection.
  func aggregation(_ stages: [Value]) -> Document {
    [
      "aggregate": .string(namespace.collection), "pipeline": .list(stages), "allowDiskUse": true,
      "cursor": [:],
    ]
  }

  /// How many documents come out of an aggregation.
  func count(_ stages: [Value]) throws -> Int {
    Int(try all(aggregation(stages + [["$count": "n"]])).first?["n"]?.integer ?? 0)
  }

  /// The first `_id`s that come out of an aggregation, at most as many as the check may show, as Extended JSON.
  func sampleIDs(_ stages: [Value]) throws -> [String] {
    guard common.samples > 0 else { return [] }
    let last: [Value] = [["$limit": .int32(Int32(common.samples))], ["$project": ["_id": 1]]]
    return try all(aggregation(stages + last)).compactMap { $0["_id"]?.extendedJSON() }
  }

  /// A line for mongosh that runs an aggregation again.
  func shellAggregation(_ stages: [Value]) -> String {
    "\(namespace.shellText).aggregate(\(Value.list(stages).shellText))"
  }
}

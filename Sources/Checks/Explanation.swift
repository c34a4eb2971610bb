internal import BSON

/// What an `explain` says of how a query ran, whichever engine ran it: the classic one, the slot-based one, on a
/// replica set or on shards, with the plans of `$lookup` and `$unionWith` inside.
struct Explanation: Sendable {
  /// The names of indexes that the chosen plans use, each once, in the order in which they stand there.
  private(set) var indexes: [String] = []
  /// Whether a plan reads a whole collection.
  private(set) var scansCollection = false
  private(set) var documentsExamined: Int64 = 0
  private(set) var keysExamined: Int64 = 0

  /// Reads the reply of `explain` with verbosity `executionStats`.
  init(_ reply: Document) { look(through: reply) }

  private mutating func look(through document: Document) {
    for element in document {
      switch element.name {
      // What was not chosen, and what says the same again in other words.
      case "rejectedPlans", "allPlansExecution", "executionStages", "command", "serverInfo", "slotBasedPlan":
        continue
      case "indexName": add(element.value.string)
      case "indexesUsed": for name in element.value.elements ?? [] { add(name.string) }
      case "stage": look(atStage: element.value.string ?? "", of: document)
      case "collectionScans" where (element.value.integer ?? 0) > 0: scansCollection = true
      case "totalDocsExamined": documentsExamined += element.value.integer ?? 0
      case "totalKeysExamined": keysExamined += element.value.integer ?? 0
      default:
        switch element.value {
        case .document(let inner), .array(let inner): look(through: inner)
        default: continue
        }
      }
    }
  }

  private mutating func look(atStage name: String, of stage: Document) {
    switch name {
    case "COLLSCAN": scansCollection = true
    // These name no index; a clustered collection lies in the order of its `_id`.
    case "IDHACK", "CLUSTERED_IXSCAN", "EXPRESS_CLUSTERED_IXSCAN":
      if stage["indexName"] == nil { add("_id_") }
    default: break
    }
  }

  private mutating func add(_ name: String?) {
    guard let name, !indexes.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else { return }
    indexes.append(name)
  }
}

internal import Record

/// The checks of one collection.
struct CheckGroup: Sendable {
  /// Its name; nil for checks that are about all collections.
  let namespace: String?
  /// Failures first.
  let checks: [Outcome]

  func count(_ result: Outcome.Result) -> Int { checks.count { $0.result == result } }

  /// The worst answer of all.
  var worst: Outcome.Result { checks.first?.result ?? .pass }

  /// `12 passed, 1 failed`, the worst first.
  var words: String {
    let words: [(Outcome.Result, String)] = [
      (.fail, "failed"), (.error, "without an answer"), (.skipped, "skipped"), (.warn, "with a warning"),
      (.pass, "passed"),
    ]
    return words.compactMap { result, word in count(result) > 0 ? "\(Count.text(count(result))) \(word)" : nil
    }
    .joined(separator: ", ")
  }
}

extension [Outcome] {
  /// Grouped by collection, those with failures first, otherwise in the order in which they come.
  var byCollection: [CheckGroup] {
    // By bytes: two spellings of one character are two names.
    var places: [[UInt8]?: Int] = [:]
    var groups: [(namespace: String?, checks: [Outcome])] = []
    for check in self {
      let key = check.namespace.map { [UInt8]($0.utf8) }
      if let place = places[key] {
        groups[place].checks.append(check)
      } else {
        places[key] = groups.count
        groups.append((check.namespace, [check]))
      }
    }
    return groups.map { CheckGroup(namespace: $0.namespace, checks: $0.checks.worstFirst) }.enumerated()
      .sorted { ($0.element.worst.rank, $0.offset) < ($1.element.worst.rank, $1.offset) }
      .map(\.element)
  }
}

internal import Platform
internal import Record

/// What every report says of the verdict, the failures and the objectives.
extension Section {
  /// When it was, how long it took, how it ended.
  static func facts(_ record: DrillRecord) -> [Prose] {
    var facts: [Prose] = [
      "Run \(code: record.runID)", Prose(own: readable(record.startedAt)),
      Prose(own: "took \(TimeSpan.format(record.durationSeconds))"), Prose(own: record.status.rawValue),
      Prose(own: "exit code \(record.exitCode.rawValue)"),
    ]
    if let sandbox = record.environment.sandbox, sandbox.kept {
      facts.append("data kept in \(code: sandbox.directory)")
    }
    return facts
  }

  /// The reasons besides the one in the sentence, each with its hint; of many the first few.
  static func otherReasons(_ record: DrillRecord) -> [Prose] {
    let most = 8
    let others = record.reasons.dropFirst()
    var items = others.prefix(most).map { reason in
      Prose(data: reason.message) + (reason.hint.map { ". \($0)" } ?? "")
    }
    if others.count > most { items.append(Prose(own: "… and \(Count.text(others.count - most)) more below")) }
    return items
  }

  static func notVerified(_ record: DrillRecord) -> Section {
    Section(
      "What was not verified",
      [
        record.notVerified.isEmpty
          ? .paragraph("Nothing is known to have been left out.")
          : .list(record.notVerified.map { Prose(data: $0.message) })
      ])
  }
}

extension DrillRecord.Objective {
  /// What the objective of that name measures.
  func meaning(_ name: String) -> String { name == "RTO" ? "time to recover" : "data lost" }

  /// How it went.
  var words: Prose {
    let result: Prose =
      switch met {
      case true?: isNearLimit ? "met, above its warning" : "met"
      case false?: "\(strong: "missed")"
      case nil: measuredSeconds == nil ? "not measured" : "no limit set"
      }
    return result + compared
  }
}

extension DrillRecord.Problem {
  var heading: Prose { "FAIL: \(own: subject == "operation" ? "" : "refused ")\(title)" }
  var words: Prose { "\(own: subject == "operation" ? "" : "The server said: ")\(message)" }
}

extension Outcome {
  /// What was expected and observed, and the first samples.
  var facts: [(name: String, value: Prose)] {
    var facts: [(String, Prose)] = []
    if let expected { facts.append(("Expected", Prose(data: expected))) }
    if let observed { facts.append(("Observed", Prose(data: observed))) }
    let shown = samples.prefix(5)
    if !shown.isEmpty {
      let name = "`_id` of \(shown.count == 1 ? "one" : "some")"
      facts.append((name, shown.map(Prose.init(code:)).joined(separator: ", ")))
    }
    return facts
  }
}

extension [Outcome] {
  /// Failures first, passes last, otherwise in their order.
  var worstFirst: [Outcome] {
    enumerated().sorted { ($0.element.result.rank, $0.offset) < ($1.element.result.rank, $1.offset) }
      .map(\.element)
  }
}

extension Outcome.Result {
  /// The worst first.
  var rank: Int {
    switch self {
    case .fail: 0
    case .error: 1
    case .skipped: 2
    case .warn: 3
    case .pass: 4
    }
  }
}

/// `2026-11-21 13:04:49 UTC`.
func readable(_ time: WallTime) -> String {
  time.text.replacing("T", with: " ").replacing("Z", with: " UTC")
}

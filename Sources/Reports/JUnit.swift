internal import Platform
internal import Record

extension Renderer {
  /// For programs that show test results. The elements are those that Jenkins, GitLab and GitHub's actions read.
  package static let junit = Renderer(
    name: "junit", summary: "test results: a suite a collection, and one for the drill",
    fileName: "junit.xml",
    draw: { JUnitReport($0).text })
}

/// The record as test results. The first suite is the drill's own, so that a run without a single check, or one
/// whose backup is damaged, is no green page either.
struct JUnitReport {
  let record: DrillRecord

  init(_ record: DrillRecord) { self.record = record }

  /// One test.
  struct Case {
    enum Answer {
      case passed
      /// It says no.
      case failure(type: String, message: String, details: String)
      /// It says nothing.
      case error(type: String, message: String, details: String)
      case skipped(String)
    }

    var name: String
    var seconds = 0.0
    var answer: Answer
    var output: String?
  }

  var text: String {
    let suites =
      [(name: "the drill", cases: drill)]
      + record.checks.byCollection.map { group in
        (name: group.namespace ?? "all collections", cases: unique(group.checks.map(test)))
      }
    let all = suites.flatMap(\.cases)
    return XML.document(
      .element(
        "testsuites",
        [
          "name": record.scenario.title ?? record.scenario.name, "tests": String(all.count),
          "failures": String(all.count(where: \.isFailure)), "errors": String(all.count(where: \.isError)),
          "time": time(record.durationSeconds),
        ],
        suites.enumerated().map { suite($0.offset, $0.element.name, $0.element.cases) }))
  }

  private func time(_ seconds: Double) -> String { Decimals.format(max(0, seconds), 3) }

  private func suite(_ number: Int, _ name: String, _ cases: [Case]) -> XML {
    let properties: [(String, String?)] = [
      ("run_id", record.runID), ("verdict", record.verdict.rawValue), ("backup", record.backup.path),
      ("mongodrill", record.tool.version), ("mongod", record.environment.mongod?.version),
    ]
    let known = properties.compactMap { name, value in
      value.map { XML.element("property", ["name": name, "value": $0]) }
    }
    return .element(
      "testsuite",
      [
        "name": name, "id": String(number), "package": record.scenario.name, "tests": String(cases.count),
        "failures": String(cases.count(where: \.isFailure)), "errors": String(cases.count(where: \.isError)),
        "skipped": String(cases.count(where: \.isSkipped)),
        "time": time(cases.reduce(0) { $0 + max(0, $1.seconds) }),
        // Without fraction and zone: the form that readers of JUnit expect; it is UTC.
        "timestamp": String(record.startedAt.text.prefix(19)), "hostname": record.environment.host,
      ],
      (number == 0 ? [.element("properties", [:], known)] : []) + cases.map { element($0, in: name) })
  }

  private func element(_ test: Case, in suite: String) -> XML {
    var content: [XML] = []
    switch test.answer {
    case .passed: break
    case .failure(let type, let message, let details):
      content.append(.element("failure", ["type": type, "message": message], lines: details))
    case .error(let type, let message, let details):
      content.append(.element("error", ["type": type, "message": message], lines: details))
    case .skipped(let message): content.append(.element("skipped", ["message": message]))
    }
    if let output = test.output { content.append(.element("system-out", lines: output)) }
    return .element(
      "testcase",
      ["name": test.name, "classname": "\(record.scenario.name).\(suite)", "time": time(test.seconds)],
      content)
  }

  /// Readers tell tests apart by their names: a second one of the same name gets a number.
  private func unique(_ cases: [Case]) -> [Case] {
    var seen: [[UInt8]: Int] = [:]
    return cases.map { test in
      let count = seen[Array(test.name.utf8), default: 0] + 1
      seen[Array(test.name.utf8)] = count
      guard count > 1 else { return test }
      var test = test
      test.name += " (\(count))"
      return test
    }
  }

  private func test(_ check: Outcome) -> Case {
    var details = [check.message]
    if let expected = check.expected { details.append("Expected: \(expected)") }
    if let observed = check.observed { details.append("Observed: \(observed)") }
    if !check.samples.isEmpty { details.append("_id: " + check.samples.prefix(5).joined(separator: ", ")) }
    if let query = check.query { details.append(query) }
    let text = details.joined(separator: "\n")
    var test = Case(name: "\(check.suite): \(check.name)", seconds: check.seconds, answer: .passed)
    switch check.result {
    case .pass: test.output = check.message
    // There is no such thing in JUnit; under --fail-on warn the drill's own suite fails.
    case .warn: test.output = "warning: " + text
    case .fail: test.answer = .failure(type: check.kind, message: check.message, details: text)
    case .error: test.answer = .error(type: check.kind, message: check.message, details: text)
    case .skipped: test.answer = .skipped(check.message)
    }
    return test
  }
}

extension JUnitReport.Case {
  var isFailure: Bool { if case .failure = answer { true } else { false } }
  var isError: Bool { if case .error = answer { true } else { false } }
  var isSkipped: Bool { if case .skipped = answer { true } else { false } }
}

extension JUnitReport {
  /// The drill itself: its verdict, steps, objectives, and what the server refused.
  private var drill: [Case] {
    unique([verdict] + record.steps.map(step) + record.objectives.all.map(objective) + refused)
  }

  /// Green only where the exit code is 0.
  private var verdict: Case {
    let sentence = record.summary.sentence
    let details = record.reasons.map { "\($0.code): \($0.message)" + ($0.hint.map { "\n\($0)" } ?? "") }
      .joined(separator: "\n")
    var test = Case(name: "verdict", answer: .passed)
    let type = record.reasons.first?.code ?? record.verdict.rawValue
    switch record.verdict {
    case .pass, .warn:
      if record.exitCode == .pass {
        test.output = sentence
      } else {
        test.answer = .failure(type: type, message: sentence, details: details)
      }
    case .fail: test.answer = .failure(type: type, message: sentence, details: details)
    case .inconclusive: test.answer = .error(type: type, message: sentence, details: details)
    }
    return test
  }

  private func step(_ step: DrillRecord.Step) -> Case {
    let message = step.message ?? step.status.rawValue
    let details = [message, step.output].compactMap(\.self).joined(separator: "\n")
    let answer: Case.Answer =
      switch step.status {
      case .completed: .passed
      // Checks have tests of their own; a step of them that failed isn't one failure more.
      case .failed where step.kind == "check": .passed
      case .failed: .error(type: step.kind, message: message, details: details)
      case .aborted: .error(type: "aborted", message: message, details: details)
      case .skipped: .skipped(message)
      }
    return Case(name: "step \(step.id)", seconds: step.seconds, answer: answer)
  }

  private func objective(_ name: String, _ objective: DrillRecord.Objective) -> Case {
    func text(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? "–" }
    let words = "\(name) was \(text(objective.measuredSeconds)) of \(text(objective.limitSeconds))"
    var test = Case(name: "objective \(name)", answer: .passed, output: words)
    if objective.met == false {
      test.answer = .failure(type: "objective-missed", message: words, details: words)
      test.output = nil
    } else if objective.limitSeconds != nil, objective.measuredSeconds == nil {
      test.answer = .skipped("not measured")
      test.output = nil
    }
    return test
  }

  private var refused: [Case] {
    record.backup.problems.map { problem in
      Case(
        name: problem.title,
        answer: .failure(
          type: "\(problem.subject)-refused", message: problem.message, details: problem.message))
    }
  }
}

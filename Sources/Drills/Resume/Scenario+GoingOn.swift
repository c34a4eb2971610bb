internal import Checks
internal import Configuration
package import Platform
internal import Record

extension Scenario {
  /// The place of the step that a run begins with. Throws `Failure` (`usage`).
  @discardableResult
  package func firstStep(from id: String) throws(Failure) -> Int {
    guard let index = steps.firstIndex(where: { $0.id == id }) else {
      throw .noSuchStep(id, among: steps.map(\.id))
    }
    if suites == nil || sandbox.replicaSet != nil {
      throw .cannotResume(
        suites == nil ? "its checks come from reading the backup" : "a replica set's key is gone with the run"
      )
    }
    if index == 0 { throw .cannotResume("it is the first step: leave --from out") }
    for step in steps[index...] where step.changesData {
      throw .cannotResume("step \(step.id) would \(step.kind) again into data that is there")
    }
    return index
  }

  /// The steps before `index` are those that the earlier run did to their end, and the suites that they asked are those
  /// that it asked.
  func require(_ kept: KeptDrill, before index: Int) throws(Failure) {
    let before = kept.record.scenario.resolved
    // As it stands in a record.
    let now = resolved.masked(by: secrets)
    for key in ["backup", "oplog", "budget"] where !JSON.areSame(before[key], now[key]) {
      throw .cannotResume("`\(key)` is another than in run \(kept.record.runID)")
    }
    guard JSON.areSame(before["steps"]?.first(index), now["steps"]?.first(index)) else {
      throw .cannotResume("the steps before it are others than in run \(kept.record.runID)")
    }
    for step in steps[..<index] {
      guard let done = kept.record.steps.first(where: { $0.id == step.id && $0.kind == step.kind }) else {
        throw .cannotResume("run \(kept.record.runID) had no \(step.kind) step \(step.id)")
      }
      guard done.status == .completed, kept.marks[step.id] != nil else {
        throw .cannotResume("step \(step.id) of run \(kept.record.runID) is \(done.status.rawValue)")
      }
    }
    let (asked, known) = (before["checks"]?.names ?? [], now["checks"]?.names ?? [])
    for (at, step) in steps[..<index].enumerated() {
      // A suite that is there in one of the two only is another, too.
      for suite in step.suites(among: known + asked.filter { !known.contains($0) }) {
        guard JSON.areSame(before["checks"]?[suite], now["checks"]?[suite]) else {
          throw .askedAnother(suite, step.id, kept.record.runID, again: canBegin(at: at))
        }
      }
    }
  }

  /// The witness and the baseline are those that the earlier run compared with before `index`.
  func require(_ sums: CounterpartSums, of kept: KeptDrill, before index: Int) throws(Failure) {
    let run = kept.record.runID
    for (at, step) in steps[..<index].enumerated() {
      if (step.action as? ReplayStep)?.isToWitness == true, sums.witness != kept.sums.witness {
        throw .cannotResume(
          "the witness is another than in run \(run), whose step \(step.id) went to its moments",
          hint: "Give the same witness, or begin anew without --from.")
      }
      let names = step.suites(among: suites?.map(\.name) ?? [])
      for suite in suites ?? [] where names.contains(suite.name) {
        for counterpart in suite.checks.compactMap(\.check.counterpart) {
          let isSame =
            switch counterpart {
            case .witness: sums.witness == kept.sums.witness
            case .baseline: sums.baseline == kept.sums.baseline
            case .backup, .step: true
            }
          guard !isSame else { continue }
          throw .askedOf("\(counterpart)", suite.name, step.id, run, again: canBegin(at: at))
        }
      }
    }
  }

  /// Whether a run could begin with that step.
  private func canBegin(at index: Int) -> Bool {
    index > 0 && !steps[index...].contains(where: \.changesData)
  }
}

extension Step {
  /// Whether it makes the data that others look at, once.
  fileprivate var changesData: Bool { action is RestoreStep || action is ReplayStep }

  /// The suites that it asks, of those that there are.
  fileprivate func suites(among all: [String]) -> [String] {
    switch action {
    case let check as CheckStep: check.suites.isEmpty ? all : check.suites.map(\.value)
    case let replay as ReplayStep: replay.untilFailing.map(\.value)
    default: []
    }
  }
}

extension JSON {
  /// The first so many elements of an array.
  fileprivate func first(_ count: Int) -> JSON? {
    if case .array(let all) = self { .array(Array(all.prefix(count))) } else { nil }
  }

  /// The names of an object's members.
  fileprivate var names: [String] {
    if case .object(let members) = self { members.map(\.key) } else { [] }
  }

  /// Whether two are written alike: one of them has been in a file, and `==` takes two spellings of a character for one.
  fileprivate static func areSame(_ one: JSON?, _ other: JSON?) -> Bool {
    switch (one, other) {
    case (nil, nil): true
    case (let one?, let other?): one.text().utf8.elementsEqual(other.text().utf8)
    default: false
    }
  }
}

extension Failure {
  static func noSuchStep(_ id: String, among known: [String]) -> Failure {
    Failure(
      .usage, "no-such-step", "--from: the scenario has no step `\(id)`",
      hint: Suggestion.hint(for: id, among: known)
        ?? "Its steps are \(known.map { "`\($0)`" }.joined(separator: ", ")).")
  }

  static func cannotResume(
    _ reason: String,
    hint: String =
      "A run goes on with checks, commands and exports, after everything was restored and replayed."
  ) -> Failure {
    Failure(.usage, "cannot-resume", "--from: \(reason)", hint: hint)
  }

  /// `again`: whether the step can be gone on from.
  fileprivate static func askedAnother(_ suite: String, _ step: String, _ run: String, again: Bool) -> Failure
  {
    .cannotResume(
      "suite `\(suite)` is another than the one that step \(step) of run \(run) asked",
      hint: askAgain(step, again))
  }

  fileprivate static func askedOf(
    _ what: String, _ suite: String, _ step: String, _ run: String, again: Bool
  ) -> Failure {
    .cannotResume(
      "suite `\(suite)`, which step \(step) asked, compares with a \(what), and that is another than in run \(run)",
      hint: askAgain(step, again))
  }

  private static func askAgain(_ step: String, _ again: Bool) -> String {
    again
      ? "Ask it again: --from \(step). Or begin anew without --from." : "Begin anew without --from."
  }
}

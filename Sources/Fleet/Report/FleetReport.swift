package import Platform
internal import Readiness
package import Record

/// One answer for all systems of a round: what every format is drawn from.
package struct FleetReport: Sendable {
  /// What became of a system since the round before.
  package enum Change: String, Sendable, Hashable, CaseIterable {
    case newFailure = "new-failure"
    case stillFailing = "still-failing"
    case mended
    /// It passes, and took much longer.
    case slower
    /// The round before didn't have it.
    case added
  }

  /// One system.
  package struct Row: Sendable, Hashable {
    package let answer: TaskAnswer
    package let coverage: Coverage.Line
    /// Seconds since it was last proven; nil: never.
    package let age: Double?
    /// Whether that is longer ago than its `every` allows; false where it has none.
    package let isOverdue: Bool
    /// Whether that is longer ago than the fleet requires of every system.
    package let isBeyondRequirement: Bool
    package let change: Change?
    /// How long its drill took in the round before.
    package let previousSeconds: Double?
    /// What it adds to the gate.
    package let exitCode: ExitCode

    package var system: RoundRecord.System { answer.system }
    package var name: String { answer.system.name }

    /// The phase that took longest.
    package var slowestPhase: Phase? { answer.run?.phases.max { $0.seconds < $1.seconds } }
  }

  /// A phase over all systems.
  package struct PhaseTotal: Sendable, Hashable {
    package let name: String
    package let seconds: Double
    /// Of the phases of all systems.
    package let share: Double
    package let slowestSystem: String
    package let slowestSeconds: Double
  }

  /// It is slower when it took so much more than the round before, as a share, and so many seconds.
  package static let slower = (share: 0.25, seconds: 5.0)

  package let round: RoundRecord
  /// The round that it is compared with; nil for the first.
  package let previous: String?
  package let time: WallTime
  /// The worst first; of the same exit code in the order of the file.
  package let rows: [Row]
  /// Systems of the round before that this one doesn't have.
  package let removed: [String]
  /// Systems of the fleet's file that the round doesn't have.
  package let unknown: [String]
  /// The one that took longest in all first.
  package let phases: [PhaseTotal]
  /// Folders that nothing was read of, and rounds whose record can't be read.
  package let strays: [String]
  package let unreadable: [String]

  /// `listed`: the systems of the fleet's file, where it was given.
  package init(
    _ records: RoundRecords, previous: RoundRecords?, _ coverage: Coverage, listed: [String] = [],
    unreadable: [String] = [], at time: WallTime
  ) {
    round = records.round
    self.previous = previous?.round.round
    self.time = time
    strays = records.strays
    self.unreadable = unreadable
    let before = Dictionary(
      (previous?.answers ?? []).map { (Array($0.system.name.utf8), $0) },
      uniquingKeysWith: { first, _ in first })
    let required = round.everySystemWithinSeconds
    rows = zip(records.answers, coverage.lines).map { answer, line in
      let age = line.proven.map { max(0, time.timeInterval(since: $0)) }
      func isLater(_ limit: Double?) -> Bool { limit.map { (age ?? .infinity) > $0 } ?? false }
      let old = before[Array(answer.system.name.utf8)]
      // What isn't due is no gap as long as its last answer was good and holds.
      let limit = answer.system.everySeconds ?? required
      // What a round that can't be read said of it isn't known.
      let isStillProven =
        answer.state == .leftOut && line.lastWasSuccess && limit != nil && !isLater(limit)
        && unreadable.isEmpty
      var codes = [isStillProven ? .pass : answer.exitCode]
      if isLater(required) { codes.append(.notVerified) }
      return Row(
        answer: answer, coverage: line, age: age, isOverdue: isLater(answer.system.everySeconds),
        isBeyondRequirement: isLater(required),
        change: previous == nil ? nil : FleetReport.change(answer, old), previousSeconds: old?.run?.seconds,
        exitCode: ExitCode.first(of: codes))
    }.sorted { left, right in
      (TaskAnswer.rank(left.exitCode), left.answer.sortRank, left.system.index)
        < (TaskAnswer.rank(right.exitCode), right.answer.sortRank, right.system.index)
    }
    let names = Set(round.systems.map { Array($0.name.utf8) })
    removed = (previous?.round.systems ?? []).map(\.name).filter { !names.contains(Array($0.utf8)) }
    unknown = listed.filter { !names.contains(Array($0.utf8)) }
    phases = FleetReport.phases(records.answers)
  }

  private static func change(_ now: TaskAnswer, _ before: TaskAnswer?) -> Change? {
    guard let before else { return .added }
    if now.state == .leftOut || before.state == .leftOut { return nil }
    switch (before.isSuccess, now.isSuccess) {
    case (true, false): return .newFailure
    case (false, false): return .stillFailing
    case (false, true): return .mended
    case (true, true):
      guard let one = before.run?.seconds, let two = now.run?.seconds else { return nil }
      return two > one * (1 + slower.share) && two > one + slower.seconds ? .slower : nil
    }
  }

  private static func phases(_ answers: [TaskAnswer]) -> [PhaseTotal] {
    var totals: [String: (seconds: Double, system: String, most: Double)] = [:]
    for answer in answers {
      var own: [String: Double] = [:]
      for phase in answer.run?.phases ?? [] { own[phase.name, default: 0] += max(0, phase.seconds) }
      for (name, seconds) in own {
        var total = totals[name] ?? (0, answer.system.name, -1)
        total.seconds += seconds
        // Answers come in the order of the file, so that of two equals the first stays.
        if seconds > total.most { (total.system, total.most) = (answer.system.name, seconds) }
        totals[name] = total
      }
    }
    let all = totals.values.reduce(0) { $0 + $1.seconds }
    return totals.map { name, total in
      PhaseTotal(
        name: name, seconds: total.seconds, share: all > 0 ? total.seconds / all : 0,
        slowestSystem: total.system,
        slowestSeconds: total.most)
    }.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
  }

  /// What the gate ends with: the worst of all systems; 5 when a system has no answer, or was proven too long ago.
  package var exitCode: ExitCode {
    ExitCode.first(of: rows.map(\.exitCode) + (unknown.isEmpty ? [] : [.notVerified]))
  }

  package var verdict: DrillRecord.Verdict {
    if rows.contains(where: { $0.answer.verdict == .fail }) { return .fail }
    switch exitCode {
    case .pass, .cleanupFailed, .warnings: return rows.contains { $0.answer.verdict == .warn } ? .warn : .pass
    default: return .inconclusive
    }
  }

  package func count(_ state: TaskAnswer.State) -> Int { rows.count { $0.answer.state == state } }
  package func count(_ verdict: DrillRecord.Verdict) -> Int { rows.count { $0.answer.verdict == verdict } }

  /// Systems with that change, in the order of the rows.
  package func changed(_ change: Change) -> [Row] { rows.filter { $0.change == change } }

  /// Those that were never drilled to an end, in any round.
  package var neverDrilled: [Row] { rows.filter { !$0.coverage.wasDrilled } }

  /// Those whose attempts disagree, or that were started more than once.
  package var remarkable: [Row] { rows.filter { !$0.answer.notes.isEmpty } }

  /// Those proven longest ago (or never) first.
  package var oldestFirst: [Row] {
    rows.sorted { left, right in
      let (one, two) = (left.age ?? .infinity, right.age ?? .infinity)
      return one == two ? left.system.index < right.system.index : one > two
    }
  }

  /// One sentence: `97 of 100 systems can be recovered: 2 failed, 1 has no answer.`
  package var sentence: String {
    let good = rows.count { $0.answer.isSuccess }
    var rest: [String] = []
    func add(_ count: Int, _ words: String) { if count > 0 { rest.append("\(Count.text(count)) \(words)") } }
    add(count(.fail), "failed")
    add(rows.count { $0.answer.state == .answered && $0.answer.verdict == .inconclusive }, "can't say")
    add(count(.unanswered), "ended without a verdict")
    add(count(.missing) + unknown.count, "without an answer")
    add(count(.unfinished), "unfinished")
    add(count(.damaged), "with a damaged record")
    add(count(.unknownVersion), "with a record of a later version")
    add(count(.foreign), "with a record of another fleet")
    add(count(.leftOut), "left out of this round")
    let total = Count.text(rows.count + unknown.count, "system")
    let head =
      rest.isEmpty ? "All \(total) can be recovered" : "\(Count.text(good)) of \(total) can be recovered"
    let late = rows.count(where: \.isBeyondRequirement)
    return head + (rest.isEmpty ? "" : ": " + rest.joined(separator: ", "))
      + (late > 0 ? "; \(Count.text(late)) proven longer ago than the fleet requires" : "") + "."
  }

  /// Ages of proof in steps, and how many systems are at most so old and older than the step before; the last two are
  /// older than all steps, and never.
  package var ages: [(title: String, systems: Int)] {
    let days = [1.0, 7, 31, 92]
    var result: [(String, Int)] = []
    var last = -1.0
    for day in days {
      let limit = day * 86_400
      result.append(
        (
          "within \(Count.text(Int(day), "day"))",
          rows.count { $0.age.map { $0 > last && $0 <= limit } ?? false }
        ))
      last = limit
    }
    result.append(("longer ago", rows.count { $0.age.map { $0 > last } ?? false }))
    result.append(("never", rows.count { $0.age == nil }))
    return result
  }
}

extension TaskAnswer {
  /// Among those of one exit code: what says less first.
  var sortRank: Int {
    switch state {
    case .damaged: 0
    case .foreign: 1
    case .unknownVersion: 2
    case .unfinished: 3
    case .missing: 4
    case .unanswered: 5
    case .answered: verdict == .pass ? 8 : verdict == .warn ? 7 : 6
    case .leftOut: 9
    }
  }
}

extension FleetReport {
  /// Reads a round of a folder of records, the one before it, and what coverage needs of all others. `round` nil: the
  /// newest. `fleet`: its file, where it was given. Throws `Failure`.
  package init(
    reading records: String, round: String?, listed: [String] = [], at time: WallTime = .now,
    threads: Int = Machine.cores
  ) throws(Failure) {
    let list = try RoundList(in: records)
    let index = try list.index(of: round)
    let current = try RoundRecords(list.rounds[index], threads: threads)
    let older = Array(list.rounds.dropFirst(index + 1))
    var previous: RoundRecords?
    if let reader = older.first { previous = try RoundRecords(reader, threads: threads) }
    let coverage = try Coverage(current, older: older, at: time, threads: threads)
    self.init(
      current, previous: previous, coverage, listed: listed,
      unreadable: list.unreadable.map(\.failure.description), at: time)
  }
}

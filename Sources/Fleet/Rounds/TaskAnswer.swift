internal import Platform
package import Readiness
package import Record

/// What one system's task came to in a round: one answer of all its attempts, whatever the order they are read in.
///
/// An attempt with a verdict counts before one that ended for a passing reason; of verdicts that differ the worse
/// counts; of several with the same the earliest is shown. One that was stopped after it had found a fault has a verdict.
package struct TaskAnswer: Sendable, Hashable {
  /// What kind of answer it is. All but `answered` are inconclusive.
  package enum State: String, Sendable, Hashable, CaseIterable {
    /// A drill ran to its end and says something.
    case answered
    /// It ended without a verdict, with an exit code of its own: the scenario is invalid, there is no mongod, ….
    case unanswered
    /// Every attempt that there is was killed, or still runs.
    case unfinished
    /// The record was cut short or changed.
    case damaged
    /// The record is of a version that this one can't read.
    case unknownVersion = "unknown-version"
    /// The record is of another round, system or fleet file.
    case foreign
    /// It was never started.
    case missing
    /// It had no turn in this round.
    case leftOut = "left-out"
  }

  /// Something about its attempts that a person should know.
  package struct Note: Sendable, Hashable {
    /// What it tells.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
      /// It was started more than once.
      case doubled
      /// Attempts came to different verdicts.
      case disagree = "attempts-disagree"
      case unfinished
      case damaged
      case unknownVersion = "unknown-version"
      case foreign
      /// An attempt ended for a passing reason.
      case passing
      /// A budget of time bounded it: its record says which collections it verified.
      case budget
    }

    package var kind: Kind
    /// Lower case, without a full stop.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
      self.kind = kind
      self.message = message
    }
  }

  package let system: RoundRecord.System
  package private(set) var state = State.missing
  package private(set) var verdict = DrillRecord.Verdict.inconclusive
  /// Never `pass` without a verdict that says so.
  package private(set) var exitCode = ExitCode.notVerified
  /// One sentence: what the answer is.
  package private(set) var sentence = ""
  /// What to do about it; nil for a pass.
  package private(set) var hint: String?
  package private(set) var notes: [Note] = []
  /// In the order in which they began.
  package let attempts: [AttemptReading]
  /// The one that counts; nil for a missing one.
  package private(set) var shown: AttemptReading?

  /// The drill that counts; nil where there is none.
  package var run: RunSummary? { state == .answered ? shown?.run : nil }
  /// Whether it says that the backup can be recovered.
  package var isSuccess: Bool { state == .answered && (verdict == .pass || verdict == .warn) }

  /// The answer of a system's attempts.
  package init(_ system: RoundRecord.System, _ attempts: [AttemptReading], round: String) {
    self.system = system
    self.attempts = attempts.sorted(by: TaskAnswer.isEarlier)
    guard let first = self.attempts.first else {
      if let reason = system.leftOut {
        state = .leftOut
        sentence = reason.sentence
        return
      }
      sentence = "It has no answer: its task was not started in this round."
      hint = "Run task \(system.index) of round \(round)."
      return
    }
    shown = first
    choose()
    describe(round)
    takeNotes()
  }

  private static func isEarlier(_ left: AttemptReading, _ right: AttemptReading) -> Bool {
    left.startedAt == right.startedAt
      ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : left.startedAt < right.startedAt
  }

  // MARK: which one counts

  /// The verdicts, and what is no verdict but an end.
  private var verdicts: [AttemptReading] { attempts.filter(\.hasVerdict) }

  private mutating func choose() {
    let verdicts = self.verdicts
    let damaged = attempts.filter { $0.isLost }
    if let worst = TaskAnswer.worst(verdicts) {
      // A damaged record whose result was worse can't be left out; one whose result isn't known can't be for a success.
      let worse = damaged.filter { attempt in
        !attempt.isPassing
          && TaskAnswer.rank(attempt.ownExitCode ?? .objectiveMissed) < TaskAnswer.rank(worst.exitCode)
      }
      if let worse = TaskAnswer.worst(worse) {
        take(worse)
      } else {
        shown = worst
        state = .answered
        verdict = worst.verdict
        exitCode = worst.exitCode
      }
      return
    }
    let ended = attempts.filter { $0.state == .complete }
    let own = ended.filter { !$0.isPassing }
    if let chosen = TaskAnswer.worst(own) ?? damaged.first ?? attempts.first(where: \.isForeign)
      ?? TaskAnswer.worst(ended) ?? attempts.first
    {
      take(chosen)
    }
  }

  /// Takes an attempt that has no verdict.
  private mutating func take(_ attempt: AttemptReading) {
    shown = attempt
    verdict = .inconclusive
    exitCode = .incomplete
    switch attempt.state {
    case .complete:
      state = .unanswered
      exitCode = attempt.exitCode
    case .unfinished: state = .unfinished
    case .damaged: state = .damaged
    case .unknownVersion: state = .unknownVersion
    case .foreign: state = .foreign
    }
  }

  /// The place of an exit code in the order in which they count: a lower one is worse.
  static func rank(_ code: ExitCode) -> Int { ExitCode.precedence.firstIndex(of: code) ?? 0 }

  /// The worst by its exit code, of several the earliest.
  private static func worst(_ attempts: [AttemptReading]) -> AttemptReading? {
    attempts.min { rank($0.exitCode) < rank($1.exitCode) }
  }

  // MARK: words

  private mutating func describe(_ round: String) {
    guard let shown else { return }
    let again = "Run task \(system.index) of round \(round) again."
    let host = shown.attempt.map { " on \($0.host)" } ?? ""
    switch shown.state {
    case .complete where state == .answered:
      let fault = shown.faultBeforeEnd
      sentence =
        fault.map { "It was stopped, and had found a fault: \($0.message)." } ?? shown.run?.sentence ?? ""
      hint =
        isSuccess && exitCode == .pass
        ? nil
        : fault?.hint ?? (fault == nil ? shown.run?.hint : nil) ?? "Read \(shown.reportPath ?? shown.folder)."
    case .complete:
      sentence =
        "It ended without a verdict: "
        + (shown.result?.message ?? shown.run?.sentence ?? ExitCode(rawValue: shown.code ?? -1)?.meaning
          ?? "exit code \(shown.code ?? 0)")
      if sentence.utf8.last != UInt8(ascii: ".") { sentence += "." }
      hint = shown.result?.hint ?? shown.run?.hint ?? again
    case .unfinished:
      sentence = "It has no result: attempt \(shown.name)\(host) was killed, or still runs."
      hint = "Wait for it where it still runs; else run task \(system.index) of round \(round) again."
    case .damaged(let reason):
      sentence = "Its record is damaged: \(reason)."
      hint = again
    case .unknownVersion(let reason):
      sentence = "Its record can't be read: \(reason)."
      hint = "Use the version of mongodrill that wrote it, or a later one."
    case .foreign(let reason):
      sentence = "Its record is none of this round's: \(reason)."
      hint = "Look where it came from; then run task \(system.index) of round \(round) again."
    }
  }

  private mutating func takeNotes() {
    if isSuccess, let budget = system.budgetSeconds {
      notes.append(
        Note(
          .budget,
          "its drill had \(TimeSpan.format(budget)): the collections that were proven longest ago; its record names those that "
            + "it didn't verify"))
    }
    if attempts.count > 1 {
      notes.append(Note(.doubled, "its task was started \(attempts.count) times"))
    }
    let verdicts = self.verdicts
    if Set(verdicts.map(\.exitCode)).count > 1 || Set(verdicts.map(\.verdict)).count > 1 {
      let words = verdicts.map { "\($0.name): \($0.verdict.rawValue) (\($0.exitCode.rawValue))" }
      notes.append(Note(.disagree, "attempts disagree: \(words.joined(separator: ", "))"))
    }
    for attempt in attempts {
      switch attempt.state {
      case .complete:
        if attempt.isPassing, attempt != shown {
          notes.append(
            Note(
              .passing, "\(attempt.name) ended with \(attempt.code ?? 0), for a passing reason"
            ))
        }
      case .unfinished:
        if attempt != shown {
          notes.append(Note(.unfinished, "\(attempt.name) was killed, or still runs"))
        }
      case .damaged(let reason): notes.append(Note(.damaged, "\(attempt.name): \(reason)"))
      case .unknownVersion(let reason):
        notes.append(Note(.unknownVersion, "\(attempt.name): \(reason)"))
      case .foreign(let reason): notes.append(Note(.foreign, "\(attempt.name): \(reason)"))
      }
    }
  }
}

extension AttemptReading {
  /// Exit codes that speak of the machine or the moment, not of the backup: no usable mongod, try again, a signal.
  private static let passing: Set<Int> = [69, 75, 129, 130, 137, 143]

  /// The code that the task ended with, where that is known.
  package var code: Int? { result?.exitCode }

  /// That code as one of the table; of a code that isn't in it that something could not be completed.
  var ownExitCode: ExitCode? { result.map { ExitCode(rawValue: $0.exitCode) ?? .incomplete } }

  /// Whether it ended for a reason that may be gone the next time, by its code, by a stop, or when its time was up, and
  /// had found nothing against the backup until then: what it found won't be gone with the reason.
  package var isPassing: Bool { endedInPassing && faultBeforeEnd == nil }

  private var endedInPassing: Bool {
    guard let result else { return false }
    return result.isPassing == true || Self.passing.contains(result.exitCode) || result.status == .timedOut
      || run?.status == .aborted
  }

  /// What it had found against the backup before it was stopped; nil for a drill that came to an end of its own.
  var faultBeforeEnd: RunSummary.Fault? { endedInPassing ? run?.fault : nil }

  /// Its drill's; a fault that was found is one, whatever ended the drill.
  var verdict: DrillRecord.Verdict {
    faultBeforeEnd != nil ? .fail : run?.verdict ?? .inconclusive
  }

  /// Whether a drill of it ran to an end of its own.
  package var hasVerdict: Bool { state == .complete && run != nil && !isPassing }

  /// Whether there was more than can be read.
  var isLost: Bool {
    switch state {
    case .damaged, .unknownVersion: true
    case .complete, .unfinished, .foreign: false
    }
  }

  var isForeign: Bool { if case .foreign = state { true } else { false } }

  /// The worse of what the task and the drill's record say; never `pass` where the record says otherwise.
  package var exitCode: ExitCode {
    if let fault = faultBeforeEnd { return ExitCode(rawValue: fault.exitCode) ?? .checkFailed }
    var codes = [ownExitCode ?? .incomplete]
    if let run {
      codes.append(run.exitCode.map { ExitCode(rawValue: $0) ?? .incomplete } ?? .incomplete)
      switch run.verdict {
      case .pass, .warn: break
      case .fail:
        if codes.allSatisfy({ [.pass, .warnings, .cleanupFailed].contains($0) }) {
          codes.append(.checkFailed)
        }
      case .inconclusive: if codes.allSatisfy({ $0 == .pass }) { codes.append(.notVerified) }
      }
    } else if codes == [.pass] {
      codes = [.notVerified]
    }
    return ExitCode.first(of: codes)
  }

  /// The file of the drill's record; nil where it wrote none.
  package var reportPath: String? { result?.runID.map { RunChain.record(of: $0, in: folder) } }
}

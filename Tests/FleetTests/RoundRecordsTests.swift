import Fleet
import Platform
import Readiness
import Record
import Testing

@Suite("The answer of a task")
struct TaskAnswerTests {
  private func answer(_ endings: [RoundFolder.Ending]) throws -> TaskAnswer {
    let folder = try RoundFolder()
    let round = try folder.begin(1)
    for (number, ending) in endings.enumerated() { try folder.attempt(round, 0, after: 100 * number, ending) }
    return try RoundRecords("r1", in: folder.records, threads: 1).answers[0]
  }

  @Test("is the drill's own where there is one attempt")
  func own() throws {
    let pass = try answer([.pass])
    #expect(pass.state == .answered && pass.verdict == .pass && pass.exitCode == .pass && pass.notes.isEmpty)
    #expect(pass.isSuccess && pass.hint == nil && !pass.sentence.isEmpty)
    let failed = try answer([.failed])
    #expect(failed.verdict == .fail && failed.exitCode == .checkFailed && failed.hint == "Look at the dump.")
    let invalid = try answer([.invalid])
    #expect(invalid.state == .unanswered && invalid.verdict == .inconclusive)
    #expect(invalid.exitCode == .invalidScenario && invalid.sentence.contains("stepz"))
  }

  @Test("of a task that was never started is missing, and no pass")
  func missing() throws {
    let answer = try answer([])
    #expect(answer.state == .missing && answer.verdict == .inconclusive && answer.exitCode == .notVerified)
    #expect(answer.hint == "Run task 0 of round r1.")
  }

  @Test("of an attempt without a result is unfinished, and no pass")
  func unfinished() throws {
    let answer = try answer([.killed])
    #expect(answer.state == .unfinished && answer.verdict == .inconclusive && answer.exitCode == .incomplete)
    #expect(answer.sentence.contains("node-0"))
  }

  @Test(
    "is the verdict, where other attempts ended for a passing reason",
    arguments: [
      [RoundFolder.Ending.noServer, .pass], [.pass, .noServer], [.killed, .pass], [.pass, .killed],
      [.interrupted, .pass], [.pass, .interrupted], [.noServer, .killed, .pass],
    ])
  func passing(endings: [RoundFolder.Ending]) throws {
    let answer = try answer(endings)
    #expect(answer.state == .answered && answer.verdict == .pass && answer.exitCode == .pass)
    #expect(answer.notes.map(\.kind).contains(.doubled) && answer.notes.count == endings.count)
  }

  @Test("of passing reasons alone is inconclusive")
  func onlyPassing() throws {
    let answer = try answer([.killed, .noServer])
    #expect(answer.state == .unanswered && answer.exitCode == .noServer && answer.verdict == .inconclusive)
    let stopped = try self.answer([.interrupted])
    #expect(stopped.state == .unanswered && stopped.exitCode == .terminated && !stopped.isSuccess)
  }

  @Test("is the worse verdict where attempts disagree, and says so")
  func disagree() throws {
    for endings in [[RoundFolder.Ending.pass, .failed], [.failed, .pass], [.pass, .failed, .missed]] {
      let answer = try answer(endings)
      #expect(answer.verdict == .fail && answer.exitCode == .checkFailed)
      #expect(answer.notes.map(\.kind) == [.doubled, .disagree])
    }
  }

  @Test(
    "is the fault that an attempt had found before it was stopped, and not the pass of another",
    arguments: [
      ("check-failed", ExitCode.checkFailed), ("document-refused", .checkFailed), ("damaged", .damagedBackup),
      ("objective-missed", .objectiveMissed),
    ], [false, true])
  func stoppedWithFault(fault: (String, ExitCode), isFirst: Bool) throws {
    let stopped = RoundFolder.Ending(code: .terminated, verdict: .inconclusive) { record in
      record.status = .aborted
      record.reasons = [
        DrillRecord.Reason(.terminated, "SIGTERM", "asked to terminate"),
        DrillRecord.Reason(fault.1, fault.0, "40 documents too few"),
      ]
    }
    let answer = try answer(isFirst ? [stopped, .pass] : [.pass, stopped])
    #expect(answer.state == .answered && answer.verdict == .fail && answer.exitCode == fault.1)
    #expect(answer.sentence == "It was stopped, and had found a fault: 40 documents too few.")
    #expect(answer.notes.map(\.kind) == [.doubled, .disagree] && !answer.isSuccess && answer.hint != nil)
    let alone = try self.answer([stopped])
    #expect(alone.verdict == .fail && alone.exitCode == fault.1)
  }

  @Test(
    "is the failed check of an attempt that was stopped, though no reason names it; a command's end is none")
  func stoppedWithFailedCheck() throws {
    let stopped = RoundFolder.Ending(code: .tryAgain, verdict: .inconclusive, status: .timedOut) { record in
      record.status = .aborted
      record.reasons = [DrillRecord.Reason(.terminated, "SIGTERM", "asked to terminate")]
      record.checks[0].result = .fail
    }
    let answer = try answer([stopped, .pass])
    #expect(answer.verdict == .fail && answer.exitCode == .checkFailed)
    #expect(answer.sentence.hasSuffix("1 of 6 checks failed."), "\(answer.sentence)")
    let command = RoundFolder.Ending(code: .terminated, verdict: .inconclusive) { record in
      record.status = .aborted
      record.reasons = [DrillRecord.Reason(.checkFailed, "command-failed", "it was ended by SIGTERM")]
    }
    #expect(try self.answer([command, .pass]).isSuccess)
  }

  @Test("shows the earliest of attempts that agree, and that there were more")
  func doubled() throws {
    let answer = try answer([.pass, .pass])
    #expect(answer.shown?.startedAt == .begin && answer.attempts.count == 2)
    #expect(answer.notes == [TaskAnswer.Note(.doubled, "its task was started 2 times")])
    #expect(answer.exitCode == .pass)
  }

  /// What was done to an attempt's files, and what the answer is then.
  struct Fault: Sendable, CustomTestStringConvertible {
    var name: String
    var state: TaskAnswer.State
    var reason: String
    var change: @Sendable (RoundFolder, String) throws -> Void
    var testDescription: String { name }
  }

  static let faults: [Fault] = [
    Fault(name: "a report cut short", state: .damaged, reason: "cut short") { folder, attempt in
      try folder.change(try folder.report(in: attempt)) { String($0.dropLast(100)) }
    },
    Fault(name: "a report with one letter changed", state: .damaged, reason: "another SHA-256") {
      folder, attempt in
      try folder.change(try folder.report(in: attempt)) { $0.replacing("\"fail\"", with: "\"pass\"") }
    },
    Fault(name: "a report that grew", state: .damaged, reason: "was changed") { folder, attempt in
      try folder.change(try folder.report(in: attempt)) { $0 + "\n" }
    },
    Fault(name: "a report that is gone", state: .damaged, reason: "report.json lacks") { folder, attempt in
      try Files.removeTree(try folder.report(in: attempt))
    },
    Fault(name: "a result cut short", state: .damaged, reason: "result.json") { folder, attempt in
      try folder.change(Files.join(attempt, "result.json")) { String($0.dropLast(9)) }
    },
    Fault(name: "an empty attempt", state: .damaged, reason: "attempt.json") { folder, attempt in
      try folder.change(Files.join(attempt, "attempt.json")) { _ in "" }
    },
    Fault(name: "no attempt.json beside the result", state: .damaged, reason: "attempt.json lacks") {
      folder, attempt in
      try Files.removeTree(Files.join(attempt, "attempt.json"))
    },
    Fault(name: "a result of another attempt", state: .damaged, reason: "two attempts") { folder, attempt in
      try folder.change(Files.join(attempt, "result.json")) { $0.replacing("-00000007", with: "-00000008") }
    },
    Fault(name: "a result of a later version", state: .unknownVersion, reason: "version 2") {
      folder, attempt in
      try folder.change(Files.join(attempt, "result.json")) {
        $0.replacing("\"schema_version\": 1", with: "\"schema_version\": 2")
      }
    },
    Fault(name: "a report of a later version", state: .unknownVersion, reason: "version 9") {
      folder, attempt in
      let path = try folder.report(in: attempt)
      let before = SHA256.hex(of: try Files.read(path))
      try folder.change(path) { $0.replacing("\"schema_version\": 1", with: "\"schema_version\": 9") }
      let after = SHA256.hex(of: try Files.read(path))
      try folder.change(Files.join(attempt, "result.json")) { $0.replacing(before, with: after) }
    },
    Fault(name: "records of another fleet file", state: .foreign, reason: "another state") {
      folder, attempt in
      let other = String(repeating: "0b", count: 32)
      for file in ["attempt.json", "result.json"] {
        try folder.change(Files.join(attempt, file)) {
          $0.replacing("\"fleet_sha256\": \"\(someSHA256)\"", with: "\"fleet_sha256\": \"\(other)\"")
        }
      }
    },
  ]

  @Test("is inconclusive where a record is damaged, unknown or foreign, each told apart", arguments: faults)
  func faulty(fault: Fault) throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2)
    try fault.change(folder, try folder.attempt(round, 0, .failed))
    try folder.attempt(round, 1)
    let records = try RoundRecords("r1", in: folder.records)
    let answer = records.answers[0]
    #expect(answer.state == fault.state && answer.verdict == .inconclusive && answer.exitCode == .incomplete)
    #expect(answer.sentence.contains(fault.reason), "\(answer.sentence)")
    #expect(answer.hint != nil && answer.notes.map(\.kind.rawValue) == [fault.state.rawValue])
    #expect(records.exitCode == .incomplete && records.answers[1].exitCode == .pass)
  }

  @Test("doesn't leave a damaged failure out for a pass")
  func damagedFailure() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2)
    for index in 0..<2 {
      let damaged = try folder.attempt(round, index, index == 0 ? .failed : .pass)
      try folder.change(try folder.report(in: damaged)) { String($0.dropLast(100)) }
      try folder.attempt(round, index, after: 500, .pass)
    }
    let answers = try RoundRecords("r1", in: folder.records).answers
    #expect(answers[0].state == .damaged && answers[0].exitCode == .incomplete)
    #expect(answers[1].state == .answered && answers[1].exitCode == .pass)
    #expect(answers[1].notes.map(\.kind) == [.doubled, .damaged])
  }

  @Test(
    "doesn't leave an attempt whose result isn't known out for a pass, but for a failure",
    arguments: ["cut", "later", "unreadable"])
  func unknownResult(how: String) throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2)
    for index in 0..<2 {
      let attempt = try folder.attempt(round, index, .failed)
      switch how {
      case "cut": try folder.change(Files.join(attempt, "result.json")) { String($0.dropLast(20)) }
      case "later":
        try folder.change(Files.join(attempt, "result.json")) {
          $0.replacing(#/"schema_version": \d+/#, with: "\"schema_version\": 99")
        }
      default:
        // As it is to another user: no folder that can be listed.
        try Files.removeTree(attempt)
        folder.put("", attempt)
      }
      try folder.attempt(round, index, after: 500, index == 0 ? .pass : .missed)
    }
    let answers = try RoundRecords("r1", in: folder.records).answers
    #expect(answers[0].state != .answered && answers[0].exitCode == .incomplete, "\(answers[0].sentence)")
    #expect(answers[1].state == .answered && answers[1].exitCode == .objectiveMissed)
  }

  @Test("never passes where the record and the result differ")
  func differ() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2)
    let attempt = try folder.attempt(round, 0, .failed)
    try folder.change(Files.join(attempt, "result.json")) {
      $0.replacing("\"exit_code\": 1", with: "\"exit_code\": 0")
    }
    try folder.attempt(round, 1, RoundFolder.Ending(code: .pass, verdict: .inconclusive))
    let records = try RoundRecords("r1", in: folder.records)
    #expect(
      records.answers.map(\.exitCode) == [.checkFailed, .notVerified] && records.exitCode == .checkFailed)
  }

  @Test("is the same whatever the order its attempts are read in")
  func shuffled() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(1)
    let endings: [RoundFolder.Ending] = [
      .killed, .noServer, .pass, .failed, .pass, .missed, .interrupted, .invalid,
    ]
    for (number, ending) in endings.enumerated() {
      // Two began in the same millisecond.
      try folder.attempt(round, 0, after: number / 2 * 10, ending, random: UInt32(number))
    }
    let answer = try RoundRecords("r1", in: folder.records).answers[0]
    #expect(answer.exitCode == .checkFailed && answer.attempts.count == endings.count)
    for _ in 0..<50 {
      let again = TaskAnswer(round.systems[0], answer.attempts.shuffled(), round: "r1")
      #expect(again == answer)
    }
  }
}

@Suite("The records of a whole round")
struct RoundRecordsTests {
  @Test("pass only when every system has a passing answer")
  func gate() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(4)
    for index in 0..<3 { try folder.attempt(round, index, index == 1 ? .warn : .pass) }
    #expect(try RoundRecords("r1", in: folder.records).exitCode == .notVerified)
    try folder.attempt(round, 3)
    let whole = try RoundRecords("r1", in: folder.records)
    #expect(whole.exitCode == .pass && whole.count(.pass) == 3 && whole.count(.warn) == 1)
  }

  @Test("say where a budget bounded what a pass is about")
  func budgeted() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2) { $0.systems[0].budgetSeconds = 1800 }
    for index in 0..<2 { try folder.attempt(round, index) }
    let answers = try RoundRecords("r1", in: folder.records).answers
    #expect(answers.map { $0.notes.map(\.kind) } == [[.budget], []])
    #expect(answers[0].notes[0].message.hasPrefix("its drill had 30m 00s: "))
  }

  @Test("name what is no system's")
  func strays() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(1)
    try folder.attempt(round, 0)
    try Files.createFolder(Files.join(folder.records, "rounds/r1/tasks/0009-gone"))
    let records = try RoundRecords("r1", in: folder.records)
    #expect(records.strays == ["tasks/0009-gone"] && records.exitCode == .pass)
  }

  @Test("can't be read without the record of the round")
  func noRound() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(1)
    try folder.attempt(round, 0)
    try Files.removeTree(Files.join(folder.records, "rounds/r1/round.json"))
    let failure = try #require(throws: Failure.self) { try RoundRecords("r1", in: folder.records) }
    #expect(failure.code == "no-round")
    let newer = try #require(throws: Failure.self) { try RoundList(in: folder.records).index(of: nil) }
    #expect(newer.code == "round-unreadable" && newer.kind == .incomplete)
  }

  @Test(
    "don't count without a name where the newest round may be one that can't be read, or is of the future")
  func perhapsNewer() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(1)
    try folder.attempt(round, 0)
    // Cut short before any task had begun.
    try Files.createFolder(Files.join(folder.records, "rounds/next"))
    folder.put("{\"round\": \"ne", Files.join(folder.records, "rounds/next/round.json"))
    let list = try RoundList(in: folder.records)
    let newer = try #require(throws: Failure.self) { try list.index(of: nil) }
    #expect(newer.code == "round-unreadable" && newer.kind == .incomplete)
    #expect(try list.index(of: "r1") == 0)
    try Files.removeTree(Files.join(folder.records, "rounds/next"))
    // A clock that is ahead would hide every round until then.
    try folder.begin(1, round: "ahead", at: .begin.after(86_400))
    let future = try RoundList(in: folder.records)
    let early = try #require(throws: Failure.self) { try future.index(of: nil, at: .begin.after(60)) }
    #expect(early.code == "round-of-the-future" && early.kind == .incomplete)
    #expect(try future.index(of: nil, at: .begin.after(86_400)) == 0)
  }

  @Test("of the newest round are those that count without a name")
  func newest() throws {
    let folder = try RoundFolder()
    for (number, name) in ["b", "a", "c"].enumerated() {
      let round = try folder.begin(1, round: name, at: .begin.after(number * 1000))
      try folder.attempt(round, 0)
    }
    let list = try RoundList(in: folder.records)
    #expect(list.rounds.map(\.record.round) == ["c", "a", "b"])
    #expect(try list.index(of: nil) == 0 && list.index(of: "b") == 2)
    #expect(throws: Failure.self) { try list.index(of: "d") }
    // An older one that is damaged hides nothing.
    try folder.change(Files.join(folder.records, "rounds/b/round.json")) { String($0.dropLast(40)) }
    let damaged = try RoundList(in: folder.records)
    #expect(try damaged.index(of: nil) == 0 && damaged.unreadable.map(\.round) == ["b"])
  }
}

package import Platform
package import Readiness
internal import Record

/// The folder of one round: what it is about, and the answers of its tasks, read one by one.
package struct RoundReader: Sendable {
  package let folder: String
  package let record: RoundRecord

  /// Reads `round.json`. Throws `Failure` of kind `usage` when there is no such round, or its record can't be read.
  package init(_ round: String, in records: String) throws(Failure) {
    guard RoundLayout.isRoundID(round) else { throw .roundName(round) }
    folder = RoundLayout.folder(of: round, in: records)
    let path = Files.join(folder, RoundLayout.round)
    guard Files.kind(of: path) == .file else { throw .noRound(round, in: records) }
    record = try RoundRecord(readingFrom: path)
    guard record.round.utf8.elementsEqual(round.utf8) else {
      throw .fleetRecord(path, RoundRecord.title, at: nil, "it is the record of round \(record.round)")
    }
  }

  /// The answer of the system at an index.
  package func answer(of index: Int, _ depth: RunSummary.Depth = .summary) -> TaskAnswer {
    let system = record.systems[index]
    let task = Files.join(Files.join(folder, RoundLayout.tasks), system.task)
    let names = ((try? Files.names(in: task)) ?? []).filter { RoundLayout.time(ofAttempt: $0) != nil }
    let attempts = names.map { AttemptReading($0, in: task, of: system, record, depth) }
    return TaskAnswer(system, attempts, round: record.round)
  }

  /// Folders of tasks that are no system's, and folders of theirs that are no attempt's: nothing is read of them.
  package var strays: [String] {
    let tasks = Files.join(folder, RoundLayout.tasks)
    let known = Set(record.systems.map { Array($0.task.utf8) })
    return ((try? Files.names(in: tasks)) ?? []).filter {
      !$0.hasPrefix(".") && !known.contains(Array($0.utf8))
    }
    .map { Files.join(RoundLayout.tasks, $0) }
  }
}

/// The rounds of a folder of records.
package struct RoundList: Sendable {
  /// A round whose record lacks or can't be read.
  package struct Unreadable: Sendable {
    package let round: String
    package let failure: Failure
    /// When the last of its attempts began; nil when there is none.
    package let lastAttempt: WallTime?
  }

  /// The one that began last first; of those of one moment by their names.
  package let rounds: [RoundReader]
  package let unreadable: [Unreadable]

  /// Looks at a folder. Throws `Failure` of kind `usage` when there are no rounds in it.
  package init(in records: String) throws(Failure) {
    let folder = Files.join(records, RoundLayout.rounds)
    guard Files.isDirectory(folder) else { throw .noRounds(records) }
    var rounds: [RoundReader] = []
    var unreadable: [Unreadable] = []
    for name in try Files.names(in: folder) where RoundLayout.isRoundID(name) {
      guard Files.isDirectory(Files.join(folder, name)) else { continue }
      do throws(Failure) { rounds.append(try RoundReader(name, in: records)) } catch {
        unreadable.append(
          Unreadable(
            round: name, failure: error, lastAttempt: RoundList.lastAttempt(in: Files.join(folder, name))))
      }
    }
    self.rounds = rounds.sorted { left, right in
      left.record.startedAt == right.record.startedAt
        ? right.record.round.utf8.lexicographicallyPrecedes(left.record.round.utf8)
        : left.record.startedAt > right.record.startedAt
    }
    self.unreadable = unreadable
  }

  private static func lastAttempt(in round: String) -> WallTime? {
    let tasks = Files.join(round, RoundLayout.tasks)
    return ((try? Files.names(in: tasks)) ?? []).flatMap { task in
      ((try? Files.names(in: Files.join(tasks, task))) ?? []).compactMap { RoundLayout.time(ofAttempt: $0) }
    }.max()
  }

  /// How far the clocks of the machines that begin rounds may differ, in seconds.
  private static let clocksDiffer = 3600.0

  /// The position of a round, of the newest without a name. Throws `Failure`: also when a round that can't be read may be
  /// newer than the newest that can, as an older one's answer would be taken for it, and when the newest is of the future:
  /// it would hide all that are begun until then.
  package func index(of round: String?, at now: WallTime = .now) throws(Failure) -> Int {
    if let round {
      if let index = rounds.firstIndex(where: { $0.record.round.utf8.elementsEqual(round.utf8) }) {
        return index
      }
      if let broken = unreadable.first(where: { $0.round.utf8.elementsEqual(round.utf8) }) {
        throw broken.failure
      }
      throw .noRound(round, known: rounds.prefix(5).map(\.record.round))
    }
    for broken in unreadable {
      // One that nothing was begun in tells no time: it may be the newest.
      guard let last = broken.lastAttempt, let newest = rounds.first, newest.record.startedAt >= last else {
        throw .newerRound(broken.round, broken.failure)
      }
    }
    guard let newest = rounds.first else { throw .noRound("", known: []) }
    guard newest.record.startedAt.timeInterval(since: now) < Self.clocksDiffer else {
      throw .futureRound(newest.record.round, newest.record.startedAt)
    }
    return 0
  }
}

extension Failure {
  static func roundName(_ round: String) -> Failure {
    Failure(
      .usage, "round-name", "\"\(round)\" can't name a round",
      hint: "A round's name has letters, digits, dots, underscores and hyphens, at most 100.")
  }

  static func noRounds(_ records: String) -> Failure {
    Failure(
      .usage, "no-rounds", "there are no rounds in \(records)",
      hint: "Give the folder that `records` of the fleet's file names: it holds the folder rounds.")
  }

  static func noRound(_ round: String, in records: String) -> Failure {
    Failure(
      .usage, "no-round", "there is no record of round \(round) in \(records)",
      hint:
        "The first task of a round writes round.json; without it nothing tells which systems must have an answer."
    )
  }

  static func noRound(_ round: String, known: [String]) -> Failure {
    Failure(
      .usage, "no-round", round.isEmpty ? "there is no round yet" : "there is no round \(round)",
      hint: known.isEmpty
        ? "Run one: `mongodrill fleet run FLEET.yaml`." : "The newest are \(known.joined(separator: ", ")).")
  }

  static func futureRound(_ round: String, _ time: WallTime) -> Failure {
    Failure(
      .incomplete, "round-of-the-future", "round \(round) was begun at \(time), which is yet to come",
      hint: "Set the clock of the machine that began it. Name the round to report on with --round.")
  }

  static func newerRound(_ round: String, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "round-unreadable",
      "round \(round) is newer than all others, or may be, and its record can't be read",
      hint: "Mend or remove its folder, or name the round to report on with --round.",
      cause: failure.description)
  }
}

package import Platform
internal import Readiness
internal import Record

/// What each system of a round was last proven by, looked up in all rounds, the newest first.
package struct Coverage: Sendable {
  /// What was found of one system.
  package struct Line: Sendable, Hashable {
    /// When its newest drill ended that says that the backup can be recovered; nil: never. Where that lies in the future,
    /// by the clock of its machine, when its round was begun: it ended later than that.
    package internal(set) var proven: WallTime?
    /// The round of that drill, and the file of its record.
    package internal(set) var round: String?
    package internal(set) var report: String?
    /// Whether any drill of it ever ran to its end.
    package internal(set) var wasDrilled = false
    /// Whether the newest try, whatever came of it, is the one that it was proven by.
    package internal(set) var lastWasSuccess = false
    /// Whether the newest round in which its task was begun was seen.
    private var wasTried = false

    package init() {}

    mutating func take(_ answer: TaskAnswer, _ round: RoundRecord, at now: WallTime) {
      if !wasTried, !answer.attempts.isEmpty {
        wasTried = true
        lastWasSuccess = answer.isSuccess
      }
      // Where there was nothing to drill there was no drill.
      let nothing: [ExitCode] = [.usage, .invalidScenario, .backupNotFound]
      guard answer.state == .answered, !nothing.contains(answer.exitCode) else { return }
      wasDrilled = true
      guard proven == nil, answer.isSuccess, let run = answer.run, run.kind == .drill else { return }
      guard let time = [run.endedAt, round.startedAt].first(where: { !$0.isFuture(at: now) }) else { return }
      proven = time
      self.round = round.round
      report = answer.shown?.reportPath
    }
  }

  /// By the system's index.
  package private(set) var lines: [Line]

  /// `older`: the rounds before, the newest first. They are read no further than it takes to find each system's proof.
  /// What lies after `now` proves nothing: that clock was wrong.
  package init(
    _ records: RoundRecords, older: [RoundReader], at now: WallTime = .now, threads: Int = Machine.cores
  ) throws(Failure) {
    var lines = [Line](repeating: Line(), count: records.answers.count)
    for (index, answer) in records.answers.enumerated() { lines[index].take(answer, records.round, at: now) }
    let places = older.map { reader in
      Dictionary(
        reader.record.systems.map { (Array($0.name.utf8), $0.index) }, uniquingKeysWith: { first, _ in first }
      )
    }
    let open = lines.indices.filter { lines[$0].proven == nil }
    let found = Monitor(lines)
    do {
      try Threads.forEach(below: open.count, on: threads) { number in
        try Interruption.check()
        let index = open[number]
        let name = Array(records.round.systems[index].name.utf8)
        var line = found.withLock { $0[index] }
        for (reader, places) in zip(older, places) where line.proven == nil {
          guard let place = places[name] else { continue }
          line.take(reader.answer(of: place), reader.record, at: now)
        }
        found.withLock { $0[index] = line }
      }
    } catch {
      throw .wrapping(error)
    }
    self.lines = found.withLock { $0 }
  }
}

extension WallTime {
  /// Clocks of the machines of a fleet differ by a little; see `RunClocks`.
  fileprivate func isFuture(at now: WallTime) -> Bool { timeInterval(since: now) > 60 }
}

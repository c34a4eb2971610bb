package import Platform
package import Readiness
internal import Record

extension RunIndex {
  /// Whether a folder holds the records of a fleet's rounds, and not reports themselves.
  package static func isOfFleet(_ folder: String) -> Bool {
    Files.isDirectory(Files.join(folder, RoundLayout.rounds))
  }
}

/// What the rounds of a fleet's folder of records tell in all.
package struct FleetRuns: Sendable {
  /// The newest try at a system's drill, whatever came of it.
  package struct Try: Sendable, Hashable {
    /// When it began.
    package let time: WallTime
    /// Whether it says that the backup can be recovered.
    package let isSuccess: Bool
  }

  /// The drills of all rounds, each with the name of its system: of every task of a round the one that counts.
  package let index: RunIndex
  /// By the bytes of the system's name; one that was never begun is missing.
  package let tries: [[UInt8]: Try]

  /// None.
  package init(noneIn records: String) {
    index = RunIndex(of: records, [], unreadable: [], unfinished: [])
    tries = [:]
  }

  /// Reads all rounds. Throws `Failure` of kind `usage` when there are no rounds.
  package init(in records: String, depth: RunSummary.Depth = .details) throws(Failure) {
    let list = try RoundList(in: records)
    var tries: [[UInt8]: Try] = [:]
    var runs: [RunSummary] = []
    var unreadable = list.unreadable.map { RunIndex.Unreadable(runID: $0.round, failure: $0.failure) }
    var unfinished: [RunIndex.Unfinished] = []
    // The newest round comes first.
    for reader in list.rounds {
      for answer in try RoundRecords(reader, depth: depth).answers {
        guard let shown = answer.shown else { continue }
        let system = Array(answer.system.name.utf8)
        if tries[system] == nil { tries[system] = Try(time: shown.startedAt, isSuccess: answer.isSuccess) }
        let name = "\(reader.record.round)/\(answer.system.task)/\(shown.name)"
        switch shown.state {
        case .complete:
          guard var run = shown.run else { continue }
          run.system = answer.system.name
          runs.append(run)
        case .unfinished: unfinished.append(.init(runID: name, startedAt: shown.startedAt))
        case .damaged(let reason), .unknownVersion(let reason), .foreign(let reason):
          unreadable.append(
            .init(runID: name, failure: .fleetRecord(shown.folder, AttemptRecord.title, at: nil, reason)))
        }
      }
    }
    index = RunIndex(of: records, runs, unreadable: unreadable, unfinished: unfinished)
    self.tries = tries
  }
}

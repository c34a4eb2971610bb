package import Platform
package import Readiness
internal import Record

extension RunIndex {
  /// Whether a folder holds the records of a fleet's rounds, and not reports themselves.
  package static func isOfFleet(_ folder: String) -> Bool {
    Files.isDirectory(Files.join(folder, RoundLayout.rounds))
  }

  /// The drills of all rounds of a folder of records, each with the name of its system: of every task of a round the one
  /// that counts. Throws `Failure` of kind `usage` when there are no rounds.
  package init(ofFleet records: String, depth: RunSummary.Depth = .details) throws(Failure) {
    let list = try RoundList(in: records)
    var runs: [RunSummary] = []
    var unreadable = list.unreadable.map { Unreadable(runID: $0.round, failure: $0.failure) }
    var unfinished: [Unfinished] = []
    for reader in list.rounds {
      for answer in try RoundRecords(reader, depth: depth).answers {
        guard let shown = answer.shown else { continue }
        let name = "\(reader.record.round)/\(answer.system.task)/\(shown.name)"
        switch shown.state {
        case .complete:
          guard var run = shown.run else { continue }
          run.system = answer.system.name
          runs.append(run)
        case .unfinished: unfinished.append(Unfinished(runID: name, startedAt: shown.startedAt))
        case .damaged(let reason), .unknownVersion(let reason), .foreign(let reason):
          unreadable.append(
            Unreadable(runID: name, failure: .fleetRecord(shown.folder, AttemptRecord.title, at: nil, reason))
          )
        }
      }
    }
    self.init(of: records, runs, unreadable: unreadable, unfinished: unfinished)
  }
}

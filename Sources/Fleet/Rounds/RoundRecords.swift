package import Platform
package import Readiness
package import Record

/// A round as all its records tell it: one answer for every system that `round.json` lists.
package struct RoundRecords: Sendable {
  package let folder: String
  package let round: RoundRecord
  /// In the order of the fleet's file.
  package let answers: [TaskAnswer]
  /// Folders of tasks that are no system's.
  package let strays: [String]

  /// Reads a round on the cores that there are; of each record no more is kept than a summary. Throws `Failure` of kind
  /// `usage` when there is no such round.
  package init(
    _ round: String, in records: String, depth: RunSummary.Depth = .summary, threads: Int = Machine.cores
  ) throws(Failure) {
    try self.init(try RoundReader(round, in: records), depth: depth, threads: threads)
  }

  /// The same of a round that was found.
  package init(
    _ reader: RoundReader, depth: RunSummary.Depth = .summary, threads: Int = Machine.cores
  ) throws(Failure) {
    folder = reader.folder
    round = reader.record
    strays = reader.strays
    let found = Monitor([TaskAnswer?](repeating: nil, count: reader.record.systems.count))
    do {
      try Threads.forEach(below: reader.record.systems.count, on: threads) { index in
        try Interruption.check()
        let answer = reader.answer(of: index, depth)
        found.withLock { $0[index] = answer }
      }
    } catch {
      throw .wrapping(error)
    }
    answers = found.withLock { $0 }.compactMap(\.self)
    precondition(answers.count == round.systems.count)
  }

  /// The worst of all systems by the order of exit codes: 0 only when every one has a passing answer.
  package var exitCode: ExitCode { ExitCode.first(of: answers.map(\.exitCode)) }

  /// How many systems have each verdict.
  package func count(_ verdict: DrillRecord.Verdict) -> Int { answers.count { $0.verdict == verdict } }
}

package import BSON
package import Backups
package import Platform
package import Record

/// A chain and the moment in it to replay to.
package struct PlannedReplay: Sendable {
  package let chain: OplogChain
  package let target: ResolvedTarget
  /// Entries that are left out on purpose.
  package let skip: [OplogMatch]
  /// Through here everything is in the base, definitions too: entries up to it are read for transactions alone. Nil for
  /// a dump, which is of no one moment.
  package let settled: Timestamp?

  package init(
    _ chain: OplogChain, to target: ResolvedTarget, skipping skip: [OplogMatch] = [],
    settledThrough settled: Timestamp? = nil
  ) {
    self.chain = chain
    self.target = target
    self.skip = skip
    self.settled = settled
  }

  /// Opens the chain of a backup's own oplog and the slices at `paths`, and finds the target in it; the last entry,
  /// or the dump's end where there are no slices, when none is asked for. Throws `Failure`.
  package init(of backup: any LogicalBackup, slices paths: [String], to target: Target?) throws(Failure) {
    if backup.path == "-" { throw .replayFromStandardInput() }
    let chain = try OplogChain.open(base: backup, slices: paths)
    let target = try (target ?? .standard(hasSlices: chain.hasSlices)).resolve(in: chain)
    self.init(chain, to: target)
  }

  /// The entries from the window's start through the target and the one after it.
  func cursor() throws(Failure) -> any OplogCursor { try chain.cursor(through: target.through) }

  /// What is not proven on the way to the target, as sentences for the report.
  package var doubts: [String] { target.unproven.map(\.description) }
}

extension PlannedReplay {
  /// What the record says of a replay to this target; whose step it was is for the drill to say.
  package func record(_ result: Replayer.Result) -> DrillRecord.Replay {
    let ledger = result.ledger
    var record = DrillRecord.Replay()
    record.requested = target.requested.description
    record.resolved = target.text
    record.through = target.through.description
    record.proven = target.isProven
    record.firstApplied = ledger.first?.description
    record.lastApplied = ledger.last?.description
    record.nextEntry = ledger.next?.description
    record.entries = ledger.entries
    record.bytes = ledger.bytes
    record.applied = ledger.applied
    record.skipped = Dictionary(uniqueKeysWithValues: ledger.skipped.map { ($0.key.rawValue, $0.value) })
    record.explainedUpdates = ledger.explainedUpdates
    record.updatesOutsideBase = ledger.updatesOutsideBase
    record.problemCount = result.problemCount
    record.problems = result.problems.map { problem in
      DrillRecord.OperationProblem(
        namespace: problem.namespace.description, id: problem.id, timestamp: problem.timestamp.description,
        message: problem.message)
    }
    record.warnings = target.warnings
    record.coverage = chain.coverage.record
    return record
  }
}

extension Coverage {
  /// The interval that is covered, and how well.
  package var record: DrillRecord.Coverage {
    var record = DrillRecord.Coverage()
    record.windowStart = windowStart.description
    record.dumpEnd = dumpEnd.description
    record.provenEnd = provenEnd.description
    record.end = end.description
    record.last = last.description
    record.unproven = unproven.map(\.record)
    record.gaps = gaps.map(\.record)
    record.unusedIncrements = unused.map {
      DrillRecord.UnusedIncrements(
        count: $0.count, places: $0.places, before: $0.before.description, after: $0.after.record)
    }
    return record
  }
}

extension Seam {
  fileprivate var record: DrillRecord.Seam {
    var reason: String?
    if case .gap(let evidence) = verdict { reason = evidence.description }
    return DrillRecord.Seam(before: before.record, after: after.record, reason: reason)
  }
}

extension Seam.Edge {
  fileprivate var record: DrillRecord.SeamEdge {
    DrillRecord.SeamEdge(
      timestamp: timestamp.description, file: place.file, offset: place.offset.map { Int($0) })
  }
}

extension Failure {
  /// Its oplog would have to be read before the documents.
  package static func replayFromStandardInput() -> Failure {
    Failure(
      .usage, "replay-from-stdin", "an archive on standard input can't be replayed: its oplog comes last",
      hint: "Save it to a file first, or ask for the documents alone with --no-replay.")
  }
}

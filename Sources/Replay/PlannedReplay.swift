internal import BSON
package import Backups
package import Platform

/// A chain and the moment in it to replay to.
package struct PlannedReplay: Sendable {
  package let chain: OplogChain
  package let target: ResolvedTarget
  /// Entries that are left out on purpose.
  package let skip: [OplogMatch]

  package init(_ chain: OplogChain, to target: ResolvedTarget, skipping skip: [OplogMatch] = []) {
    self.chain = chain
    self.target = target
    self.skip = skip
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
  /// What the record says of a replay to this target.
  package func record(_ result: Replayer.Result) -> JSON {
    let ledger = result.ledger
    func text(_ timestamp: Timestamp?) -> JSON { timestamp.map { .string($0.description) } ?? .null }
    func counts(_ counts: [String: Int]) -> JSON {
      .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) })
    }
    return .record([
      "requested": .string(target.requested.description), "resolved": .string(target.text),
      "proven": .bool(target.isProven),
      "first_applied": text(ledger.first), "last_applied": text(ledger.last), "next_entry": text(ledger.next),
      "entries": .integer(Int64(ledger.entries)), "bytes": .integer(Int64(ledger.bytes)),
      "applied": .object(ledger.applied.sorted { $0.key < $1.key }.map { .init($0.key, counts($0.value)) }),
      "skipped": .object(
        ledger.skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map {
          .init($0.key.rawValue, counts($0.value))
        }),
      "explained_updates": .integer(Int64(ledger.explainedUpdates)),
      "updates_outside_base": .integer(Int64(ledger.updatesOutsideBase)),
      "problem_count": .integer(Int64(result.problemCount)),
      "problems": .array(
        result.problems.map { problem in
          .record([
            "namespace": .string(problem.namespace.description), "id": problem.id.map(JSON.string) ?? .null,
            "timestamp": .string(problem.timestamp.description), "message": .string(problem.message),
          ])
        }),
      "warnings": .array((target.warnings + doubts).map(JSON.string)),
      "coverage": chain.coverage.json,
    ])
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

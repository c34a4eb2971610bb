package import Platform
internal import Readiness
internal import Record

extension FleetReport {
  /// The version of the keys below; it grows only with a change that isn't additive.
  package static let schemaVersion = 1

  /// The report for machines; `docs/fleet-report.schema.json` describes it.
  package func json(version: String) -> JSON {
    [
      "schema_version": .integer(Int64(FleetReport.schemaVersion)),
      "tool": ["name": "mongodrill", "version": .string(version)],
      "drawn_at": time.recordJSON, "round": .string(round.round), "started_at": round.startedAt.recordJSON,
      "previous_round": previous.recordJSON,
      "fleet": [
        "title": round.fleetTitle.recordJSON, "path": .string(round.fleetPath),
        "sha256": .string(round.fleetSHA256),
      ],
      "exit_code": .integer(Int64(exitCode.rawValue)), "verdict": .string(verdict.rawValue),
      "sentence": .string(sentence), "counts": counts,
      "every_system_within_seconds": round.everySystemWithinSeconds.recordJSON,
      "systems": .array(rows.map(\.json)),
      "changes": .object(
        Change.allCases.map { change in
          JSON.Member(
            change.rawValue.replacing("-", with: "_"), changed(change).map(\.name).recordJSON)
        } + [JSON.Member("removed", removed.recordJSON)]),
      "overdue": oldestFirst.filter { $0.isOverdue || $0.isBeyondRequirement }.map(\.name).recordJSON,
      "never_drilled": neverDrilled.map(\.name).recordJSON, "not_in_round": unknown.recordJSON,
      "coverage": .array(
        ages.map { ["proven": .string($0.title), "systems": .integer(Int64($0.systems))] }),
      "phases": .array(
        phases.map { phase in
          [
            "name": .string(phase.name), "seconds": .double(phase.seconds), "share": .double(phase.share),
            "slowest_system": .string(phase.slowestSystem), "slowest_seconds": .double(phase.slowestSeconds),
          ]
        }),
      "strays": strays.recordJSON, "unreadable_rounds": unreadable.recordJSON,
    ]
  }

  private var counts: JSON {
    .object(
      [JSON.Member("systems", rows.count.recordJSON)]
        + DrillRecord.Verdict.allCases.map { JSON.Member($0.rawValue, count($0).recordJSON) }
        + TaskAnswer.State.allCases.map {
          JSON.Member($0.rawValue.replacing("-", with: "_"), count($0).recordJSON)
        })
  }
}

extension FleetReport.Row {
  fileprivate var json: JSON {
    [
      "index": system.index.recordJSON, "name": .string(name), "task": .string(system.task),
      "owner": system.owner.recordJSON, "contacts": system.contacts.recordJSON,
      "labels": system.labels.recordJSON,
      "state": .string(answer.state.rawValue), "verdict": .string(answer.verdict.rawValue),
      "exit_code": exitCode.rawValue.recordJSON, "sentence": .string(answer.sentence),
      "hint": answer.hint.recordJSON, "change": (change?.rawValue).recordJSON,
      "run_id": (answer.run?.runID).recordJSON, "report": (answer.shown?.reportPath).recordJSON,
      "started_at": (answer.shown?.startedAt).recordJSON,
      "ended_at": (answer.shown?.result?.endedAt).recordJSON,
      "duration_seconds": (answer.run?.seconds).recordJSON, "previous_seconds": previousSeconds.recordJSON,
      "rto": (answer.run?.rto).recordJSON, "rpo": (answer.run?.rpo).recordJSON,
      "slowest_phase": slowestPhase.map { ["name": .string($0.name), "seconds": .double($0.seconds)] }
        ?? .null,
      "last_proven": coverage.proven.recordJSON, "last_proven_round": coverage.round.recordJSON,
      "last_proven_report": coverage.report.recordJSON, "every_seconds": system.everySeconds.recordJSON,
      "overdue": .bool(isOverdue), "attempts": answer.attempts.count.recordJSON,
      "notes": .array(
        answer.notes.map { ["kind": .string($0.kind.rawValue), "message": .string($0.message)] }),
    ]
  }
}

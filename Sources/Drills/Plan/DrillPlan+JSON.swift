internal import BSON
internal import Backups
internal import Checks
internal import Facts
package import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox

extension DrillPlan {
  /// The plan for machines.
  package var json: JSON {
    .record([
      "scenario": .record([
        "name": .string(scenario.name), "title": scenario.title.map(JSON.string),
        "path": scenario.path.map(JSON.string),
      ]),
      "backup": backupJSON, "collections": .array(items.map(\.json)), "replay": plans.json(of: scenario),
      "data_lost": .record([
        "oplog_seconds": JSON(orNull: secondsLost), "rpo_seconds": JSON(orNull: recoveryPoint),
      ]),
      "sandbox": sandboxJSON, "objectives": objectivesJSON,
      "stop_conditions": .array(scenario.stopConditions.map { .string($0.description) }),
      "steps": .array(scenario.steps.map { $0.json(took: earlier.steps[$0.id]) }),
      "estimate": .record([
        "runs": .integer(Int64(earlier.count)), "seconds": JSON(orNull: earlier.seconds),
      ]),
      "checks": .array(suites.map(\.planJSON)),
      "rollbacks": .array(scenario.rollbacks.map { $0.json(took: nil) }),
      "preflight": .array(scenario.runbook.preflight.map(JSON.string)),
      "follow_up": .array(scenario.runbook.followUp.map(JSON.string)), "nearest_commands": nearestJSON,
      "warnings": .array(preflight.warnings.map(JSON.string)),
      "problems": .array(
        problems.map { .record(["code": .string($0.code), "message": .string($0.description)]) }),
    ])
  }

  private var backupJSON: JSON {
    let origin = backup.origin
    return .record([
      "path": .string(backup.path), "form": .string(backup.form.rawValue),
      "bytes": .integer(Int64(origin.bytes)), "compressed": .bool(origin.isCompressed),
      "server_version": origin.serverVersion.map(JSON.string),
      "tool_version": origin.toolVersion.map(JSON.string),
      "oplog": (backup.oplog?.place.file).map(JSON.string), "notes": .array(notes.map(JSON.string)),
    ])
  }

  private var sandboxJSON: JSON {
    let room = try? preflight.room.get()
    return .record([
      "directory": room.map { .string($0.folder) } ?? .null,
      "replica_set": replicaSet.map { .integer(Int64($0.members)) } ?? .null,
      "disk_needed": preflight.diskNeeded.map { .integer(Int64($0)) } ?? .null,
      "disk_free": room.map { .integer(Int64($0.free)) } ?? .null, "mongod": mongodJSON,
    ])
  }

  private var objectivesJSON: JSON {
    let limits = scenario.objectives
    return .record([
      "rto_limit_seconds": limits.rtoLimit.map(JSON.double),
      "rto_warn_seconds": limits.rtoWarning.map(JSON.double),
      "rpo_limit_seconds": limits.rpo?.limit.map(JSON.double),
      "rpo_warn_seconds": limits.rpo?.warning.map(JSON.double),
    ])
  }

  private var nearestJSON: JSON {
    .array(
      nearestCommands.map { step, command in
        [
          "step": .string(step), "command": .string(command.text),
          "differences": .array(command.differences.map(JSON.string)),
        ]
      })
  }

  private var mongodJSON: JSON {
    switch preflight.mongod {
    case .success(let found): ["path": .string(found.path), "version": .string("\(found.version)")]
    case .failure: .null
    }
  }
}

extension JSON {
  /// A number, or null.
  fileprivate init(orNull number: Double?) { self = number.map(JSON.double) ?? .null }
}

extension Suite {
  fileprivate var planJSON: JSON {
    [
      "suite": .string(name),
      "checks": .array(
        checks.map { check in
          [
            "kind": .string(check.declaration.kind), "name": .string(check.name),
            "subject": .string(check.subject.description),
          ]
        }),
    ]
  }
}

extension RestorePlan.Item {
  fileprivate var json: JSON {
    .record([
      "source": .string(source.description),
      "target": .some(target.map { .string($0.description) } ?? .null),
      "kind": .string(original.kind.rawValue), "note": .some(note.map(JSON.string) ?? .null),
      "bytes": .integer(Int64(fileBytes)),
      "indexes": .integer(Int64(original.indexes.count { !$0.isIDIndex })),
    ])
  }
}

extension Step {
  fileprivate func json(took: Double?) -> JSON {
    .record([
      "id": .string(id), "kind": .string(kind), "description": description.map(JSON.string),
      "planned_seconds": planned.map(JSON.double), "estimated_seconds": took.map(JSON.double),
      "timeout_seconds": timeout.map(JSON.double), "retries": .integer(Int64(retries)),
      "on_failure": onFailure.map { .string($0.rawValue) },
    ])
  }
}

extension RecoveryPlans {
  /// The replay for machines.
  fileprivate func json(of scenario: Scenario) -> JSON? {
    chain.map { chain in
      .record([
        "coverage": chain.coverage.record.json,
        "targets": .array(
          stages(of: scenario).map { stage in
            .record([
              "step": .string(stage.step), "requested": .string(stage.replay.target.requested.description),
              "resolved": .string(stage.replay.target.text), "proven": .bool(stage.replay.target.isProven),
              "through": .string(stage.replay.target.through.description),
              "entries": .integer(Int64(stage.plan.replay.entries)),
              "bytes": .integer(Int64(stage.plan.replay.bytes)),
              "skip": .array(stage.replay.skip.map { .string($0.description) }),
              "until_failing": stage.search.map { .array($0.suites.map(JSON.string)) },
              "search_through": stage.search.map { .string($0.end.target.through.description) },
            ])
          }),
      ])
    }
  }
}

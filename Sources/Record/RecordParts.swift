package import Platform

extension DrillRecord {
  /// What made a record.
  package struct Tool: RecordPart {
    package var name = "mongodrill"
    package var version = ""

    package init() {}
    package init(version: String) { self.version = version }

    package static var fields: [RecordField<Tool>] {
      [RecordField("name", \.name), RecordField("version", \.version)]
    }
  }

  /// What was drilled.
  package struct Scenario: RecordPart {
    /// The name of its folder, or of the backup when there is no scenario file.
    package var name = ""
    /// What a person calls it; nil when the scenario has no title.
    package var title: String?
    /// The scenario file; nil when the drill was made from a backup alone.
    package var path: String?
    /// The file's SHA-256 in hexadecimal digits; nil without a file.
    package var sha256: String?
    /// The scenario as it ran, with its parameters and defaults put in.
    package var resolved: JSON = .null
    /// What it says of the disaster that it rehearses; nil without a file.
    package var runbook: Runbook?

    package init() {}
    package init(name: String, title: String?, path: String?, sha256: String?, resolved: JSON) {
      self.name = name
      self.title = title
      self.path = path
      self.sha256 = sha256
      self.resolved = resolved
    }

    /// Whether a resolved scenario has a `restore` step that builds no indexes.
    package static func leavesIndexesOut(_ resolved: JSON) -> Bool {
      guard case .array(let steps)? = resolved["steps"] else { return false }
      return steps.contains { $0["restore"]?["indexes"] == .bool(false) }
    }

    package static var fields: [RecordField<Scenario>] {
      [
        RecordField("name", \.name), RecordField("title", \.title), RecordField("path", \.path),
        RecordField("sha256", \.sha256), RecordField("resolved", \.resolved),
        RecordField("runbook", \.runbook),
      ]
    }
  }

  /// One reason why the verdict is what it is.
  package struct Reason: RecordPart {
    /// The exit code that it alone would bring.
    package var exitCode = ExitCode.pass
    /// A stable name in kebab case: a failure's code, `check-failed`, `objective-missed`, …
    package var code = ""
    /// One sentence in lower case without a full stop.
    package var message = ""
    /// What to do about it, as a sentence.
    package var hint: String?

    package init() {}
    package init(_ exitCode: ExitCode, _ code: String, _ message: String, hint: String? = nil) {
      self.exitCode = exitCode
      self.code = code
      self.message = message
      self.hint = hint
    }

    /// A failure as a reason.
    package init(_ failure: Failure) {
      self.init(ExitCode(failure), failure.code, failure.description, hint: failure.hint)
    }

    package static var fields: [RecordField<Reason>] {
      [
        RecordField("exit_code", \.exitCode), RecordField("code", \.code), RecordField("message", \.message),
        RecordField("hint", \.hint),
      ]
    }
  }

  /// One step or one rollback, as it went.
  package struct Step: RecordPart {
    /// How it ended.
    package enum Status: String, Sendable, Hashable, CaseIterable, RecordValue {
      case completed
      case failed
      /// Not begun, because the drill had ended before; or not possible on this machine.
      case skipped
      /// Cut off by a signal or a stop condition.
      case aborted
    }

    package var id = ""
    /// `restore`, `check`, `run`, …
    package var kind = ""
    package var description: String?
    package var status = Status.skipped
    package var startedAt: WallTime?
    package var seconds = 0.0
    /// How long it was planned to take; nil: nobody said.
    package var plannedSeconds: Double?
    /// How much of it a person took; nil when none was asked.
    package var personSeconds: Double?
    /// Who said that the drill may go on.
    package var approvedBy: String?
    /// How often it was begun: more than once only with `retries`.
    package var attempts = 0
    /// What went wrong, or what there is to know.
    package var message: String?
    /// The exit status of a command that it ran.
    package var exitStatus: Int?
    /// The end of what the command wrote.
    package var output: String?
    /// What a `failover` step measured.
    package var failover: Failover?
    /// What a `fault` step came to.
    package var fault: MemberFault?

    package init() {}
    package init(id: String, kind: String, description: String? = nil) {
      self.id = id
      self.kind = kind
      self.description = description
    }

    package static var fields: [RecordField<Step>] {
      [
        RecordField("id", \.id), RecordField("kind", \.kind), RecordField("description", \.description),
        RecordField("status", \.status), RecordField("started_at", \.startedAt),
        RecordField("seconds", \.seconds), RecordField("planned_seconds", \.plannedSeconds),
        RecordField("person_seconds", \.personSeconds), RecordField("approved_by", \.approvedBy),
        RecordField("attempts", \.attempts), RecordField("message", \.message),
        RecordField("exit_status", \.exitStatus), RecordField("output", \.output),
        RecordField("failover", \.failover), RecordField("fault", \.fault),
      ]
    }
  }

  /// Something that a reader could take for verified and that was not.
  package struct NotVerified: RecordPart {
    /// A stable name: `oplog`, `restore`, `suite`, `step`, `objective`, `backup`, `replica_set`,
    /// `witness`, `baseline`.
    package var code = ""
    /// One sentence.
    package var message = ""

    package init() {}
    package init(_ code: String, _ message: String) {
      self.code = code
      self.message = message
    }

    package static var fields: [RecordField<NotVerified>] {
      [RecordField("code", \.code), RecordField("message", \.message)]
    }
  }
}

extension Phase: RecordPart {
  package init() { self.init("", seconds: 0) }

  package static var fields: [RecordField<Phase>] {
    func rate(_ amount: Int?, _ seconds: Double) -> Double? {
      amount.flatMap { seconds > 0 ? Double($0) / seconds : nil }
    }
    return [
      RecordField("name", \.name), RecordField("seconds", \.seconds), RecordField("documents", \.documents),
      RecordField("bytes", \.bytes),
      RecordField(derived: "documents_per_second") { rate($0.documents, $0.seconds) },
      RecordField(derived: "bytes_per_second") { rate($0.bytes, $0.seconds) },
    ]
  }
}

extension Outcome: RecordPart {
  package init() {
    self.init(kind: "", suite: "", namespace: nil, name: "", result: .error, message: "")
  }

  package static var fields: [RecordField<Outcome>] {
    [
      RecordField("kind", \.kind), RecordField("suite", \.suite), RecordField("namespace", \.namespace),
      RecordField("name", \.name), RecordField("result", \.result), RecordField("message", \.message),
      RecordField("measured", \.measured), RecordField("expected", \.expected),
      RecordField("observed", \.observed), RecordField("samples", \.samples), RecordField("query", \.query),
      RecordField("seconds", \.seconds),
      // Records of before it was written say it by the kind.
      RecordField(flag: "figure_only", \.figureOnly) {
        $0.result == .pass && $0.expected == nil && ($0.kind == "metric" || $0.kind == "storage")
      },
    ]
  }
}

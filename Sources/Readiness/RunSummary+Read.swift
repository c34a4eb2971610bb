package import Platform
internal import Record

extension RunSummary {
  /// How much of a record is read.
  package enum Depth: Sendable, Hashable {
    /// What is in a summary.
    case summary
    /// Collections and checks, too.
    case details
  }

  /// Reads a record's text. Keys that older versions didn't write are taken for absent. Throws `Failure` of kind
  /// `usage` when it is no record, one of a later schema, or that of another run than its folder says, and of kind
  /// `damaged-backup` when a number in it can't be.
  package init(of runID: String, in folder: String, _ bytes: [UInt8], _ depth: Depth = .summary)
    throws(Failure)
  {
    let path = RunChain.record(of: runID, in: folder)
    let json: JSON
    do throws(MalformedJSON) {
      json = try JSON.parse(bytes, only: depth == .details ? RunSummary.detailed : RunSummary.wanted)
    } catch {
      throw .unreadableRecord(path, error.description)
    }
    if let version = json["schema_version"]?.whole, version > DrillRecord.schemaVersion {
      throw .laterSchema(path, version)
    }
    do throws(MalformedRecord) { try RecordNumbers.check(json) } catch {
      throw .recordOutOfRange(path, error)
    }
    guard let id = json["run_id"]?.text else { throw .unreadableRecord(path, "it has no run_id") }
    guard id.utf8.elementsEqual(runID.utf8) else {
      throw .unreadableRecord(path, "it is the record of run \(id)")
    }
    guard let startedAt = json["started_at"]?.time else {
      throw .unreadableRecord(path, "it doesn't say when it began")
    }
    guard let verdict = json["verdict"]?.text.flatMap({ DrillRecord.Verdict(rawValue: $0) }) else {
      throw .unreadableRecord(path, "it has no verdict")
    }
    self.init(folder: folder, runID: runID, startedAt: startedAt, endedAt: startedAt)
    self.verdict = verdict
    endedAt =
      json["ended_at"]?.time
      ?? json["duration_seconds"]?.number.map { startedAt.adding($0) } ?? startedAt
    time = endedAt
    status = json["status"]?.text.flatMap { DrillRecord.Status(rawValue: $0) } ?? .failed
    exitCode = json["exit_code"]?.whole
    if json["damage"]?.isThere == true { kind = .damage }
    if json["environment"]?["server"]?.isThere == true { kind = .check }
    isResumed = json["resumed"]?.isThere == true
    scenario = json["scenario"]?["name"]?.text ?? ""
    scenarioPath = json["scenario"]?["path"]?.text
    title = json["scenario"]?["title"]?.text
    toolVersion = json["tool"]?["version"]?.text ?? ""
    host = json["environment"]?["host"]?.text ?? ""
    mongodVersion = json["environment"]?["mongod"]?["version"]?.text
    readBackup(json["backup"])
    lastApplied = json["replay"]?["last_applied"]?.text
    isProven = json["replay"]?["proven"]?.flag
    rto = RunSummary.objective(json["objectives"]?["rto"])
    rpo = RunSummary.objective(json["objectives"]?["rpo"])
    phases = (json["phases"]?.list ?? []).map { phase in
      Phase(
        phase["name"]?.text ?? "", seconds: phase["seconds"]?.number ?? 0,
        documents: phase["documents"]?.whole, bytes: phase["bytes"]?.whole)
    }
    steps = (json["steps"]?.list ?? []).map { step in
      Step(
        id: step["id"]?.text ?? "", kind: step["kind"]?.text ?? "", status: step["status"]?.text ?? "",
        seconds: step["seconds"]?.number ?? 0)
    }
    readSummary(json["summary"])
    hint = json["reasons"]?.list?.first?["hint"]?.text
    fault = RunSummary.fault(json["reasons"]?.list ?? [])
    if fault == nil, checks.failed > 0 {
      fault = Fault(
        exitCode: ExitCode.checkFailed.rawValue,
        message: "\(Count.text(checks.failed)) of \(Count.text(checks.asked, "check")) failed")
    }
    rating = json["rating"]?["level"]?.text
    previous = json["previous_run"].flatMap { try? DrillRecord.PreviousRun(json: $0) }
    if depth == .details { details = RunDetails(json) }
  }

  private mutating func readBackup(_ json: JSON?) {
    backup = json?["path"]?.text ?? ""
    backupForm = json?["form"]?.text
    backupBytes = json?["bytes"]?.whole
    backupServerVersion = json?["server_version"]?.text
  }

  private mutating func readSummary(_ json: JSON?) {
    func count(_ key: String) -> Int { json?[key]?.whole ?? 0 }
    sentence = json?["sentence"]?.text ?? ""
    checks = Checks(
      asked: count("checks"), passed: count("passed"), warned: count("warned"), failed: count("failed"),
      errors: count("errors"), skipped: count("skipped"))
    collections = count("collections")
    documents = count("documents")
    bytes = count("bytes")
    indexes = count("indexes")
  }

  /// Reasons that speak of a command, a person or a server: whoever stops a task stops these, too.
  private static let bystanders: Set<String> = [
    "command-failed", "not-approved", "failover-failed", "fault-not-as-expected",
  ]

  private static func fault(_ reasons: [JSON]) -> Fault? {
    let codes: Set<Int> = [
      ExitCode.checkFailed.rawValue, ExitCode.objectiveMissed.rawValue, ExitCode.damagedBackup.rawValue,
    ]
    for reason in reasons {
      guard let code = reason["exit_code"]?.whole, codes.contains(code),
        !bystanders.contains(reason["code"]?.text ?? "")
      else { continue }
      return Fault(exitCode: code, message: reason["message"]?.text ?? "", hint: reason["hint"]?.text)
    }
    return nil
  }

  private static func objective(_ json: JSON?) -> DrillRecord.Objective? {
    guard let json, json.isThere else { return nil }
    return DrillRecord.Objective(
      limit: json["limit_seconds"]?.number, warn: json["warn_seconds"]?.number,
      measured: json["measured_seconds"]?.number)
  }

  /// Whether it is there is all that is asked of it, and it can be large.
  private static let presence = JSONSelection.members([:])

  private static let parts: [String: JSONSelection] = {
    func members(_ keys: String...) -> JSONSelection {
      .members(Dictionary(uniqueKeysWithValues: keys.map { ($0, .all) }))
    }
    return [
      "schema_version": .all, "run_id": .all, "status": .all, "verdict": .all, "exit_code": .all,
      "started_at": .all, "ended_at": .all, "duration_seconds": .all, "tool": members("version"),
      "scenario": members("name", "title", "path"),
      "environment": .members(["host": .all, "mongod": members("version"), "server": presence]),
      "backup": members("path", "form", "bytes", "server_version"),
      "replay": members("last_applied", "proven"), "objectives": members("rto", "rpo"),
      "phases": .elements(members("name", "seconds", "documents", "bytes")),
      "steps": .elements(members("id", "kind", "status", "seconds")), "damage": presence,
      "summary": .all, "reasons": .elements(members("exit_code", "code", "message", "hint")),
      "resumed": presence, "rating": members("level"),
      "previous_run": .all,
    ]
  }()

  private static let wanted = JSONSelection.members(parts)

  private static let detailed: JSONSelection = {
    var all = parts
    let keys = ["kind", "suite", "namespace", "name", "result", "expected", "figure_only"]
    var check: [String: JSONSelection] = Dictionary(uniqueKeysWithValues: keys.map { ($0, .all) })
    // Of what checks measured, the indexes that are as they should be.
    check["measured"] = .members(["matching": .all])
    all["checks"] = .elements(.members(check))
    all["backup"] = .members([
      "path": .all, "form": .all, "bytes": .all, "server_version": .all, "collections": .all,
      "files": .all,
      "problems": .elements(.members(["namespace": .all, "subject": .all])), "problem_count": .all,
    ])
    all["scenario"] = .members([
      "name": .all, "title": .all, "path": .all,
      "resolved": .members(["steps": .elements(.members(["restore": .members(["indexes": .all])]))]),
    ])
    all["shards"] = .elements(presence)
    return .members(all)
  }()
}

extension RunDetails {
  init(_ json: JSON) {
    collections = (json["backup"]?["collections"]?.list ?? []).compactMap { one in
      guard let source = one["source"]?.text else { return nil }
      func count(_ key: String) -> Int { one[key]?.whole ?? 0 }
      return DrillRecord.Collection(
        source: source, target: one["target"]?.text, note: one["note"]?.text, documents: count("documents"),
        bytes: count("bytes"), repeated: count("repeated"), inserted: count("inserted"),
        atTarget: one["at_target"]?.whole, indexes: count("indexes"))
    }
    checks = (json["checks"]?.list ?? []).map { one in
      Check(
        kind: one["kind"]?.text ?? "", suite: one["suite"]?.text ?? "", namespace: one["namespace"]?.text,
        name: one["name"]?.text ?? "", result: one["result"]?.text ?? "",
        matching: (one["measured"]?["matching"]?.list ?? []).compactMap(\.text),
        isFigure: RunDetails.isFigure(one))
    }
    files = (json["backup"]?["files"]?.list ?? []).compactMap { one in
      guard let path = one["path"]?.text, let bytes = one["bytes"]?.whole, let sha256 = one["sha256"]?.text
      else { return nil }
      return DrillRecord.FileDigest(path: path, bytes: bytes, sha256: sha256)
    }
    problems = (json["backup"]?["problems"]?.list ?? []).map { one in
      Problem(namespace: one["namespace"]?.text ?? "", subject: one["subject"]?.text ?? "")
    }
    isOfSet = json["shards"]?.list?.isEmpty == false
    leavesIndexesOut = DrillRecord.Scenario.leavesIndexesOut(json["scenario"]?["resolved"] ?? .null)
    // Documents that didn't arrive are told by their collection's own figures, however many of them have a name.
    let unnamed = (json["backup"]?["problem_count"]?.whole ?? 0) - problems.count
    let named = problems.count { $0.subject == "document" }
    let missing = collections.reduce(0) { RecordNumbers.sum($0, $1.missing) }
    isAnyUnnamed = unnamed > max(0, missing - named)
  }

  /// As the record says it, or, of records of versions that didn't, by its kind.
  private static func isFigure(_ check: JSON) -> Bool {
    if check["figure_only"]?.flag == true { return true }
    let notes = ["metric", "storage"].contains(check["kind"]?.text ?? "")
    return notes && check["result"]?.text == "pass" && check["expected"]?.text == nil
  }
}

extension JSON {
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  var list: [JSON]? { if case .array(let list) = self { list } else { nil } }
  var isThere: Bool { self != .null }
  var whole: Int? { if case .integer(let number) = self { Int(number) } else { nil } }
  var time: WallTime? { text.flatMap { WallTime(rfc3339: $0) } }
  var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}

extension WallTime {
  /// So many seconds later, or earlier.
  package func adding(_ seconds: Double) -> WallTime {
    let whole = seconds.rounded(.down)
    var time = self
    time.seconds += Int(whole)
    time.nanoseconds += Int((seconds - whole) * 1e9)
    if time.nanoseconds >= 1_000_000_000 {
      time.seconds += 1
      time.nanoseconds -= 1_000_000_000
    }
    return time
  }
}

extension Failure {
  static func unreadableRecord(_ path: String, _ cause: String) -> Failure {
    Failure(
      .usage, "record-unreadable", "not a record of mongodrill", at: Place(path),
      hint: "Look at it; `mongodrill history --verify` says whether it was changed.", cause: cause)
  }

  static func laterSchema(_ path: String, _ version: Int) -> Failure {
    Failure(
      .usage, "later-record",
      "the record has version \(version) of the schema, this mongodrill reads \(DrillRecord.schemaVersion)",
      at: Place(path), hint: "Use the version of mongodrill that wrote it, or a later one.")
  }
}

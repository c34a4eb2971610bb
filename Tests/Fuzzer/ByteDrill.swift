import Facts
import Platform

/// The drill of a backup with one change that `verify` doesn't notice.
struct ByteDrill {
  /// What the drill came to.
  enum Answer: String, CaseIterable {
    case refused, failedChecks, failedWitness
    /// The witness's digests among them: nothing that is restored is another.
    case passed
  }

  /// The program that drills: MONGODRILL_PROGRAM, or the one beside this.
  private static let program =
    Environment["MONGODRILL_PROGRAM"] ?? Files.join(Files.folder(of: FuzzOrder.program), "mongodrill")

  /// Restores the changed copy in `folder`, and asks its checks. The answer is nil when it is no answer: a crash, an end
  /// that says nothing of the backup, none in time; then `how` says which.
  static func run(_ form: SmallBackup, _ change: ByteChange, in folder: String) throws -> (
    answer: Answer?, how: String
  ) {
    try ByteSweep.lay(form, in: folder)
    let scratch = Scratch(path: folder)
    try scratch.write(change.applied(to: Files.read(scratch[change.file])), to: change.file)
    var scenario = try Files.text(of: scratch["scenario.yaml"])
    if form.slices != nil {
      scenario = scenario.split(separator: "replay: {to: dump-end}").joined(
        separator: "replay: {to: witness}")
      scenario += "oplog: [{path: slices}]\n"
      try scratch.write(scenario, to: "scenario.yaml")
    }
    let done = try Supervisor.shared.capture(
      ChildSpec(
        [
          program, "run", "scenario.yaml", "--param",
          "backup=\(form.backup)", "--param", "witness=\(form.witness)", "--progress", "none", "--report-dir",
          "reports",
        ], workingDirectory: folder), timeout: 120)
    let last = done.errorOutput.text.split(separator: "\n").last.map { ": \($0)" } ?? ""
    let how = done.isTimedOut ? "no end in two minutes" : "\(done.status)\(last)"
    let bad = failedChecks(in: scratch["reports"])
    switch (done.isTimedOut, done.status) {
    case (false, .exited(0)): return (.passed, how)
    // Data that can't be read (65), a definition that can't be (78).
    case (false, .exited(65)) where bad.isEmpty, (false, .exited(78)) where bad.isEmpty:
      return (.refused, how)
    // A check without data to ask has no answer (4), whatever failed beside it.
    case (false, .exited(65)), (false, .exited(78)),
      (false, .exited(1)) where !bad.isEmpty,
      (false, .exited(4)) where !bad.isEmpty && isUnanswered(in: scratch["reports"]):
      return (bad.contains { $0["suite"] == "own" } ? .failedChecks : .failedWitness, how)
    default: return (nil, how)
    }
  }

  /// The checks of the one drill whose record lies there that failed or had no data to ask.
  private static func failedChecks(in reports: String) -> [JSON] {
    guard case .array(let checks)? = record(in: reports)?["checks"] else { return [] }
    return checks.filter { $0["result"] == "fail" || $0["result"] == "error" }
  }

  /// Whether what decides is a check without an answer, and no server that is gone.
  private static func isUnanswered(in reports: String) -> Bool {
    guard case .array(let reasons)? = record(in: reports)?["reasons"] else { return false }
    return reasons.first?["code"] == "check-error"
  }

  private static func record(in reports: String) -> JSON? {
    guard let run = try? Files.names(in: reports).first(where: { $0 != "chain.jsonl" }),
      let bytes = try? Files.read(Files.join(reports, "\(run)/report.json"))
    else { return nil }
    return try? JSON.parse(bytes)
  }
}

internal import Arguments
internal import Fleet
internal import Platform
internal import Readiness
internal import Record
internal import Reports

/// `mongodrill readiness POLICY`.
enum ReadinessCommand: Command {
  static let policy = Positional.one("POLICY", help: "A policy file: what is due.")
  static let at = Option.value(
    "--at", placeholder: "TIME", kind: .age,
    help:
      "Judges that moment instead of now: 30d for so long ago, or a time such as 2026-11-01T00:00:00Z. What came "
      + "later isn't looked at.")
  static let html = Option.value(
    "--html", placeholder: "FILE", kind: .path,
    help: "Writes the answer into a file that needs no other, too.")

  static let syntax = CommandSyntax(
    name: "readiness", summary: "says whether backups and drills are as often and as good as a policy asks",
    description: [
      "Reads the policy, the records of a folder of reports, and the places where backups lie, and gives a table: each "
        + "requirement is COMPLIANT (at the target), WARNING (past it, within the limit) or NON_COMPLIANT (past the limit, "
        + "or nothing shows it), with the evidence. Where --report-dir, or the policy's `reports`, is a fleet's folder of "
        + "records, the drills of all rounds count for the system of the same name. A level (EXCELLENT, GOOD, FAIR, CRITICAL) and alerts say how bad it is.",
      "`mongodrill schema --of readiness` prints the JSON Schema of policies.",
    ],
    positionals: [policy], options: [OptionGroup("Options", [RunCommand.reports, at, html])],
    examples: [
      Example("mongodrill readiness policy.yaml", "As a gate: 0, 3 or 1."),
      Example(
        "mongodrill readiness policy.yaml --report-dir /var/lib/drills --html readiness.html",
        "For an audit."),
      Example(
        "mongodrill readiness policy.yaml --at 2026-10-01T00:00:00Z", "As it was at the quarter's end."),
    ],
    exits: .codes([
      .pass: "All is COMPLIANT.", .checkFailed: "Something is NON_COMPLIANT.",
      .warnings: "The worst is a WARNING.",
      .incomplete: "Something could not be read or written.", .usage: nil,
      .internal: nil, .invalidScenario: "The policy is invalid.", .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let policy: Policy
    do throws(InvalidPolicy) { policy = try Policy(file: values[self.policy]) } catch {
      throw Failures(all: error.failures)
    }
    let now = WallTime.now
    let time = values[at] ?? now
    let folder = values[RunCommand.reports] ?? policy.reports ?? "reports"
    let isOfFleet = RunIndex.isOfFleet(folder)
    let index =
      isOfFleet
      ? try FleetRuns(in: folder).index : try RunIndex(reading: folder, depth: .details, now: max(now, time))
    // A fleet's records lie in folders of their own, each the first of its chain.
    let chain = policy.asksUnalteredRecords && !isOfFleet ? try ChainVerification(of: folder) : nil
    let answer = ReadinessAnswer(policy, index, try FoundBackups(of: policy), chain: chain, at: time)
    if let file = values[html] {
      try Files.writeAtomically(ReadinessPage(answer).text.utf8, to: file, mode: 0o600)
    }
    session.result(
      text: ReadinessReport(answer).text(color: session.console.resultHasColor)
        + (values[html].map { "\nPage: \($0.visible)\n" } ?? ""), json: answer.json)
    return answer.status.exitCode.status
  }
}

extension Compliance {
  /// What the gate ends with.
  fileprivate var exitCode: ExitCode {
    switch self {
    case .compliant: .pass
    case .warning: .warnings
    case .nonCompliant: .checkFailed
    }
  }
}

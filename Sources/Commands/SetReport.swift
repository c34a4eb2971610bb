internal import Arguments
internal import Drills
internal import Platform
internal import Record
internal import Replay

/// What `verify` says of a sharded set, which only a scenario names: each part by itself, and the moment that they share.
struct SetReport {
  private let scenario: Scenario
  private let set: ShardedSource
  private let target: Target?

  /// Nil when the argument is no scenario of a sharded set.
  init?(_ values: Values, _ target: Target?) throws {
    let path = values[VerifyCommand.backup]
    let isFile = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
    guard isFile || Files.exists(Files.join(path, Scenario.fileName)) else { return nil }
    let scenario = try ScenarioFlags.scenario(path)
    guard let set = scenario.set else { return nil }
    if !values[RestoreCommand.oplog].isEmpty { throw Failure.slicesOfSet() }
    self.scenario = scenario
    self.set = set
    self.target = target
  }

  /// Reads all parts and tells what was found; the exit status.
  func tell(_ session: Session) throws -> Int32 {
    let color = session.console.resultHasColor
    var text = ""
    var parts: [JSON] = []
    var isGood = true
    for (name, part) in set.all {
      session.events(.note("\(name ?? "config servers"): \(part.path)"))
      let report = try VerifyCommand.report(
        on: part.path, slices: part.oplog, nil, since: Clock.monotonic, session)
      isGood = isGood && report.isGood
      text +=
        "== \((name.map { "Shard \($0)" } ?? "Config servers").visible)\n\n" + report.text(color: color)
        + "\n"
      parts.append(["name": .string(name ?? "config"), "report": report.json])
    }
    var through = JSON.null
    var objection = JSON.null
    if isGood {
      let options = DrillOptions(runID: "verify", version: Version.text)
      do throws(Failure) {
        guard let plan = try SetDrillPlan(scenario, options: options, target: target) else {
          return ExitCode.internal.status
        }
        text += Style.green.paint("Every part reaches \(plan.through).", if: color) + "\n"
        through = .string(plan.through)
      } catch {
        guard error.kind == .damagedBackup else { throw error }
        isGood = false
        text +=
          Style.red.paint("The parts have no such moment in common.", if: color)
          + " \(error.description.visible)\n"
        if let hint = error.hint { text += "  HINT: \(hint.visible)\n" }
        objection = error.json
      }
    } else {
      text += "A moment that all parts share was not looked for.\n"
    }
    session.result(
      text: text,
      json: .record([
        "path": .string(scenario.backup), "form": "sharded set", "whole": .bool(isGood),
        "parts": .array(parts),
        "through": through, "objection": objection,
      ]))
    return (isGood ? ExitCode.pass : .damagedBackup).status
  }
}

extension ScenarioFlags {
  /// One scenario, with its parameters' defaults. Throws all that is wrong with it.
  fileprivate static func scenario(_ path: String) throws(Failures) -> Scenario {
    do { return try Scenario(path) } catch { throw Failures(all: error.failures) }
  }
}

extension Failure {
  fileprivate static func slicesOfSet() -> Failure {
    Failure(
      .usage, "slices-of-set", "--oplog with a sharded set, whose parts name their own slices",
      hint: "Write `oplog` beside the `path` of each part.")
  }
}

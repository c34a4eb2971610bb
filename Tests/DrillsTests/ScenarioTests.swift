import Checks
import Configuration
import Drills
import Platform
import Testing

/// Reads a scenario from its text, in a folder of its own.
func scenario(_ text: String, parameters: [String: String] = [:], file: String = "scenario.yaml") throws
  -> Scenario
{
  let folder = try TemporaryFolder()
  let path = Files.join(folder.path, file)
  try Files.writeAtomically(text.utf8, to: path)
  return try Scenario(file: path, parameters: parameters)
}

/// What is wrong with a scenario: `line:column code` each, and the hints.
func problems(_ text: String, parameters: [String: String] = [:]) -> [(place: String, hint: String?)] {
  do {
    _ = try scenario(text, parameters: parameters)
    return []
  } catch let invalid as InvalidScenario {
    return invalid.failures.map { failure in
      ("\(failure.place?.line ?? 0):\(failure.place?.column ?? 0) \(failure.code)", failure.hint)
    }
  } catch {
    return [("\(error)", nil)]
  }
}

/// A scenario that says everything that can be said.
let wholeScenario = """
  version: 1
  title: Shop, the whole base
  tags: [monthly, dr]
  parameters:
    who: {type: string, default: nobody}
    most: {type: duration, default: 30m}
  backup: {path: backups/base}
  sandbox: {mongod: ">=6.0 <7", topology: standalone, cache: 1GiB}
  objectives:
    rto: {max: "${most}", warn: 20m}
  stop_conditions: [{disk_free: "< 5GB"}, {elapsed: "> 2h"}]
  steps:
    - {id: restore, restore: {include: ["shop.*"], rename: {shop.*: test.*}, no_replay: true}}
    - {id: verify, check: [core], timeout: 5m, on_failure: abort}
    - {id: smoke, run: {argv: [./smoke.sh, "$${HOME}"], env: {URI: "${sandbox.uri}", WHO: "${who}"}}, retries: 2}
    - run: {argv: [true]}
  checks:
    core:
      test.orders:
        - count: {min: 5000}
  rollbacks:
    - run: {argv: [./notify.sh, "${verdict}"]}
      timeout: 10s
  """

private let least = "version: 1\nbackup: {path: b}\n"
private let kinds = Steps.kinds.map { "`\($0.name)`" }.joined(separator: ", ")

@Suite("A scenario file")
struct ScenarioTests {
  @Test("is read whole")
  func reads() throws {
    let scenario = try scenario(wholeScenario, parameters: ["most": "40m"])
    #expect(scenario.title == "Shop, the whole base")
    #expect(scenario.tags == ["monthly", "dr"])
    #expect(scenario.backup.hasSuffix("/backups/base"))
    #expect(scenario.sandbox.mongod == ">=6.0 <7" && scenario.sandbox.cache == 1 << 30)
    #expect(scenario.objectives.rtoLimit == 2400 && scenario.objectives.rtoWarning == 1200)
    #expect(scenario.stopConditions == [.diskFree(below: 5_000_000_000), .elapsed(above: 7200)])
    #expect(scenario.steps.map(\.id) == ["restore", "verify", "smoke", "run"])
    #expect(scenario.steps.map(\.kind) == ["restore", "check", "run", "run"])
    #expect(scenario.steps[1].timeout == 300 && scenario.steps[1].onFailure == .abort)
    let restore = try #require(scenario.steps[0].action as? RestoreStep)
    #expect(restore.include == ["shop.*"] && restore.noReplay && restore.indexes)
    #expect(restore.rename.map { "\($0.from)=\($0.to)" } == ["shop.*=test.*"])
    let smoke = try #require(scenario.steps[2].action as? RunStep)
    #expect(smoke.arguments.map { $0.resolved([:]) } == ["./smoke.sh", "${HOME}"])
    #expect(
      smoke.environment.map { $0.value.resolved(["sandbox.uri": "mongodb://x"]) } == [
        "mongodb://x", "nobody",
      ])
    #expect(scenario.steps[2].retries == 2)
    #expect(scenario.suites?.map(\.name) == ["core"])
    #expect(scenario.rollbacks.map(\.id) == ["rollback-run"])
    #expect(scenario.sha256?.utf8.count == 64)
    #expect(scenario.resolved["parameters"]?["most"] == "40m")
    #expect(scenario.resolved["objectives"]?["rto"]?["max"] == "40m")
  }

  @Test("without steps restores and asks what follows from the backup")
  func defaults() throws {
    let scenario = try scenario(least)
    #expect(scenario.steps.map(\.kind) == ["restore", "check"])
    #expect(scenario.suites == nil)
    #expect(scenario.resolved["steps"] == [["restore": [:]], ["check": []]])
  }

  @Test("takes its name from its folder, or from its own")
  func names() throws {
    let folder = try TemporaryFolder()
    try Files.createFolder(Files.join(folder.path, "shop-pitr"))
    let inside = Files.join(folder.path, "shop-pitr/scenario.yaml")
    try Files.writeAtomically(least.utf8, to: inside)
    #expect(try Scenario(inside).name == "shop-pitr")
    #expect(try Scenario(Files.folder(of: inside)).path == inside)
    let beside = Files.join(folder.path, "nightly.yml")
    try Files.writeAtomically(least.utf8, to: beside)
    #expect(try Scenario(beside).name == "nightly")
  }

  @Test(
    "need not be: a backup's path is a scenario of its own",
    arguments: ["/backups/base", "-", "x.archive.gz"])
  func backupAlone(path: String) throws {
    let scenario = try Scenario(path)
    #expect(scenario.backup == path && scenario.path == nil && scenario.suites == nil)
    #expect(scenario.steps.map(\.kind) == ["restore", "check"])
    #expect(throws: InvalidScenario.self) { try Scenario(path, parameters: ["a": "b"]) }
  }

  @Test(
    "is refused with the place and a hint",
    arguments: [
      ("titel: x\n" + least, ["1:1 unknown-key"], #"Did you mean "title"?"#),
      (least + "version: 1\n", ["3:1 duplicate-key"], "It stands first in line 1; keep one of the two."),
      ("version: one\nbackup: {path: b}\n", ["1:10 wrong-type"], nil),
      ("version: 2\nbackup: {path: b}\n", ["1:10 wrong-type"], nil),
      ("version: 1\n", ["1:1 missing-key"], nil),
      (least + "title: [a]\n", ["3:8 wrong-type"], nil),
      (
        "version: 1\nbackup: {from: b, pick: newest}\n", ["2:25 wrong-type"], nil
      ),
      ("version: 1\nbackup: {from: b}\n", ["2:9 missing-key"], nil),
      (
        "version: 1\nbackup: {path: b, pick: for_target}\n", ["2:9 missing-key", "2:10 unknown-key"], nil
      ),
      ("version: 1\nbackup: {command: []}\n", ["2:19 invalid-value"], nil),
      ("version: 1\nbackup: {path: b, command: [cat, b]}\n", ["2:10 unknown-key"], nil),
      (least + "oplog: [{pth: o}]\n", ["3:9 missing-key", "3:10 unknown-key"], nil),
      (least + "objectives: {rpo: {max: 5m}}\n", ["3:19 missing-key"], nil),
      (least + "objectives: {rpo: {max: 5m, reference: soon}}\n", ["3:40 invalid-value"], nil),
      (least + "objectives: {rpo: {reference: \"1:1\"}}\n", ["3:19 empty-objective"], nil),
      (
        least + "objectives: {rpo: {max: 1m, warn: 2m, reference: \"1:1\"}}\n", ["3:35 invalid-value"], nil
      ),
      (least + "steps: [{replay: {to: yesterday}}]\n", ["3:23 invalid-target"], nil),
      (
        least + "steps: [{replay: {to: 2026-11-21T14:30:00}}]\n", ["3:23 invalid-target"],
        "Add Z for UTC, or an offset such as +01:00."
      ),
      (
        least + "steps: [{replay: {until_failing: croe}}]\nchecks: {core: {s.o: [count]}}\n",
        ["3:34 unknown-suite", "4:10 suite-not-asked"], #"Did you mean "core"?"#
      ),
      (least + "steps: [{replay: {from: dump-end}}]\n", ["3:25 invalid-value"], nil),
      (
        least + "steps: [{replay: {skip: {op: upd}}}]\n", ["3:25 invalid-match"], nil
      ),
      (least + "steps:\n  - {id: a, restor: {}}\n", ["4:13 unknown-key"], #"Did you mean "restore"?"#),
      (
        least + "steps:\n  - {id: a}\n", ["4:5 step-without-action"],
        "Give it one of \(kinds)."
      ),
      (
        least + "steps:\n  - {restore: {}, retries: 1}\n", ["4:28 not-repeatable"],
        "Leave it out, and run the drill again when it failed for a passing reason."
      ),
      (
        least + "steps:\n  - {restore: {}, check: []}\n", ["4:19 step-with-two-actions"],
        "Make them two steps."
      ),
      (
        least + "steps:\n  - {id: a, restore: {}}\n  - {id: a, check: []}\n", ["5:10 duplicate-step"],
        "The first stands in line 4; ids are unique."
      ),
      (
        least + "steps: [{restore: {}}, {check: [croe]}]\nchecks: {core: {s.o: [count]}}\n",
        ["3:33 unknown-suite", "4:10 suite-not-asked"], #"Did you mean "core"?"#
      ),
      (
        least + "title: ${whom}\nparameters: {who: {default: x}}\n", ["3:8 unknown-parameter"],
        #"Did you mean "who"?"#
      ),
      (
        least + "parameters: {who: {type: integer}}\ntitle: for ${who}\n", ["3:19 missing-parameter"],
        "Give it with --param who=…, or give it a default."
      ),
      (least + "parameters: {n: {type: integer, default: many}}\n", ["3:42 invalid-value"], nil),
      (least + "objectives: {rto: {max: 20m, warn: 30m}}\n", ["3:36 invalid-value"], nil),
      (
        least + "objectives: {rto: {}}\n", ["3:19 empty-objective"],
        "Give it `max`, `warn` or both, or `regression`."
      ),
      (least + "stop_conditions: [{disk_free: 5GB}]\n", ["3:31 wrong-type"], nil),
      (least + "stop_conditions: [{}]\n", ["3:19 not-one-condition"], nil),
      (least + "rollbacks: [{restore: {}}]\n", ["3:14 unknown-key"], nil),
      (least + "steps: [{run: {argv: []}}]\n", ["3:22 invalid-value"], nil),
      (least + "sandbox: {topology: sharded}\n", ["3:21 wrong-type"], nil),
      (
        "titel: x\nversion: x\nbackup: {pth: b}\n",
        ["1:1 unknown-key", "2:10 wrong-type", "3:9 missing-key", "3:10 unknown-key"],
        #"Did you mean "title"?"#
      ),
    ] as [(String, [String], String?)])
  func refuses(text: String, places: [String], hint: String?) {
    let found = problems(text)
    #expect(found.map(\.place) == places)
    if let hint { #expect(found.first?.hint == hint) }
  }

  @Test("refuses a parameter of another type, and one that it doesn't have")
  func givenParameters() {
    let text = least + "parameters: {most: {type: duration, default: 1m}}\n"
    #expect(problems(text, parameters: ["most": "soon"]).map(\.place) == ["3:20 wrong-parameter"])
    #expect(problems(text, parameters: ["mots": "1m"]).first?.hint == #"Did you mean "most"?"#)
  }

  @Test("that can't be read says why")
  func unreadable() {
    #expect { try Scenario("/nowhere/scenario.yaml") } throws: { error in
      (error as? InvalidScenario)?.failures.map(\.code) == ["unreadable-file"]
    }
  }
}

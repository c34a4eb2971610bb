import BSON
import Drills
import Glibc
import Platform
import Record
import Reports
import TestSupport
import Testing

extension Tag {
  /// Needs a real `mongod`, and fails without one.
  @Tag static var mongod: Self
}

/// The shop's files in the repository.
let shop = {
  var folder = Files.folder(of: #filePath)
  for _ in 0..<1 { folder = Files.folder(of: folder) }
  return Files.join(folder, "Fixtures/shop/base")
}()

/// Drills a scenario or a backup.
func drill(_ scenario: Scenario, change: (inout DrillOptions) -> Void = { _ in }) -> DrillRecord {
  var options = DrillOptions(runID: "20261121T130449Z-test", version: "0.0.0")
  change(&options)
  return Drill(scenario, options: options, events: { _ in }).run()
}

/// A scenario about the shop's dump, without its oplog unless said. Its files lie in `folder`.
func shopScenario(
  _ rest: String, restore: String = "{no_replay: true}", backup: String = "\(shop)/dump",
  in folder: TemporaryFolder
) throws -> Scenario {
  let path = Files.join(folder.path, "scenario.yaml")
  let text = """
    version: 1
    backup: {path: \(backup)}
    steps:
    - {id: restore, restore: \(restore)}
    \(rest)
    """
  try Files.writeAtomically(text.utf8, to: path)
  return try Scenario(file: path)
}

private let soundChecks = """
  - {id: verify, check: [core]}
  checks:
    core:
      shop.orders: [{count: {min: 5000}}, indexes]
  """

/// One collection alone, where it is not about the data.
private let ordersOnly = "{no_replay: true, include: [shop.orders]}"

@Suite("A drill", .needsFixtures, .tags(.mongod))
struct DrillTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("whose capped collection can't hold what the backup holds fails, and says why")
  func capped() throws {
    let database = Files.join(folder.path, "dump/app")
    try Files.createFolder(database, parents: true)
    var bytes: [UInt8] = []
    for number in 1...1000 {
      let document: Document = [
        "_id": .int32(Int32(number)), "p": .string(String(repeating: "x", count: 90)),
      ]
      bytes += document.bytes
    }
    try Files.writeAtomically(bytes, to: Files.join(database, "log.bson"))
    try Files.writeAtomically(
      #"{"options":{"capped":true,"size":4096},"indexes":[],"collectionName":"log","type":"collection"}"#
        .utf8,
      to: Files.join(database, "log.metadata.json"))
    let checks = "- {id: verify, check: [core]}\nchecks: {core: {app.log: [options]}}"
    let record = drill(
      try shopScenario(checks, backup: Files.join(folder.path, "dump"), in: folder))
    #expect(record.verdict == .fail && record.exitCode == .checkFailed, "\(record.reasons)")
    #expect(record.reasons.first?.code == "capped-overflow" && record.reasons.first?.hint != nil)
    #expect(record.rating?.level == .needsReview)
    let log = try #require(record.backup.collections.first)
    #expect(log.missing > 900 && log.inserted + log.missing == 1000)
    try expectValid(record)
  }

  @Test("of a backup alone restores all of it and finds it whole", arguments: ["dump", "full.archive.gz"])
  func backup(form: String) throws {
    let record = drill(try Scenario(Files.join(shop, form))) { $0.noReplay = true }
    #expect(record.status == .completed)
    #expect(record.verdict == .pass && record.exitCode == .pass && record.reasons.isEmpty)
    #expect(record.summary.collections == 19 && record.summary.documents > 8500)
    for kind in ["count", "indexes", "validate"] { #expect(record.checks.count { $0.kind == kind } == 18) }
    #expect(record.checks.allSatisfy { $0.result == .pass && $0.suite == "standard" })
    // What held for all values of the dump.
    let references = record.checks.filter { $0.kind == "references" }
    #expect(references.contains { $0.namespace == "crm.contacts" && $0.message.hasPrefix("300 references") })
    #expect(references.count(where: { $0.namespace == "shop.orders" }) == 2)
    #expect(record.phases.map(\.name) == ["read", "sandbox", "restore", "indexes", "checks", "cleanup"])
    #expect(record.notVerified.contains { $0.code == "oplog" })
    #expect(record.objectives.rto?.measuredSeconds ?? 0 > 0)
    let sandbox = try #require(record.environment.sandbox)
    #expect(!sandbox.kept && !Files.exists(sandbox.directory))
    try expectValid(record)
  }

  @Test("of a scenario does its steps in order, in the sandbox")
  func steps() throws {
    let script = """
      - id: smoke
        run: {argv: [sh, -c, "echo $URI $MONGODRILL_URI; pwd; test $WHO = me"], env: {URI: "${sandbox.uri}", WHO: me}}
      \(soundChecks)
      objectives: {rto: {max: 5m}}
      """
    let record = drill(try shopScenario(script, restore: "{no_replay: true, include: [shop.*]}", in: folder))
    #expect(record.exitCode == .pass)
    #expect(record.steps.map(\.status) == [.completed, .completed, .completed])
    let output = (record.steps[1].output ?? "").split { $0 == " " || $0 == "\n" }.map(String.init)
    #expect(output.count == 3 && output[0].hasPrefix("mongodb://") && output[0] == output[1])
    #expect(output.last == (try Files.realPath(folder.path)))
    #expect(record.objectives.rto?.met == true)
    #expect(record.notVerified.contains { $0.message == "crm.contacts: not selected" })
    try expectValid(record)
  }

  @Test("whose check fails ends with 1, and shows what failed")
  func failingCheck() throws {
    let script = """
      - {id: verify, check: [core]}
      - {id: after, run: {argv: ["true"]}}
      checks:
        core:
          shop.orders: [{count: {min: 6000}}]
      objectives: {rto: {max: 1ms}}
      rollbacks:
        - run: {argv: [sh, -c, "echo ${verdict} ${exit_code} > told"]}
      """
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.status == .completed && record.verdict == .fail && record.exitCode == .checkFailed)
    #expect(record.reasons.first?.code == "check-failed")
    #expect(record.steps.map(\.status) == [.completed, .failed, .completed])
    // Data that failed its checks was not recovered: there is no time to speak of.
    #expect(record.objectives.rto?.measuredSeconds == nil)
    #expect(record.rollbacks.map(\.status) == [.completed])
    #expect(try Files.text(of: Files.join(folder.path, "told")) == "fail 1\n")
    #expect(Renderer.markdown.draw(record).contains("### FAIL: count of shop.orders"))
    try expectValid(record)
  }

  @Test("misses its objective with good data: 2")
  func missedObjective() throws {
    let record = drill(
      try shopScenario(soundChecks + "\nobjectives: {rto: {max: 1ms}}", restore: ordersOnly, in: folder))
    #expect(record.verdict == .fail && record.exitCode == .objectiveMissed)
    #expect(record.objectives.rto?.met == false)
    try expectValid(record)
  }

  @Test("without a check proves nothing: 5")
  func noChecks() throws {
    let record = drill(try shopScenario("", restore: ordersOnly, in: folder))
    #expect(record.status == .completed && record.verdict == .inconclusive && record.exitCode == .notVerified)
    #expect(record.reasons.map(\.code) == ["nothing-checked"])
  }

  @Test("of a backup with a file cut inside a document ends with 65, and names the place")
  func cutFile() throws {
    let copy = Files.join(folder.path, "dump")
    try copyTree(Files.join(shop, "dump"), to: copy)
    let orders = Files.join(copy, "shop/orders.bson")
    #expect(truncate(orders, off_t(try Files.size(of: orders) - 10)) == 0)
    let record = drill(try shopScenario(soundChecks, backup: copy, in: folder))
    #expect(record.status == .failed && record.verdict == .fail && record.exitCode == .damagedBackup)
    #expect(record.reasons.first?.message.contains("shop/orders.bson at byte ") == true)
    #expect(record.steps.map(\.status) == [.failed, .skipped])
    #expect(record.notVerified.contains { $0.code == "check" })
    #expect(record.environment.sandbox.map { Files.exists($0.directory) } == false)
    try expectValid(record)
  }

  @Test(
    "that can't begin says why",
    arguments: [
      ("{path: nowhere}", "{}", "", ExitCode.backupNotFound, "backup-not-found"),
      ("{path: \(shop)/dump}", "{include: [nothing]}", "", .usage, "nothing-included"),
      ("{path: \(shop)/dump}", "{no_replay: true, include: [nothing]}", "", .usage, "nothing-included"),
      ("{path: \(shop)/dump}", "{no_replay: true}", "{mongod: ./mongod}", .noServer, "mongod-not-usable"),
      ("{path: \(shop)/dump}", "{no_replay: true}", "{mongod: \">=99\"}", .noServer, "no-mongod"),
      ("{path: \(shop)/dump}", "{no_replay: true}", "{directory: missing}", .incomplete, "no-sandbox-dir"),
    ])
  func cannotBegin(backup: String, restore: String, sandbox: String, code: ExitCode, reason: String) throws {
    let text = """
      version: 1
      backup: \(backup)
      \(sandbox.isEmpty ? "" : "sandbox: \(sandbox)")
      steps: [{restore: \(restore)}, {check: []}]
      rollbacks: [{run: {argv: [touch, told]}}]
      """
    let path = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(text.utf8, to: path)
    let record = drill(try Scenario(file: path))
    #expect(record.status == .failed && record.verdict == .inconclusive && record.exitCode == code)
    #expect(record.reasons.first?.code == reason)
    #expect(record.steps.allSatisfy { $0.status == .skipped })
    #expect(Files.exists(Files.join(folder.path, "told")))
    try expectValid(record)
  }

  @Test("ends when a command says no, unless the step says to go on", arguments: [true, false])
  func command(goesOn: Bool) throws {
    let script = """
      - {id: smoke, run: {argv: [sh, -c, "echo no luck; exit 3"]}, on_failure: \(goesOn ? "continue" : "abort"), retries: 1}
      \(soundChecks)
      """
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.exitCode == .checkFailed && record.reasons.first?.code == "command-failed")
    #expect(record.steps[1].exitStatus == 3 && record.steps[1].output == "no luck\n")
    #expect(record.steps[1].attempts == 2)
    #expect(record.steps[2].status == (goesOn ? .completed : .skipped))
    #expect(record.checks.isEmpty == !goesOn)
    try expectValid(record)
  }

  @Test("asks checks again as often as it may, and only the last answers count")
  func checksAgain() throws {
    let script = """
      - {id: later, check: [later], retries: 3}
      checks:
        later:
          shop: [{command: {argv: [sh, -c, "echo x >> seen; test $(wc -l < seen) -ge 3"]}}]
      """
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.steps[1].attempts == 3 && record.steps[1].status == .completed, "\(record.reasons)")
    #expect(record.checks.map(\.result) == [.pass] && record.verdict == .pass)
    try expectValid(record)
  }

  @Test("gives a step that took longer than it may no pass, however short that is")
  func shortTimeout() throws {
    let record = drill(
      try shopScenario(
        "- {id: pause, wait: 50ms, timeout: 1ms}\n\(soundChecks)", restore: ordersOnly, in: folder))
    #expect(record.reasons.contains { $0.code == "step-timed-out" } && record.exitCode == .incomplete)
    try expectValid(record)
  }

  @Test("whose mongod dies in the middle ends with 4, and says what became of it")
  func deadServer() throws {
    let script = """
      - {id: kill, run: {argv: [sh, -c, "kill -9 $(cat ${sandbox.directory}/db/mongod.lock)"]}}
      \(soundChecks)
      """
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.status == .failed && record.exitCode == .incomplete)
    #expect(record.reasons.first?.code == "mongod-died")
    #expect(record.steps.map(\.status) == [.completed, .completed, .failed])
    try expectValid(record)
  }

  @Test("gives up at a stop condition", arguments: ["{elapsed: \"> 1s\"}", "{disk_free: \"< 900TB\"}"])
  func stopCondition(condition: String) throws {
    let script = """
      - {id: wait, run: {argv: [sleep, "600"]}}
      \(soundChecks)
      stop_conditions: [\(condition)]
      rollbacks: [{run: {argv: [sh, -c, "sleep 0.2; echo ${status} > told"]}}]
      """
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.status == .aborted && record.exitCode == .incomplete)
    #expect(record.reasons.first?.code == "stop-condition")
    #expect(try Files.text(of: Files.join(folder.path, "told")) == "aborted\n")
    #expect(record.environment.sandbox.map { Files.exists($0.directory) } != true)
    try expectValid(record)
  }

  @Test("ends when a step takes longer than it may")
  func timeout() throws {
    let script = "- {id: wait, run: {argv: [sleep, \"600\"]}, timeout: 200ms}\n" + soundChecks
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.exitCode == .incomplete && record.reasons.first?.code == "step-timed-out")
    #expect(record.steps[1].seconds < 60)
  }

  @Test("ends when a restore takes longer than it may")
  func restoreTimeout() throws {
    let path = Files.join(folder.path, "scenario.yaml")
    let text = """
      version: 1
      backup: {path: \(shop)/dump}
      steps: [{restore: {no_replay: true}, timeout: 1ms}, {check: []}]
      """
    try Files.writeAtomically(text.utf8, to: path)
    let record = drill(try Scenario(file: path))
    #expect(record.exitCode == .incomplete && record.reasons.first?.code == "step-timed-out")
    #expect(record.checks.isEmpty)
  }

  @Test("keeps the sandbox's files when asked to, and says where")
  func keep() throws {
    let record = drill(try shopScenario(soundChecks, restore: ordersOnly, in: folder)) { $0.keep = true }
    let sandbox = try #require(record.environment.sandbox)
    defer { try? Files.removeTree(sandbox.directory) }
    #expect(record.exitCode == .pass && sandbox.kept)
    #expect(Files.exists(Files.join(sandbox.directory, "db/WiredTiger")))
    #expect(Renderer.markdown.draw(record).contains("data kept in `\(sandbox.directory)`"))
  }

  @Test("whose rollback fails ends with 6 when all else was well")
  func rollback() throws {
    let script = soundChecks + "\nrollbacks: [{id: undo, run: {argv: [\"false\"]}}]"
    let record = drill(try shopScenario(script, restore: ordersOnly, in: folder))
    #expect(record.verdict == .pass && record.exitCode == .cleanupFailed)
    #expect(record.rollbacks.map(\.status) == [.failed])
    #expect(
      record.summary.sentence.hasPrefix("The backup can be recovered, but cleaning up failed: rollback undo"))
  }
}

@Suite("A drill's plan")
struct DrillPlanTests {
  @Test("names what would be restored, asked and needed")
  func plan() throws {
    let folder = try TemporaryFolder()
    let scenario = try shopScenario(
      soundChecks,
      restore: "{no_replay: true, include: [shop.*], rename: {shop.*: test.*}, exclude: [shop.types]}",
      in: folder)
    // The check is of a collection that has another name then: that is for the check to say.
    let plan = try DrillPlan(scenario, options: DrillOptions(runID: "x", version: "0"))
    #expect(plan.text.contains("shop.orders"))
    #expect(plan.text.contains("as test.orders"))
    #expect(plan.text.contains("not restored: not selected"))
    #expect(plan.text.contains("Checks of suite core: 2"))
    #expect(plan.json["steps"]?.array?.count == 2)
    #expect(plan.json["backup"]?["form"] == "dump directory")
    #expect(plan.preflight.diskNeeded ?? 0 > 1_000_000)
  }

  @Test("is refused where the drill would be")
  func refused() throws {
    let scenario = try Scenario(Files.join(shop, "nowhere"))
    #expect { try DrillPlan(scenario, options: DrillOptions(runID: "x", version: "0")) } throws: { error in
      (error as? Failure)?.code == "backup-not-found"
    }
  }
}

extension JSON {
  fileprivate var array: [JSON]? { if case .array(let values) = self { values } else { nil } }
}

func copyTree(_ source: String, to target: String) throws {
  try Files.createFolder(target)
  for name in try Files.names(in: source) {
    let (from, to) = (Files.join(source, name), Files.join(target, name))
    if Files.isDirectory(from) {
      try copyTree(from, to: to)
    } else {
      try Files.writeAtomically(try Files.read(from), to: to)
    }
  }
}

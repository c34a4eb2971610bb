import Configuration
import Drills
import Glibc
import Platform
import Record
import Reports
import Testing

@Suite("Steps that wait", .tags(.mongod))
struct PersonTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func scenario(_ steps: String) throws -> Scenario {
    try shopScenario(
      """
      \(steps)
        - {id: verify, check: [core]}
        checks: {core: {shop.orders: [count: {min: 5000}]}}
      """.replacing("\n  ", with: "\n"), restore: "{no_replay: true, include: [shop.orders]}", in: folder)
  }

  @Test("a person's approval is in the record, and the time that they took is no part of the recovery time")
  func approved() throws {
    let scenario = try scenario("- {id: go, approve: {question: Go on?, role: owner}, planned: 5m}")
    let record = drill(scenario) {
      $0.ask = { question in
        #expect(question == "Go on? (owner) Your name to approve, nothing to refuse: ")
        _ = Monitor(0).wait(atMost: 1.5) { _ -> Int? in nil }
        return "Ada"
      }
    }
    #expect(record.verdict == .pass, "\(record.reasons)")
    let step = try #require(record.steps.first { $0.id == "go" })
    #expect(step.approvedBy == "Ada" && step.plannedSeconds == 300)
    let waited = try #require(step.personSeconds)
    #expect(waited >= 1.5)
    let measured = try #require(record.objectives.rto?.measuredSeconds)
    #expect(measured <= record.durationSeconds - waited + 0.01)
    let phase = try #require(record.phases.first { $0.name == "approve" })
    #expect(phase.seconds < waited)
  }

  @Test(
    "nobody to ask, no name and the end of the input all keep the drill from going on", arguments: [0, 1, 2])
  func refused(how: Int) throws {
    let record = drill(try scenario("- {id: go, approve: Go on?}")) {
      if how == 1 { $0.ask = { _ in "" } }
      if how == 2 { $0.ask = { _ in nil } }
    }
    // Where it is known beforehand that nobody can be asked, nothing is begun.
    #expect(
      record.steps.map(\.status)
        == (how == 0 ? [.skipped, .skipped, .skipped] : [.completed, .failed, .skipped]))
    #expect(record.exitCode == (how == 0 ? .incomplete : .checkFailed), "\(record.reasons)")
    if how != 0 { #expect(record.verdict == .fail && record.reasons[0].code == "not-approved") }
    if how == 0 { #expect(record.reasons[0].hint == "Give it beforehand: --approve go=NAME.") }
    #expect(record.steps[1].approvedBy == nil)
  }

  @Test("a refusal after the last check, and one that the drill goes on after, is no pass either")
  func refusedAtEnd() throws {
    let script = """
      - {id: verify, check: [core]}
      - {id: right, approve: Is the data right?}
      - {id: fine, approve: Is that fine?, on_failure: continue}
      checks: {core: {shop.orders: [count: {min: 5000}]}}
      """
    for refused in ["right", "fine"] {
      let scenario = try shopScenario(
        script, restore: "{no_replay: true, include: [shop.orders]}", in: folder)
      let record = drill(scenario) { $0.ask = { $0.contains(refused) ? "" : "Ada" } }
      #expect(record.checks.map(\.result) == [.pass])
      #expect(record.verdict == .fail && record.exitCode == .checkFailed, "\(record.reasons)")
      #expect(record.reasons.first?.code == "not-approved")
      try expectValid(record)
    }
  }

  /// A kind of step that fails without saying what that means.
  private struct SilentFailure: StepKind {
    static let name = "wait"
    static let summary = ""
    static let abortsOnFailure = false
    static let shape: Shape<SilentFailure> = Shape<String>.string.map("nothing") { _, _, _ in SilentFailure()
    }

    func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { StepResult(failure: "it failed") }
  }

  @Test("a step that failed is no pass, whatever its kind leaves unsaid")
  func silent() throws {
    var scenario = try scenario("- {id: go, wait: 1ms}")
    scenario.steps[1].action = SilentFailure()
    let record = drill(scenario)
    #expect(record.checks.map(\.result) == [.pass])
    #expect(record.verdict == .fail && record.exitCode == .checkFailed, "\(record.reasons)")
    #expect(record.reasons.first?.code == "step-failed")
    #expect(record.reasons.first?.message == "step go: it failed")
  }

  @Test("a person who doesn't answer is waited for no longer than the step may take")
  func noAnswer() throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    // Else a question that nothing ends would hold the tests up for ever.
    _ = try Threads.start {
      _ = Monitor(0).wait(atMost: 60) { _ -> Int? in nil }
      close(writing)
    }
    defer { close(reading) }
    let record = drill(try scenario("- {id: go, approve: Go on?, timeout: 300ms}")) {
      $0.ask = { _ in try Terminal.line(from: reading) }
    }
    #expect(record.reasons.first?.code == "step-timed-out" && record.exitCode == .incomplete)
    #expect(record.steps[1].status == .aborted && record.steps[1].seconds < 30, "\(record.steps[1])")
    #expect(record.environment.sandbox.map { Files.exists($0.directory) } != true)
  }

  @Test("an approval given beforehand asks nobody")
  func beforehand() throws {
    let record = drill(try scenario("- {id: go, approve: Go on?}")) {
      $0.approvals = ["go": "Grace"]
      $0.ask = { _ in
        Issue.record("asked")
        return nil
      }
    }
    #expect(record.verdict == .pass && record.steps[1].approvedBy == "Grace")
  }

  @Test("waits for a time, and for a command to say that it is so")
  func waits() throws {
    let mark = Files.join(folder.path, "mark")
    let record = drill(
      try scenario(
        """
        - {id: pause, wait: 300ms}
          - {id: until, wait: {until: [sh, -c, "test -e \(mark) || { touch \(mark); exit 1; }"], every: 50ms, for: 2m}}
        """))
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(record.steps[1].seconds >= 0.3)
    #expect(record.steps[2].exitStatus == 0 && record.steps[2].seconds < 60)
  }

  @Test("a wait that is in vain fails the drill")
  func inVain() throws {
    let record = drill(try scenario("- {id: until, wait: {until: [\"false\"], every: 50ms, for: 200ms}}"))
    #expect(record.steps[1].status == .failed)
    #expect(record.steps[1].message?.hasPrefix("not so after 200 ms") == true, "\(record.steps[1])")
    #expect(record.verdict == .fail && record.exitCode == .checkFailed)
  }

  @Test("the runbook and the metadata are in the record; the command line's metadata win")
  func runbook() throws {
    let path = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(
      """
      version: 1
      backup: {path: \(shop)/dump}
      severity: critical
      description: All members are lost.
      detection: The pager.
      owner: Ada
      contacts: [dba@example.org]
      preflight: [Is the ticket open?]
      follow_up: [Tell the auditor.]
      metadata: {ticket: OPS-1, requested_by: audit}
      steps: [{id: restore, restore: {no_replay: true, include: [crm.contacts]}}, {check: [core]}]
      checks: {core: {crm.contacts: [count: {min: 1}]}}
      """.utf8, to: path)
    let record = drill(try Scenario(file: path)) { $0.meta = [("ticket", "OPS-2")] }
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(
      record.environment.meta.map { "\($0.key)=\($0.value)" } == ["requested_by=audit", "ticket=OPS-2"])
    let runbook = try #require(record.scenario.runbook)
    #expect(runbook.severity == "critical" && runbook.followUp == ["Tell the auditor."])
    let report = Renderer.markdown.draw(record)
    #expect(report.contains("- [ ] Is the ticket open?"))
  }
}

import Glibc
import Platform
import TestSupport
import Testing

/// A fleet of small dumps, in a folder that goes with the test.
private struct SmallFleet {
  let folder: String
  var file: String { Files.join(folder, "fleet.yaml") }
  var records: String { Files.join(folder, "records") }

  /// `systems` are lines below `systems:`; `dump` is a small backup beside the file.
  init(_ systems: String, in folder: String, head: String = "") throws {
    self.folder = folder
    _ = try Dump(in: folder)
    try Files.createFolder(Files.join(folder, "sandboxes"))
    try Files.writeAtomically(
      "version: 1\nrecords: records\n\(head)systems:\n\(systems)\n".utf8, to: Files.join(folder, "fleet.yaml")
    )
  }

  var environment: [String: String] {
    var environment = Mongodrill.environment
    for name in environment.keys where name.hasPrefix("SLURM_") || name.hasPrefix("MONGODRILL_ROUND") {
      environment[name] = nil
    }
    environment["MONGODRILL_SANDBOX_DIR"] = Files.join(folder, "sandboxes")
    return environment
  }

  func run(_ words: String..., with variables: [String: String] = [:]) throws -> Mongodrill.Run {
    try Mongodrill.run(
      ["fleet"] + words, environment: environment.merging(variables) { $1 }, in: folder)
  }

  /// The same in another environment than the tests', but for where sandboxes lie.
  func run(_ words: String..., only variables: [String: String]) throws -> Mongodrill.Run {
    var variables = variables
    variables["MONGODRILL_SANDBOX_DIR"] = Files.join(folder, "sandboxes")
    return try Mongodrill.run(["fleet"] + words, environment: variables, in: folder)
  }

  /// What lies below a task's folder, attempt by attempt in the order in which they began.
  func attempts(_ task: String, round: String = "r") throws -> [String] {
    let path = Files.join(records, "rounds/\(round)/tasks/\(task)")
    return try Files.names(in: path).map { Files.join(path, $0) }
  }

  func json(_ path: String) throws -> JSON { try JSON.parse(Files.read(path)) }
  func result(_ attempt: String) throws -> JSON { try json(Files.join(attempt, "result.json")) }
}

@Suite("A fleet", .tags(.mongod), .timeLimit(.minutes(10)))
struct FleetTests {
  @Test("a task leaves its records, is chosen by the engine's index, and run twice it gives one answer")
  func task() throws {
    try withFolder { folder in
      let fleet = try SmallFleet("  a: {backup: nowhere}\n  b: {backup: dump, owner: us}", in: folder)
      let first = try fleet.run("run", fleet.file, "--round", "r", with: ["SLURM_ARRAY_TASK_ID": "1"])
      #expect(first.status == 0, "\(first.errorOutput)")
      #expect(first.output.hasPrefix("PASS  The backup can be recovered"))
      let second = try fleet.run("run", fleet.file, "--round", "r", "--task", "1")
      #expect(second.status == 0)
      let attempts = try fleet.attempts("0001-b")
      #expect(attempts.count == 2)
      for attempt in attempts {
        let result = try fleet.result(attempt)
        #expect(result["status"] == "ran" && result["exit_code"] == 0)
        guard case .string(let id)? = result["run_id"] else { throw Failure(.internal, "no-id", "\(result)") }
        let report = Files.join(attempt, "\(id)/report.json")
        #expect(result["report_sha256"] == .string(SHA256.hex(of: try Files.read(report))))
        #expect(try fleet.json(report)["scenario"]?["name"] == "b")
      }
      #expect(try fleet.json(Files.join(attempts[0], "attempt.json"))["system"] == "b")
      // The other one was never begun.
      let report = try fleet.run("report", "records", "--output", "json")
      #expect(report.status == 5)
      #expect(try Files.names(in: Files.join(folder, "sandboxes")).isEmpty)
    }
  }

  @Test(
    "a backup that isn't there and a scenario with mistakes are answers of their own tasks, and stop no other"
  )
  func invalid() throws {
    try withFolder { folder in
      let fleet = try SmallFleet(
        "  gone: {backup: nowhere}\n  wrong: {scenario: wrong.yaml}\n  good: {backup: dump}", in: folder)
      try Files.writeAtomically("version: 1\nbakup: {}\n".utf8, to: Files.join(folder, "wrong.yaml"))
      let lint = try fleet.run("lint", fleet.file)
      #expect(lint.status == 78)
      #expect(lint.output.contains("wrong.yaml:2:1: unknown key `bakup`"), "\(lint.output)")
      #expect(lint.output.contains("fleet.yaml:4:3: system `gone`: there is no backup at"), "\(lint.output)")
      let round = try fleet.run("run", fleet.file, "--round", "r", "--progress", "plain")
      #expect(round.status == 78, "\(round.output)\(round.errorOutput)")
      #expect(round.errorOutput.contains("[3/3]"))
      let codes = try ["0000-gone", "0001-wrong", "0002-good"].map { task in
        try fleet.result(try #require(fleet.attempts(task).last))["exit_code"]
      }
      #expect(codes == [66, 78, 0])
    }
  }

  @Test("a passing reason ends in 75, and the last attempt in the drill's own code")
  func passing() throws {
    try withFolder { folder in
      let fleet = try SmallFleet("  a: {backup: dump, attempts: 2}", in: folder)
      let codes = try (1...2).map { _ in
        try fleet.run("run", fleet.file, "--round", "r", "--task", "0", "--mongod", "/nonexistent/mongod")
          .status
      }
      #expect(codes == [75, 69])
      #expect(try fleet.attempts("0000-a").map { try fleet.result($0)["exit_code"] } == [75, 69])
      // Once there is a mongod, it is answered all the same.
      #expect(try fleet.run("run", fleet.file, "--round", "r", "--task", "0").status == 0)
      #expect(try fleet.run("report", "records").status == 0)
    }
  }

  @Test("records that can't be reached are a passing reason, and nothing is begun")
  func unreachable() throws {
    try withFolder { folder in
      let fleet = try SmallFleet("  a: {backup: dump}", in: folder)
      let run = try fleet.run(
        "run", fleet.file, "--round", "r", "--task", "0", "--records", "\(folder)/fleet.yaml/below")
      #expect(run.status == 75)
      #expect(run.errorOutput.contains("the place of the fleet's records can't be used"))
    }
  }

  @Test("a round that was begun with another file takes no task of this one")
  func other() throws {
    try withFolder { folder in
      let fleet = try SmallFleet("  a: {backup: nowhere}", in: folder)
      #expect(try fleet.run("run", fleet.file, "--round", "r", "--task", "0").status == 66)
      try Files.writeAtomically(
        (try Files.text(of: fleet.file) + "  b: {backup: dump}\n").utf8, to: fleet.file)
      let run = try fleet.run("run", fleet.file, "--round", "r", "--task", "0")
      #expect(run.status == 78)
      #expect(run.errorOutput.contains("round r was begun with another fleet file"))
      #expect(try fleet.run("run", fleet.file, "--round", "r2", "--task", "0").status == 66)
    }
  }

  @Test("a task that was killed is run again when the round goes on; what has an answer isn't")
  func goingOn() throws {
    try withFolder { folder in
      let fleet = try SmallFleet(
        "  slow: {scenario: slow.yaml}\n  quick: {backup: dump}", in: folder,
        head: "machines: {cores: 1, memory: 4GB}\n")
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: dump}
        steps:
          - restore: {}
          - {id: slow, run: {argv: [sh, -c, "test -e go || sleep 600"]}}
          - check: []
        """.utf8, to: Files.join(folder, "slow.yaml"))
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "fleet", "run", fleet.file, "--round", "r", "--task", "0"],
          environment: fleet.environment, workingDirectory: folder, output: .null, errorOutput: .null))
      #expect(eventually(for: 60) { ((try? fleet.attempts("0000-slow")) ?? []).count == 1 })
      child.kill()
      #expect(try fleet.run("run", fleet.file, "--round", "r", "--task", "1").status == 0)
      #expect(try fleet.run("report", "records").status != 0)
      try Files.writeAtomically("".utf8, to: Files.join(folder, "go"))
      let round = try fleet.run("run", fleet.file, "--round", "r")
      #expect(round.status == 0, "\(round.output)\(round.errorOutput)")
      #expect(round.errorOutput.contains("1 have an answer already"))
      #expect(try fleet.attempts("0000-slow").count == 2)
      #expect(try fleet.attempts("0001-quick").count == 1)
      // What the killed one had begun is gone, too.
      #expect(
        eventually { (try? Files.names(in: Files.join(folder, "sandboxes")).isEmpty) ?? false })
    }
  }

  @Test(
    "a signal ends a round with all its tasks, and leaves no process and no sandbox",
    arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    try withFolder { folder in
      let systems = (0..<3).map { "  s\($0): {scenario: slow.yaml}" }.joined(separator: "\n")
      let fleet = try SmallFleet(systems, in: folder, head: "machines: {cores: 2, memory: 8GB}\n")
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: dump}
        steps:
          - restore: {}
          - {id: slow, run: {argv: [sleep, "601"]}}
          - check: []
        """.utf8, to: Files.join(folder, "slow.yaml"))
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "fleet", "run", fleet.file, "--round", "r"], environment: fleet.environment,
          workingDirectory: folder, output: .null, errorOutput: .null))
      let sandboxes = Files.join(folder, "sandboxes")
      #expect(eventually(for: 60) { ((try? Files.names(in: sandboxes)) ?? []).count == 2 })
      child.signal(signal)
      #expect(child.wait(timeout: 60) == .exited(128 + signal))
      #expect(try Files.names(in: sandboxes).isEmpty)
      // Both that ran say so; the third was never begun.
      #expect(try Files.names(in: Files.join(fleet.records, "rounds/r/tasks")).count == 2)
      #expect(try fleet.result(try #require(fleet.attempts("0000-s0").last))["exit_code"] == 75)
      let report = try fleet.run("report", "records")
      #expect(report.status != 0)
    }
  }

  @Test("the plan says what fits, from the file, the backups and earlier rounds")
  func plan() throws {
    try withFolder { folder in
      let fleet = try SmallFleet(
        "  small: {backup: dump}\n  huge: {backup: dump, resources: {memory: 900GB}}", in: folder,
        head: "machines: {count: 2, memory: 16GB, disk: 100GB, cores: 4}\n")
      let plan = try fleet.run("plan", fleet.file)
      #expect(plan.status == 4, "\(plan.errorOutput)")
      #expect(plan.output.contains("system `huge` takes more than one machine gives"))
      #expect(plan.output.contains("0000-small"))
      let json = try JSON.parse(Array(try fleet.run("plan", fleet.file, "--output", "json").output.utf8))
      #expect(json["too_large"] == ["huge"])
      guard case .array(let tasks)? = json["tasks"] else { throw Failure(.internal, "no-tasks", "\(json)") }
      #expect(tasks.map { $0["system"] } == ["small"])
      #expect(tasks.map { $0["earlier_runs"] } == [0])
      #expect(try fleet.run("run", fleet.file, "--round", "r", "--task", "0").status == 0)
      let again = try JSON.parse(Array(try fleet.run("plan", fleet.file, "--output", "json").output.utf8))
      guard case .array(let known)? = again["tasks"] else { throw Failure(.internal, "no-tasks", "\(json)") }
      #expect(known.map { $0["earlier_runs"] } == [1])
    }
  }

  @Test("a budget is spent on what was never proven, then on what was longest ago; the rest is named")
  func rotation() throws {
    try withFolder { folder in
      // A drill of which nothing is known is taken for five seconds: one of them fits.
      let fleet = try SmallFleet(
        "  a: {backup: dump}\n  b: {backup: dump}\n  c: {backup: dump, every: 7d}", in: folder,
        head: "machines: {cores: 1, memory: 2GB}\nbudget: 6s\npolicy: policy.yaml\n")
      try Files.writeAtomically(
        """
        version: 1
        systems:
          c: {scenarios: "*", full_backup: false, slices: false, drills: false, each_scenario: false, proven: {within: 7d}}
        """.utf8, to: Files.join(folder, "policy.yaml"))
      #expect(try fleet.run("lint", fleet.file).status == 0)
      func task(_ round: String, _ index: Int) throws -> Mongodrill.Run {
        try fleet.run("run", fleet.file, "--round", round, "--task", "\(index)")
      }
      #expect(
        try task("r1", 1).output
          == "LEFT OUT  b has no turn in round r1: It was left to another round by the budget.\n")
      #expect(try task("r1", 2).status == 0)
      #expect(try task("r1", 0).output.hasPrefix("PASS  "))
      #expect(!Files.exists(Files.join(fleet.records, "rounds/r1/tasks/0001-b")))
      // Left out without a proof is no pass.
      let report = try fleet.run("report", fleet.file)
      #expect(report.status == 5 && report.output.contains("2 left out of this round"), "\(report.output)")
      // On this machine: b first, which was never proven.
      let second = try fleet.run("run", fleet.file, "--round", "r2", "--progress", "plain")
      #expect(second.errorOutput.contains("left to another round by the budget"), "\(second.errorOutput)")
      #expect(second.errorOutput.contains("0001-b: passed"), "\(second.errorOutput)")
      #expect(try task("r2", 2).output.hasPrefix("LEFT OUT  c "))
      #expect(try task("r3", 2).output.hasPrefix("PASS  "))
      // Now c isn't due, and a was proven longest ago.
      let plan = try JSON.parse(Array(try fleet.run("plan", fleet.file, "--output", "json").output.utf8))
      guard case .array(let left)? = plan["left_out"], case .array(let tasks)? = plan["tasks"] else {
        throw Failure(.internal, "no-plan", "\(plan)")
      }
      #expect(left.last?["system"] == "c" && left.last?["reason"] == "not-due", "\(left)")
      #expect(tasks.contains { $0["system"] == "a" }, "\(tasks)")
    }
  }

  @Test("a plan names what the fleet's policy calls overdue, and lint a policy of others")
  func policy() throws {
    try withFolder { folder in
      let fleet = try SmallFleet(
        "  a: {backup: dump}\n  b: {backup: dump}", in: folder, head: "policy: policy.yaml\n")
      func ask(_ system: String) throws {
        try Files.writeAtomically(
          """
          version: 1
          systems:
            \(system): {scenarios: "*", full_backup: false, slices: false, drills: false, each_scenario: false, proven: {within: 7d, namespaces: [shop.orders]}}
          """.utf8, to: Files.join(folder, "policy.yaml"))
      }
      try ask("b")
      let plan = try fleet.run("plan", fleet.file)
      #expect(plan.status == 0, "\(plan.output)\(plan.errorOutput)")
      #expect(
        plan.output.contains(
          "Overdue\nsystem  what                       found  asked\nb       last proof of shop.orders  never  within 7d 00h"
        ),
        "\(plan.output)")
      try ask("elsewhere")
      let lint = try fleet.run("lint", fleet.file)
      #expect(lint.status == 78 && lint.output.contains("names no system of this fleet"), "\(lint.output)")
    }
  }

  @Test("records in object storage are the same as in a folder")
  func remote() throws {
    let store = try ObjectStore.shared.get()
    try withFolder { folder in
      let fleet = try SmallFleet("  a: {backup: dump}\n  b: {backup: nowhere}", in: folder)
      let place = "rclone:offsite:\(ObjectStore.bucket)/fleet-\(UInt64.random(in: 0 ... .max))"
      let codes = try (0...1).map { index in
        try fleet.run(
          "run", fleet.file, "--round", "r", "--task", "\(index)", "--records", place,
          only: store.environment()
        ).status
      }
      #expect(codes == [0, 66])
      let report = try fleet.run("report", place, only: store.environment())
      #expect(report.status == 66, "\(report.output)\(report.errorOutput)")
      #expect(report.output.contains("1 of 2 systems can be recovered"), "\(report.output)")
      let broken = try fleet.run(
        "run", fleet.file, "--round", "r", "--task", "0", "--records", place,
        only: store.environment(secret: "wrong"))
      #expect(broken.status == 75, "\(broken.errorOutput)")
    }
  }
}

import Platform
import TestSupport
import Testing

@Suite("The gate before a release")
struct GateTests {
  private static let script =
    Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/docs/recipes/gate.sh"

  /// What a record says, as far as the gate looks; nil for a file that is no record.
  struct Run: Sendable {
    var id: String
    var state: (status: String, verdict: String)? = ("completed", "pass")
    /// How long ago it began.
    var days = 1.0
    var scenario: (name: String, path: String?) = ("shop", "/etc/mongodrill/shop/scenario.yaml")
    var picked: (pick: JSON, backup: String, place: String?) = (.null, "/backups/1", nil)
    var more: [String: JSON] = [:]

    /// One that lasted a second.
    func json(now: WallTime) -> JSON {
      let began = WallTime(seconds: now.seconds - Int(days * 86_400))
      var fields: [String: JSON] = [
        "scenario": [
          "name": .string(scenario.name), "path": scenario.path.map(JSON.string) ?? .null,
          "resolved": ["backup": ["pick": picked.pick]],
        ],
        "backup": [
          "path": .string(picked.backup),
          "notes": .array(
            picked.place.map { [.string("\(picked.backup): \($0), of 2026-11-20T02:00:07Z by its sidecar")] }
              ?? []),
        ],
        "environment": ["server": .null], "damage": .null, "resumed": .null,
        "status": .string(state?.status ?? ""), "verdict": .string(state?.verdict ?? ""),
        "started_at": .string(began.textWithMilliseconds),
        "ended_at": .string(WallTime(seconds: began.seconds + 1).textWithMilliseconds),
      ]
      fields.merge(more) { $1 }
      return .object(fields.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) })
    }
  }

  /// The drills of `pick: all` of as many backups, of which those that are given failed.
  private static func series(
    _ count: Int, failed: Set<Int> = [], drilled: Int? = nil, hoursAgo: Double = 24,
    pick: JSON = "all"
  ) -> [Run] {
    (1...(drilled ?? count)).map { number in
      Run(
        id: "20261120T00000\(number)Z-shop",
        state: failed.contains(number) ? ("completed", "fail") : ("completed", "pass"),
        days: (hoursAgo * 3600 - Double(number)) / 86_400,
        picked: (pick, "/backups/\(number)", pick == "all" ? "backup \(number) of \(count)" : nil))
    }
  }

  private func ask(_ runs: [Run], complaint: String?) throws {
    try withFolder { folder in
      let now = WallTime.now
      for run in runs {
        try Files.createFolder(Files.join(folder, run.id))
        let text = run.state == nil ? "cut sho" : run.json(now: now).text()
        try Files.writeAtomically(text.utf8, to: Files.join(folder, "\(run.id)/report.json"))
      }
      let gate = try Supervisor.shared.capture(
        ChildSpec([Self.script, "shop", "7", folder]), timeout: 60)
      #expect(
        gate.status == .exited(complaint == nil ? 0 : 1), "\(gate.output.text)\(gate.errorOutput.text)")
      if let complaint { #expect(gate.errorOutput.text.contains(complaint), "\(gate.errorOutput.text)") }
    }
  }

  private static let first = "20261119T000000Z-shop"
  private static let next = "20261120T000000Z-shop"

  @Test(
    "opens for a drill that passed lately, and for nothing else",
    arguments: [
      ([Run(id: next)], nil),
      ([Run(id: next, days: 8.1)], "is 8 days old"),
      ([Run(id: next, state: ("completed", "fail"))], "is 'completed fail'"),
      ([Run(id: next, state: ("completed", "warn"))], "is 'completed warn'"),
      ([Run(id: next, state: ("aborted", "inconclusive"))], "is 'aborted inconclusive'"),
      ([Run(id: first, days: 2), Run(id: next, state: ("completed", "fail"))], "is 'completed fail'"),
      ([Run(id: first, state: ("completed", "fail"), days: 2), Run(id: next)], nil),
      ([Run(id: "20261120T000000Z-web-shop", scenario: ("web-shop", "/w"))], "there is no drill of shop"),
      ([Run(id: next, state: nil)], "is no record"),
      ([Run(id: first, days: 2), Run(id: next, state: nil)], "is no record"),
      ([Run(id: first, state: nil, days: 2), Run(id: next)], nil),
      ([Run(id: next, days: -1)], "lies in the future"),
    ] as [([Run], String?)])
  func lately(runs: [Run], complaint: String?) throws { try ask(runs, complaint: complaint) }

  @Test(
    "reads the second run of a second, too, and tells it from a scenario of that name",
    arguments: [
      ([Run(id: next), Run(id: "\(next)-2", state: ("completed", "fail"))], "is 'completed fail'"),
      ([Run(id: next, state: ("completed", "fail"), days: 2), Run(id: "\(next)-2")], nil),
      ([Run(id: next), Run(id: "\(next)-2", state: nil)], "is no record"),
      ([Run(id: "\(next)-2", scenario: ("shop-2", "/s"))], "there is no drill of shop"),
    ] as [([Run], String?)])
  func sameSecond(runs: [Run], complaint: String?) throws {
    var runs = runs
    if runs.count == 2, runs[1].state != nil { runs[1].days -= 0.001 }
    try ask(runs, complaint: complaint)
  }

  @Test(
    "takes no drill for the scenario's that isn't one of it",
    arguments: [
      Run(id: next, scenario: ("shop", nil)),
      Run(id: next, more: ["damage": ["faults": []]]),
      Run(id: next, more: ["environment": ["server": ["host": "db1"]]]),
      Run(id: next, more: ["resumed": "20261119T000000Z-shop"]),
    ])
  func others(run: Run) throws {
    try ask([run], complaint: "there is no drill of shop")
    let failed = Run(id: Self.first, state: ("completed", "fail"), days: 2)
    try ask([failed, run], complaint: "is 'completed fail'")
  }

  @Test(
    "asks that the drills of all backups passed which a scenario picks",
    arguments: [
      (series(3), nil),
      (series(3, failed: [1]), "is 'completed fail'"),
      (series(3, failed: [2]), "is 'completed fail'"),
      (series(3, failed: [3]), "is 'completed fail'"),
      (series(3, drilled: 2), "of the 3 backups that shop picks, 2 were drilled"),
      (series(3, pick: ["latest", "oldest", "random"]), nil),
      (series(3, failed: [1], pick: ["latest", "oldest", "random"]), "is 'completed fail'"),
      (series(2, pick: ["latest", "oldest", "random"]), "of the 3 backups that shop picks, 2 were drilled"),
      (series(3, hoursAgo: 8 * 24), "days old"),
    ] as [([Run], String?)])
  func picks(runs: [Run], complaint: String?) throws { try ask(runs, complaint: complaint) }

  @Test(
    "reads of several drills of all backups the last, also where it follows the other at once",
    arguments: [(2, 48.0), (3, 48.0), (3, 24.001)])
  func repeated(failed: Int, hoursAgo: Double) throws {
    let earlier = Self.series(3, failed: [failed], hoursAgo: hoursAgo).map { run in
      var run = run
      run.id = run.id.replacing("20261120", with: "20261119")
      return run
    }
    try ask(earlier + Self.series(3), complaint: nil)
    try ask(earlier + Self.series(3, failed: [1]), complaint: "is 'completed fail'")
  }

  @Test("stays shut when the newest of all backups is damaged", .tags(.mongod))
  func damagedBackup() throws {
    try withFolder { folder in
      let folder = Files.join(folder, "shop")
      for day in ["2026-11-18", "2026-11-19"] {
        try Files.createFolder(Files.join(folder, "backups/\(day)"), parents: true)
        _ = try Dump(in: Files.join(folder, "backups/\(day)"))
      }
      try Files.writeAtomically(
        """
        version: 1
        backup: {from: backups, pick: all}
        checks: {all: {"*": [count: {compare: backup}]}}
        """.utf8, to: Files.join(folder, "scenario.yaml"))
      let reports = Files.join(folder, "reports")
      func isOpen() throws -> Bool {
        try Supervisor.shared.capture(ChildSpec([Self.script, "shop", "7", reports]), timeout: 60)
          .status == .exited(0)
      }
      let good = try Mongodrill.run("run", "scenario.yaml", "-q", in: folder)
      #expect(good.status == 0, "\(good.output)\(good.errorOutput)")
      #expect(try isOpen())
      let orders = Files.join(folder, "backups/2026-11-19/dump/shop/orders.bson")
      try Files.writeAtomically(Files.read(orders).prefix(40), to: orders)
      let bad = try Mongodrill.run("run", "scenario.yaml", "-q", in: folder)
      #expect(bad.status == 65)
      #expect(try !isOpen())
    }
  }
}

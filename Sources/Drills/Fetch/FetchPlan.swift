internal import Backups
internal import Checks
package import Platform
internal import Sandbox

/// What a drill would do whose backup, or oplog, is fetched first: as much as can be said without fetching.
package struct FetchPlan: Sendable {
  /// For people.
  package let text: String
  /// For machines.
  package let json: JSON
  /// What would end the drill as things stand.
  package let problems: [Failure]

  /// Nil where nothing is fetched.
  package init?(_ scenario: Scenario, options: DrillOptions) {
    guard scenario.isFetched else { return nil }
    let preflight = Preflight(fetching: scenario, options: options)
    let (room, mongod) = (preflight.room, preflight.mongod)
    let remotes = ([scenario.fetch].compactMap(\.self) + scenario.fetchedOplog).map(\.address)
    let problems = preflight.problems
    self.problems = problems

    var lines = ["Scenario   \(scenario.title ?? scenario.name)" + (scenario.path.map { " (\($0))" } ?? "")]
    lines.append("Backup     \(scenario.backup)")
    if let command = scenario.command {
      lines.append("           decoded by \(UserCommand(command).name)")
    }
    lines += scenario.oplog.map { "Oplog      \($0)" }
    lines.append(
      "Fetched    first, with rclone: \(remotes.joined(separator: ", ")); what is in it, and how large it is, shows then"
    )
    switch mongod {
    case .success(let found): lines.append("mongod     \(found.path) (\(found.version))")
    case .failure(let failure): lines.append("mongod     \(failure.message)")
    }
    switch room {
    case .success(let room): lines.append("Disk       \(ByteSize.format(room.free)) free in \(room.folder)")
    case .failure(let failure): lines.append("Disk       \(failure.message)")
    }
    lines += ["", "Steps"] + scenario.steps.map { "  \($0.id) (\($0.kind))" }
    for suite in scenario.suites ?? [] {
      lines += ["", "Checks of suite \(suite.name): \(suite.checks.count)"]
      lines += suite.checks.map { "  \($0.subject): \($0.name)" }
    }
    if !problems.isEmpty { lines += ["", "Problems"] + problems.map { "  \($0)" } }
    text = lines.map(\.visible).joined(separator: "\n") + "\n"
    json = .record([
      "scenario": .record(["name": .string(scenario.name), "path": scenario.path.map(JSON.string)]),
      "backup": .record(["path": .string(scenario.backup)]),
      "fetch": .array(remotes.map(JSON.string)),
      "sandbox": .record([
        "directory": (try? room.get()).map { .string($0.folder) } ?? .null,
        "disk_free": (try? room.get()).map { .integer(Int64($0.free)) } ?? .null,
      ]),
      "steps": .array(scenario.steps.map { .record(["id": .string($0.id), "kind": .string($0.kind)]) }),
      "problems": .array(
        problems.map { .record(["code": .string($0.code), "message": .string($0.description)]) }),
    ])
  }
}

extension Preflight {
  /// Before anything is fetched: what it holds, and how large it is, isn't known.
  init(fetching scenario: Scenario, options: DrillOptions) {
    self.init(scenario, options: options, needing: nil, source: nil)
    let path = Environment["PATH"]
    if let remote = scenario.fetch ?? scenario.fetchedOplog.first, Programs.find("rclone", path: path) == nil
    {
      problems.append(.noRclone(remote.address))
    }
    if let command = scenario.command {
      let program = UserCommand(command, folder: scenario.folder).program
      if Programs.isLocked(program) {
        problems.append(.notExecutable(.incomplete, program))
      } else if Programs.find(program, path: path) == nil {
        problems.append(.programNotFound(program))
      }
    }
  }
}

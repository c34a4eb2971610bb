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
    let settings = options.sandbox.or(scenario.sandbox)
    let room = Result { () throws(Failure) in try settings.options(needing: nil, keep: false).room() }
    let mongod = Result { () throws(Failure) in try MongodFinder(settings.mongod).find() }
    let remotes = ([scenario.fetch].compactMap(\.self) + scenario.fetchedOplog).map(\.address)
    var problems: [Failure] = []
    if Programs.find("rclone", path: Environment["PATH"]) == nil { problems.append(.noRclone(remotes[0])) }
    if case .failure(let failure) = mongod { problems.append(failure) }
    if case .failure(let failure) = room { problems.append(failure) }
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

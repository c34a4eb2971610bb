internal import Platform
internal import Record

extension Section {
  /// The machine, the programs, the scenario's file and what the user put in.
  static func environment(_ record: DrillRecord) -> Section {
    let environment = record.environment
    var rows: [[Prose]] = [
      ["mongodrill", Prose(data: record.tool.version)],
      [
        "Machine",
        "\(environment.host), \(environment.os), "
          + Prose(
            own:
              "\(Count.text(environment.cores, "core")), \(ByteSize.format(environment.memoryBytes)) of memory"
          ),
      ],
    ]
    if let mongod = environment.mongod { rows.append(["mongod", "\(mongod.version), \(code: mongod.path)"]) }
    if let server = environment.server {
      rows.append(["Server checked", "\(code: server.address), MongoDB \(server.version)"])
    }
    if let path = record.scenario.path {
      let digest: Prose = record.scenario.sha256.map { ", SHA-256 \(code: $0)" } ?? ""
      rows.append(["Scenario", "\(code: path)" + digest])
    }
    if let sandbox = environment.sandbox {
      let members = sandbox.members.map { "a replica set of \($0), " } ?? ""
      let seeding =
        sandbox.seeding.map {
          "the others seeded by \($0.by) of \(ByteSize.format($0.bytes)) each in \(TimeSpan.format($0.seconds)), "
        } ?? ""
      rows.append([
        "Sandbox",
        "\(own: members)\(seeding)\(code: sandbox.directory), \(own: sandbox.kept ? "kept" : "removed")",
      ])
    }
    if let all = record.backup.filesSHA256 {
      rows.append([
        "Backup's files",
        "\(own: Count.text(record.backup.fileCount ?? 0, "file")), SHA-256 of their list \(code: all)",
      ])
    }
    if let previous = record.previousRun {
      rows.append(["Record before", "\(code: previous.runID), SHA-256 \(code: previous.sha256)"])
    }
    for pair in environment.meta { rows.append([Prose(data: pair.key), Prose(data: pair.value)]) }
    return Section("Environment", [.table(["", ""], rows)])
  }
}

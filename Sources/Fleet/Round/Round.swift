internal import Backups
package import Platform
package import Record

/// One round of a fleet: a place for what its tasks record.
package struct Round: Sendable {
  package let id: String
  package let place: RecordsPlace
  /// Its folder: where it is shared, or, of a remote, a temporary one that only this process sees.
  package let folder: String
  private let tool: DrillRecord.Tool
  private let remote: RemoteFolder?
  let scratch: String

  /// How long one call of rclone may take, in seconds.
  static let patience = 120.0
  /// How long two that begin a round in a remote at once may be apart, in seconds.
  private static let settling = 3.0

  /// `scratch` is a folder for what of a remote has to lie here meanwhile.
  package init(_ id: String, at place: RecordsPlace, scratch: String, tool: DrillRecord.Tool) {
    self.id = id
    self.place = place
    self.tool = tool
    self.scratch = scratch
    switch place {
    case .folder(let records):
      folder = RoundLayout.folder(of: id, in: records)
      remote = nil
    case .remote(let address):
      folder = RoundLayout.folder(of: id, in: scratch)
      remote = RemoteFolder(address, notes: scratch, patience: Round.patience)
    }
  }

  /// Its path below the place of records.
  private var path: String { "\(RoundLayout.rounds)/\(id)" }

  /// Writes `round.json` where there is none, and makes sure that the round is one of this very fleet: `other-fleet`
  /// is thrown else. `turns` is asked only where the round wasn't begun. What keeps the records from being reached is
  /// `records-unreachable`.
  package func begin(_ fleet: Fleet, turns: () throws(Failure) -> RoundTurns) throws(Failure) -> RoundRecord {
    let file = Files.join(folder, RoundLayout.round)
    let bytes = if let found = try begun() { found } else { try write(record(of: fleet, turns())) }
    let record = try RoundRecord(at: file, bytes)
    guard record.fleetSHA256 == fleet.sha256, record.systems.map(\.task) == fleet.systems.map(\.taskName)
    else {
      throw .otherFleet(fleet.path, round: id)
    }
    return record
  }

  /// What `round.json` holds; nil where there is none.
  private func begun() throws(Failure) -> [UInt8]? {
    let file = Files.join(folder, RoundLayout.round)
    do throws(Failure) {
      guard let remote else {
        guard Files.exists(file) else { return nil }
        var bytes = try Files.read(file, limit: RecordVersion.largest)
        // Where there are no hard links another process may be in the midst of writing it.
        for _ in 0..<20 where (try? JSON.parse(bytes)) == nil {
          Interruption.sleep(0.1)
          bytes = try Files.read(file, limit: RecordVersion.largest)
        }
        return bytes
      }
      guard let found = try remote.read("\(path)/\(RoundLayout.round)") else { return nil }
      try Files.createFolder(folder, mode: 0o755, parents: true)
      try Files.writeAtomically(found, to: file)
      return found
    } catch {
      throw .recordsUnreachable(place, error)
    }
  }

  /// Writes `round.json` unless another process does so first. Returns what it holds then.
  private func write(_ record: RoundRecord) throws(Failure) -> [UInt8] {
    let file = Files.join(folder, RoundLayout.round)
    let text = Array(record.fileText.utf8)
    do throws(Failure) {
      try Files.createFolder(folder, mode: 0o755, parents: true)
      if let remote {
        try Files.writeAtomically(text, to: file)
        try remote.putOnce(file: file, at: "\(path)/\(RoundLayout.round)")
        // Another that looked at the same moment may have replaced it: all keep to what lies there in the end.
        if record.budgetSeconds != nil { Interruption.sleep(Round.settling) }
      } else {
        _ = try Files.writeOnce(text, to: file)
      }
    } catch {
      throw .recordsUnreachable(place, error)
    }
    return try begun() ?? text
  }

  private func record(of fleet: Fleet, _ turns: RoundTurns) -> RoundRecord {
    var record = RoundRecord()
    record.tool = tool
    record.round = id
    record.startedAt = .nowInRecord
    record.fleetPath = fleet.path
    record.fleetSHA256 = fleet.sha256
    record.fleetTitle = fleet.title
    record.budgetSeconds = fleet.budget
    record.everySystemWithinSeconds = fleet.everySystemWithin
    let left = Dictionary(uniqueKeysWithValues: turns.left.map { ($0.index, $0.reason) })
    record.systems = fleet.systems.map { system in
      var entry = RoundRecord.System(index: system.index, name: system.name)
      entry.scenario = system.scenario
      entry.backup = system.backup
      entry.owner = system.owner
      entry.contacts = system.contacts
      entry.labels = Dictionary(system.labels.map { ($0.name, $0.value) }) { _, last in last }
      entry.everySeconds = system.every
      entry.timeoutSeconds = system.timeout
      entry.budgetSeconds = turns.budget(of: system)
      entry.leftOut = left[system.index]
      entry.resources = RoundRecord.Resources(
        memoryBytes: system.resources.memory, diskBytes: system.resources.disk, cores: system.resources.cores)
      return entry
    }
    return record
  }

  /// Begins an attempt at a system's task: its folder with `attempt.json` in it. `earlier` of the answer is how many
  /// were begun before, as far as that is seen.
  package func attempt(
    at system: FleetSystem, of fleet: Fleet, engine: Engine, restarts: Int?
  ) throws(Failure) -> (attempt: Attempt, earlier: Int) {
    let now = WallTime.now
    var record = AttemptRecord()
    record.tool = tool
    record.round = id
    record.index = system.index
    record.system = system.name
    record.task = system.taskName
    record.attempt = RoundLayout.attemptName(at: now, random: .random(in: .min ... .max))
    record.host = Machine.hostname
    record.pid = Int(Machine.processID)
    record.bootID = Machine.bootID
    record.engine = engine.rawValue
    record.restarts = restarts
    record.startedAt = .nowInRecord
    record.fleetSHA256 = fleet.sha256
    let task = Files.join(Files.join(folder, RoundLayout.tasks), record.task)
    let attempt = Attempt(record, in: Files.join(task, record.attempt), remote: remote, path: path)
    do throws(Failure) {
      var names: [String] = []
      if let remote {
        names = try remote.folders(in: "\(path)/\(RoundLayout.tasks)/\(record.task)")
      } else if Files.isDirectory(task) {
        names = try Files.names(in: task)
      }
      try Files.createFolder(task, mode: 0o755, parents: true)
      try attempt.begin()
      return (attempt, names.count { RoundLayout.time(ofAttempt: $0) != nil })
    } catch {
      throw .recordsUnreachable(place, error)
    }
  }
}

/// One start of a task, while it runs.
package struct Attempt: Sendable {
  package let record: AttemptRecord
  /// Its folder: where it is shared, or a temporary one whose content is sent at the end.
  package let folder: String
  private let remote: RemoteFolder?
  /// Of the round, below the place of records.
  private let path: String

  init(_ record: AttemptRecord, in folder: String, remote: RemoteFolder?, path: String) {
    self.record = record
    self.folder = folder
    self.remote = remote
    self.path = "\(path)/\(RoundLayout.tasks)/\(record.task)/\(record.attempt)"
  }

  fileprivate func begin() throws(Failure) {
    try Files.createFolder(folder)
    let file = Files.join(folder, RoundLayout.attempt)
    try Files.writeAtomically(record.fileText.utf8, to: file, mode: 0o600)
    try remote?.put(file: file, at: "\(path)/\(RoundLayout.attempt)")
  }

  /// A result with what is known of the attempt.
  package func result(
    _ status: ResultRecord.Status, _ code: ExitCode, _ message: String? = nil, hint: String? = nil
  )
    -> ResultRecord
  {
    var result = ResultRecord()
    result.tool = record.tool
    result.round = record.round
    result.index = record.index
    result.system = record.system
    result.task = record.task
    result.attempt = record.attempt
    result.status = status
    result.exitCode = code.rawValue
    result.startedAt = record.startedAt
    result.endedAt = .nowInRecord
    result.message = message
    result.hint = hint
    result.fleetSHA256 = record.fleetSHA256
    return result
  }

  /// Ends it: all other files are there before `result.json` is, which says that they are.
  package func finish(_ result: ResultRecord) throws(Failure) {
    let file = Files.join(folder, RoundLayout.result)
    do throws(Failure) {
      try remote?.put(folder: folder, at: path)
      try Files.writeAtomically(result.fileText.utf8, to: file, mode: 0o600)
      try remote?.put(file: file, at: "\(path)/\(RoundLayout.result)")
    } catch {
      throw .recordsUnreachable(remote.map { .remote($0.address) } ?? .folder(folder), error)
    }
  }
}

extension Failure {
  static func recordsUnreachable(_ place: RecordsPlace, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "records-unreachable", "the place of the fleet's records can't be used: \(place)",
      hint: "Is it mounted, writable and not full? Another is named by --records.",
      cause: failure.cause.map { "\(failure.message): \($0)" } ?? failure.message)
  }

  static func otherFleet(_ path: String, round: String) -> Failure {
    Failure(
      .invalidScenario, "other-fleet",
      "round \(round) was begun with another fleet file, or before it changed",
      at: Place(path), hint: "Begin another round: --round ID, or the variable \(RoundID.variable).")
  }
}

package import Platform
package import Readiness
internal import Record

/// What the folder of one attempt says, read as far as a summary needs it.
package struct AttemptReading: Sendable, Hashable {
  /// How far it can be believed.
  package enum State: Sendable, Hashable {
    /// It wrote its result, and what that names is there as it was written.
    case complete
    /// No result: it was killed, or still runs.
    case unfinished
    /// A file of it was cut short or changed, or lacks; why.
    case damaged(String)
    /// A file of it is of a later version's schema; which.
    case unknownVersion(String)
    /// It is of another round, system or fleet file than the folder that it lies in; how.
    case foreign(String)
  }

  /// The folder, and its name, which begins with the time.
  package let folder: String
  package let name: String
  package private(set) var state = State.unfinished
  package private(set) var attempt: AttemptRecord?
  package private(set) var result: ResultRecord?
  /// Of the drill's own record; nil where there is none that can be believed.
  package private(set) var run: RunSummary?

  /// When it began, by its record, else by its folder's name.
  package var startedAt: WallTime {
    attempt?.startedAt ?? RoundLayout.time(ofAttempt: name) ?? WallTime(seconds: 0)
  }

  /// A reading that was made otherwise.
  package init(
    folder: String, name: String, state: State, attempt: AttemptRecord?, result: ResultRecord?,
    run: RunSummary?
  ) {
    self.folder = folder
    self.name = name
    self.state = state
    self.attempt = attempt
    self.result = result
    self.run = run
  }

  /// Reads the attempt `name` of a system of a round. `depth` is that of the drill's own record.
  package init(
    _ name: String, in task: String, of system: RoundRecord.System, _ round: RoundRecord,
    _ depth: RunSummary.Depth = .summary
  ) {
    self.name = name
    folder = Files.join(task, name)
    do throws(Stop) {
      try read(system, round, depth)
    } catch {
      state = error.state
    }
  }

  private struct Stop: Error { var state: State }

  private mutating func read(
    _ system: RoundRecord.System, _ round: RoundRecord, _ depth: RunSummary.Depth
  ) throws(Stop) {
    let attemptPath = Files.join(folder, RoundLayout.attempt)
    let resultPath = Files.join(folder, RoundLayout.result)
    do throws(Failure) { _ = try Files.names(in: folder) } catch {
      throw Stop(state: .damaged("its folder can't be read: \(error.cause ?? error.message)"))
    }
    let hasResult = Files.exists(resultPath)
    guard Files.exists(attemptPath) else {
      if hasResult { throw Stop(state: .damaged("attempt.json lacks")) }
      return
    }
    // The result first: where it is to be had it tells how the task ended even if the rest is damaged.
    if hasResult { result = try AttemptReading.record(resultPath) }
    let attempt: AttemptRecord = try AttemptReading.record(attemptPath)
    self.attempt = attempt
    func require(_ isSame: Bool, _ how: String) throws(Stop) {
      if !isSame { throw Stop(state: .foreign(how)) }
    }
    try require(attempt.round.utf8.elementsEqual(round.round.utf8), "it is of the round \(attempt.round)")
    try require(
      attempt.index == system.index && attempt.system.utf8.elementsEqual(system.name.utf8),
      "it is of the system \(attempt.system)")
    try require(
      attempt.fleetSHA256.utf8.elementsEqual(round.fleetSHA256.utf8),
      "it is of another state of the fleet's file")
    guard let result else { return }
    guard
      attempt.attempt.utf8.elementsEqual(name.utf8), result.attempt.utf8.elementsEqual(name.utf8),
      result.round.utf8.elementsEqual(attempt.round.utf8), result.index == attempt.index,
      result.system.utf8.elementsEqual(attempt.system.utf8),
      result.fleetSHA256.utf8.elementsEqual(attempt.fleetSHA256.utf8)
    else { throw Stop(state: .damaged("attempt.json and result.json are of two attempts")) }
    if let runID = result.runID, let sha256 = result.reportSHA256, let bytes = result.reportBytes {
      run = try report(runID, sha256, bytes, depth)
    }
    state = .complete
  }

  private static func record<File: RecordFile>(_ path: String) throws(Stop) -> File {
    do throws(Failure) {
      // A pipe of that name would never end.
      guard Files.kind(of: path) == .file else {
        throw .fleetRecord(path, File.title, at: nil, "it is no plain file")
      }
      return try File(readingFrom: path)
    } catch {
      let name = Files.name(of: path)
      if error.code == "later-fleet-record" {
        throw Stop(state: .unknownVersion("\(name): \(error.message)"))
      }
      throw Stop(state: .damaged("\(name): \(error.cause ?? error.message)"))
    }
  }

  /// The drill's record, if it is still the file that the result speaks of.
  private func report(
    _ runID: String, _ sha256: String, _ bytes: Int, _ depth: RunSummary.Depth
  ) throws(Stop) -> RunSummary {
    let path = RunChain.record(of: runID, in: folder)
    guard Files.kind(of: path) == .file else { throw Stop(state: .damaged("report.json lacks")) }
    let text: [UInt8]
    let differs: String?
    do throws(Failure) {
      let size = try Files.size(of: path)
      differs =
        size == bytes
        ? nil
        : "\(size < bytes ? "was cut short" : "was changed"): it has \(Count.text(size)) bytes, "
          + "\(Count.text(bytes)) were written"
      text = differs == nil ? try Files.read(path, limit: SavedRun.largest) : []
    } catch {
      throw Stop(state: .damaged("report.json can't be read: \(error.cause ?? error.message)"))
    }
    if let differs { throw Stop(state: .damaged("report.json \(differs)")) }
    guard SHA256.hex(of: text).utf8.elementsEqual(sha256.utf8) else {
      throw Stop(state: .damaged("report.json was changed: it has another SHA-256 than was written"))
    }
    do throws(Failure) { return try RunSummary(of: runID, in: folder, text, depth) } catch {
      if error.code == "later-record" { throw Stop(state: .unknownVersion("report.json: \(error.message)")) }
      throw Stop(state: .damaged("report.json: \(error.cause ?? error.message)"))
    }
  }
}

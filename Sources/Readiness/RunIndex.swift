package import Platform
package import Record

/// All runs of a folder of reports, in the order of time; what can't be read is named, never left out without a word.
package struct RunIndex: Sendable, Hashable {
  /// A run of which there is no record.
  package struct Unfinished: Sendable, Hashable {
    package var runID: String
    package var startedAt: WallTime

    package init(runID: String, startedAt: WallTime) {
      self.runID = runID
      self.startedAt = startedAt
    }
  }

  /// A record that can't be read, and why.
  package struct Unreadable: Sendable, Hashable {
    package var runID: String
    package var failure: Failure

    package init(runID: String, failure: Failure) {
      self.runID = runID
      self.failure = failure
    }
  }

  /// As it was given.
  package let folder: String
  /// The oldest first; runs of which nothing tells the time come before all.
  package private(set) var runs: [RunSummary] = []
  package private(set) var unreadable: [Unreadable] = []
  /// Under way, or killed before they could write.
  package private(set) var unfinished: [Unfinished] = []

  /// The most bytes that a record may have.
  package static let largestRecord = 256 << 20

  /// Reads all that lies in a folder. Throws a `Failure` of kind `usage` when it isn't there.
  package init(
    reading folder: String, depth: RunSummary.Depth = .summary, now: WallTime = .now
  ) throws(Failure) {
    guard Files.isDirectory(folder) else { throw .noReports(folder) }
    let names: [String]
    do throws(Failure) { names = try Files.names(in: folder).filter { RunID.time(of: $0) != nil } } catch {
      throw .noReports(folder)
    }
    let found = Monitor([Result<RunSummary, Failure>?](repeating: nil, count: names.count))
    let most = RunIndex.largestRecord
    do {
      try Threads.forEach(below: names.count, on: Machine.cores) { index in
        let result = RunIndex.read(names[index], in: folder, depth, limit: most)
        found.withLock { $0[index] = result }
      }
    } catch {
      throw .wrapping(error)
    }
    var runs: [RunSummary] = []
    var unreadable: [Unreadable] = []
    var unfinished: [Unfinished] = []
    for (name, result) in zip(names, found.withLock { $0 }) {
      switch result {
      case .success(let run)?: runs.append(run)
      case .failure(let failure)?: unreadable.append(Unreadable(runID: name, failure: failure))
      case nil:
        // A file of that name is no run.
        guard Files.isDirectory(Files.join(folder, name)), let time = RunID.time(of: name) else { continue }
        unfinished.append(Unfinished(runID: name, startedAt: time))
      }
    }
    self.init(
      of: folder, runs, unreadable: unreadable, unfinished: unfinished,
      links: ((try? RunChain(of: folder)) ?? RunChain()).links, now: now)
  }

  /// Of runs that were read already, whatever folders they lie in.
  package init(
    of folder: String, _ runs: [RunSummary], unreadable: [Unreadable], unfinished: [Unfinished],
    links: [ChainLink] = [], now: WallTime = .now
  ) {
    self.folder = folder
    self.unreadable = unreadable
    self.unfinished = unfinished
    var runs = runs
    RunClocks.judge(&runs, links, now: now)
    runs.sort { left, right in
      (left.time ?? .distantPast, left.position ?? .max, left.runID)
        < (right.time ?? .distantPast, right.position ?? .max, right.runID)
    }
    self.runs = runs
  }

  /// nil where there is no record.
  private static func read(
    _ name: String, in folder: String, _ depth: RunSummary.Depth, limit: Int
  ) -> Result<RunSummary, Failure>? {
    let path = RunChain.record(of: name, in: folder)
    guard Files.kind(of: path, followingLinks: false) != nil else { return nil }
    // A pipe of that name would never end.
    guard Files.kind(of: path) == .file else { return .failure(.notARecord(path)) }
    do throws(Failure) {
      return .success(try RunSummary(of: name, in: folder, Files.read(path, limit: limit), depth))
    } catch {
      return .failure(error)
    }
  }

  /// The runs of which `isWanted` holds, in the same order; what couldn't be read stays named.
  package func filtered(_ isWanted: (RunSummary) -> Bool) -> RunIndex {
    var index = self
    index.runs.removeAll { !isWanted($0) }
    return index
  }

  /// Runs whose own times can't be believed.
  package var doubtful: [RunSummary] { runs.filter { $0.clock != nil } }

  /// The names of the scenarios that were run, sorted.
  package var scenarios: [String] { Set(runs.map(\.scenario)).sorted() }
}

extension RunIndex {
  /// The newest drills of a scenario that came to their end and began at the beginning: what later ones are measured
  /// against. The newest first. Reads no more than it needs to.
  package static func completed(
    _ scenario: String, in folder: String, most: Int, except own: String? = nil
  ) -> [RunSummary] {
    let slug = RunID.slug(scenario)
    let names = ((try? Files.names(in: folder)) ?? []).filter { name in
      guard name != own, RunID.time(of: name) != nil else { return false }
      let rest = name.dropFirst(17)
      return rest == slug || rest.hasPrefix(slug + "-")
    }
    var runs: [RunSummary] = []
    for name in names.sorted(by: >) where runs.count < most {
      guard case .success(let run)? = read(name, in: folder, .summary, limit: largestRecord),
        run.scenario == scenario, run.kind == .drill, run.status == .completed, !run.isResumed
      else { continue }
      runs.append(run)
    }
    return runs
  }

  /// The file of a run's record; see `SavedRun.file`. Throws `Failure` of kind `usage`.
  package static func file(of run: String, in folder: String) throws(Failure) -> String {
    guard let file = SavedRun.file(of: run, reports: folder) else { throw .noRun(run, folder) }
    return file
  }

  /// Reads the whole record of a run; see `file(of:in:)`.
  package static func record(of run: String, in folder: String) throws(Failure) -> DrillRecord {
    let file = try file(of: run, in: folder)
    return try DrillRecord(reportAt: file, Files.read(file, limit: largestRecord))
  }
}

extension WallTime {
  /// Before any run.
  package static let distantPast = WallTime(seconds: .min)
}

extension Failure {
  static func notARecord(_ path: String) -> Failure {
    Failure(
      .usage, "record-unreadable", "is no file", at: Place(path), hint: "A run's report.json is a plain file."
    )
  }

  static func noReports(_ folder: String) -> Failure {
    Failure(
      .usage, "no-reports", "there is no folder of reports at \(folder)",
      hint: "Give the one that drills write to with --report-dir.")
  }

  /// Kind `usage`: nothing is there under that name, path or id.
  package static func noRun(_ run: String, _ folder: String) -> Failure {
    Failure(
      .usage, "no-run",
      run == SavedRun.latest
        ? "there is no run in \(folder)"
        : "there is no report of a run at \(run), and no run of that name in \(folder)",
      hint:
        "Give a report's folder, its report.json, a run's id or 'latest'; --report-dir says where runs are.")
  }
}

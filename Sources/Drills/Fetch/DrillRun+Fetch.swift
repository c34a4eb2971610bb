internal import Backups
internal import Platform
internal import Record
internal import Sandbox

extension DrillRun {
  /// Brings what lies on other machines into a folder beside the sandbox's, and puts its path into the scenario. Nothing
  /// is fetched that would not fit.
  func fetch() throws {
    guard scenario.isFetched else { return }
    // Fetching may take hours: what would end the drill after it is better known before.
    let problems =
      Preflight(fetching: scenario, options: options).problems
      + Preflight.missingApprovals(scenario, options: options)
    evidence.failures += problems.dropFirst()
    if let failure = problems.first { throw failure }
    try Interruption.check()
    firstByte = Clock.monotonic
    let (parent, _) = try settings.options(needing: nil, keep: false).room()
    let folder = try OwnedFolder.scratch(in: parent)
    fetchedFolder = folder
    if let remote = scenario.fetch {
      let source = try fetch(remote, number: 0, in: folder.path)
      if scenario.command == nil {
        scenario.backup = source.path
      } else {
        guard Files.kind(of: source.path) == .file else { throw Failure.fetchedFolder(remote) }
        scenario.commandInput = source.path
      }
    }
    for (number, remote) in scenario.fetchedOplog.enumerated() {
      let source = try fetch(remote, number: number + 1, in: folder.path)
      scenario.oplog = scenario.oplog.map { $0 == remote.address ? source.path : $0 }
    }
  }

  /// One phase `fetch`.
  private func fetch(_ remote: RemoteSource, number: Int, in folder: String) throws -> FetchedSource {
    let destination = Files.join(folder, "\(number)")
    try Files.createFolder(destination)
    let start = Clock.monotonic
    let (watch, events) = (watch, events)
    var fetching = RemoteSource.Fetching(
      folder: scenario.folder, destination: destination, notes: folder,
      watch: { () throws(Failure) in
        if let stop = watch.stop { throw stop }
        try Interruption.check()
        if let limit = remote.timeout, Clock.monotonic - start > limit { throw .fetchTimedOut(remote, limit) }
      }, progress: { _ in })
    let listing = try remote.list(fetching)
    let total = Amount(bytes: listing.bytes)
    var options = settings.options(needing: nil, keep: false)
    options.neededBytes = listing.bytes
    _ = try options.room()
    fetching.progress = { bytes in
      events(.progress(Progress(phase: "fetch", done: Amount(bytes: min(bytes, total.bytes)), total: total)))
    }
    events(.phaseStarted("fetch", total: total))
    let source = try remote.fetch(listing, fetching)
    fetched.append(source)
    end(Phase("fetch", seconds: Clock.monotonic - start, bytes: source.bytes))
    let note =
      "\(remote.address): fetched \(Count.text(source.files, "file")), \(ByteSize.format(source.bytes)), with rclone"
    events(.note(note))
    fetchNotes.append(note)
    return source
  }

  /// Removes what was fetched, whole or not.
  func removeFetched() {
    guard let folder = fetchedFolder else { return }
    nameFetched()
    do { try folder.remove() } catch { evidence.cleanupFailures.append(.wrapping(error)) }
    fetchedFolder = nil
  }

  /// Says in the record where things came from, in place of where they lay for the while.
  private func nameFetched() {
    guard !fetched.isEmpty else { return }
    record.backup.path = named(record.backup.path)
    if let remote = scenario.fetch, scenario.command != nil { record.backup.path += " < \(remote.address)" }
    record.backup.oplog = record.backup.oplog.map(named)
    record.backup.notes = fetchNotes + record.backup.notes.map(named)
    record.notVerified = record.notVerified.map { DrillRecord.NotVerified($0.code, named($0.message)) }
    for index in record.steps.indices { record.steps[index].message = record.steps[index].message.map(named) }
    for index in evidence.failures.indices { evidence.failures[index] = named(evidence.failures[index]) }
  }

  private func named(_ failure: Failure) -> Failure {
    var failure = failure
    failure.message = named(failure.message)
    if var place = failure.place {
      place.file = named(place.file)
      failure.place = place
    }
    failure.hint = failure.hint.map(named)
    failure.cause = failure.cause.map(named)
    return failure
  }

  /// The text with addresses in the places of the paths of what was fetched.
  private func named(_ text: String) -> String {
    fetched.reduce(text) { $0.replacing($1.path, with: $1.address) }
  }
}

extension Scenario {
  /// Whether anything is fetched from another machine.
  var isFetched: Bool { fetch != nil || !fetchedOplog.isEmpty }
}

extension Failure {
  static func fetchTimedOut(_ remote: RemoteSource, _ seconds: Double) -> Failure {
    Failure(
      .incomplete, "fetch-timed-out", "fetching took longer than \(TimeSpan.format(seconds))",
      at: Place(remote.address), hint: "Give it a longer `timeout`, or none.")
  }

  static func fetchedFolder(_ remote: RemoteSource) -> Failure {
    Failure(
      .invalidScenario, "fetch-is-folder", "`command` reads a file, and a folder was fetched",
      at: Place(remote.address), hint: "Name the file, or leave `command` out.")
  }
}

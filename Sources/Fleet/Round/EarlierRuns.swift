internal import Backups
internal import Platform

extension Round {
  /// How many earlier runs of a system are looked at, the newest.
  private static let mostRuns = 50

  /// A folder with links to the runs of a system in other rounds, as if they were a folder of reports; nil where there is
  /// none. Of a remote they are fetched, and only where a budget needs them: without them another part would be verified, so
  /// that a remote that can't be read is a failure, `records-unreachable`.
  func earlierRuns(of system: FleetSystem) throws(Failure) -> String? {
    let suffix = String(system.taskName.drop { $0 != "-" })
    let records: String
    switch place {
    case .folder(let path): records = Fleet.absolutePath(path)
    case .remote(let address):
      guard system.budget != nil else { return nil }
      records = Files.join(scratch, "earlier")
      do throws(Failure) {
        try RemoteFolder(address, notes: scratch, patience: Round.patience).get(
          RoundLayout.rounds, to: Files.join(records, RoundLayout.rounds),
          only: "/*/\(RoundLayout.tasks)/*\(suffix)/**")
      } catch { throw .recordsUnreachable(place, error) }
    }
    var runs: [(attempt: String, name: String, folder: String)] = []
    let rounds = Files.join(records, RoundLayout.rounds)
    for other in (try? Files.names(in: rounds)) ?? [] where other != id {
      let tasks = Files.join(Files.join(rounds, other), RoundLayout.tasks)
      for task in (try? Files.names(in: tasks)) ?? [] where task.drop(while: { $0 != "-" }) == suffix {
        let folder = Files.join(tasks, task)
        for attempt in (try? Files.names(in: folder)) ?? [] {
          let path = Files.join(folder, attempt)
          guard let result = try? ResultRecord(readingFrom: Files.join(path, RoundLayout.result)),
            result.system.utf8.elementsEqual(system.name.utf8), let run = result.runID
          else { continue }
          runs.append((attempt, run, Files.join(path, run)))
        }
      }
    }
    guard !runs.isEmpty, let folder = try? Files.createTemporaryFolder(in: scratch, prefix: "runs") else {
      return nil
    }
    for run in runs.sorted(by: { $0.attempt > $1.attempt }).prefix(Round.mostRuns) {
      // Two runs of one second and name: one of them is enough.
      try? Files.createLink(at: Files.join(folder, run.name), to: run.folder)
    }
    return folder
  }
}

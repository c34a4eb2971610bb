internal import Backups
internal import Platform
internal import Record

/// Finds the drills of a backup among the records: by its path, and by its files, as the record lists them.
///
/// A path alone is not enough: a backup that is replaced every night has the same one. Where the record lists files, their
/// sizes have to be the same, and the digests of small ones; where a backup was moved, that is how it is found again.
struct DrillMatching {
  private struct Run {
    let summary: RunSummary
    /// Where the backup lay then, as far as that can be told now.
    let paths: Set<String>
    /// The backup's files by their paths below it.
    let files: [(path: String, digest: DrillRecord.FileDigest)]
  }

  /// The newest first.
  private let runs: [Run]
  /// So much is read of a backup's files to compare digests, in bytes, the smallest first.
  private static let mostRead = 4 << 20

  init(_ index: RunIndex) {
    runs = index.runs.reversed().filter { $0.kind == .drill && !$0.backup.isEmpty }.map { run in
      let prefix = run.backup.hasSuffix("/") ? run.backup : run.backup + "/"
      let files = (run.details?.files ?? []).compactMap { file -> (String, DrillRecord.FileDigest)? in
        if file.path.utf8.elementsEqual(run.backup.utf8) { return ("", file) }
        return file.path.utf8.starts(with: prefix.utf8)
          ? (String(decoding: file.path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self), file) : nil
      }
      var paths = [run.backup]
      if !run.backup.hasPrefix("/"), let scenario = run.scenarioPath {
        paths.append(Files.join(Files.folder(of: scenario), run.backup))
        paths.append(Files.join(scenario, run.backup))
      }
      return Run(
        summary: run, paths: Set(paths.compactMap { try? Files.realPath($0) }),
        files: files.sorted { $0.1.bytes < $1.1.bytes })
    }
  }

  /// Puts the newest drill, and the newest that succeeded, into each backup.
  func mark(_ entries: inout [Inventory.Entry]) {
    for index in entries.indices where !entries[index].isSlice {
      for run in runs where isOf(entries[index], run) {
        let drilled = Inventory.Drilled(
          runID: run.summary.runID, verdict: run.summary.verdict.rawValue, isSuccess: run.summary.isSuccess,
          time: run.summary.time)
        if entries[index].lastDrill == nil { entries[index].lastDrill = drilled }
        if run.summary.isSuccess {
          entries[index].lastProven = drilled
          break
        }
      }
    }
  }

  private func isOf(_ entry: Inventory.Entry, _ run: Run) -> Bool {
    let isThere = run.paths.contains(entry.found.realPath)
    if run.files.isEmpty {
      guard isThere else { return false }
      // It can't have been drilled before it was taken.
      guard let time = entry.time, run.summary.clock == nil else { return true }
      return time <= run.summary.endedAt
    }
    guard isThere || run.summary.backupBytes == entry.bytes else { return false }
    guard
      run.files.allSatisfy({ file in
        (try? Files.size(of: place(file.path, in: entry))) == file.digest.bytes
      })
    else { return false }
    var read = 0
    var compared = 0
    for file in run.files where file.digest.bytes > 0 {
      read += file.digest.bytes
      guard read <= Self.mostRead else { break }
      guard let bytes = try? Files.read(place(file.path, in: entry), limit: Self.mostRead),
        SHA256.hex(of: bytes) == file.digest.sha256
      else { return false }
      compared += 1
    }
    return isThere || compared > 0
  }

  private func place(_ path: String, in entry: Inventory.Entry) -> String {
    path.isEmpty ? entry.found.realPath : Files.join(entry.found.realPath, path)
  }
}

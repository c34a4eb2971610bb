package import Platform
package import Record

/// The folder of one run's reports: `reports/20261121T130449Z-shop`.
///
/// Reports hold `_id`s and the servers' words, so only their owner may read them: 0700, files 0600.
package struct RunFolder: Sendable, Hashable {
  /// The run's id, which is the folder's name.
  package let id: String
  /// Where it is: below the folder that was given, as it was given.
  package let path: String

  /// Creates the folder of a run that begins at `time`, and `folder` above it where it is missing. Of two runs of
  /// one second that bear the same name, the second gets another id. Throws `Failure` of kind `incomplete`: a
  /// drill that can't leave evidence isn't begun.
  package init(of scenario: String, at time: WallTime, in folder: String) throws(Failure) {
    do throws(Failure) {
      try Files.createFolder(folder, mode: 0o755, parents: true)
      var attempt = 1
      while true {
        let id = RunID.make(scenario, at: time, attempt: attempt)
        let path = Files.join(folder, id)
        do throws(Failure) {
          try Files.createFolder(path, mode: 0o700)
          self.id = id
          self.path = path
          return
        } catch {
          guard Files.kind(of: path, followingLinks: false) != nil, attempt < 1000 else { throw error }
          attempt += 1
        }
      }
    } catch {
      throw .noReportFolder(folder, error)
    }
  }

  /// Writes the record as `report.json`, as `report.md` and in the formats that were asked for besides; each is there
  /// whole or not at all. The record becomes the next one of its folder's chain, and is signed where a key is given.
  /// Returns it as it was written. Throws `Failure` of kind `incomplete`.
  @discardableResult
  package func write(
    _ record: DrillRecord, formats: [Renderer] = [], signingKey: String? = nil
  ) throws(Failure) -> DrillRecord {
    var record = record
    try RunChain.extend(Files.folder(of: path), by: id) { (previous) throws(Failure) in
      record.previousRun = previous
      try draw(record, formats)
    }
    if let signingKey { try RecordSignature.sign(Files.join(path, RunChain.recordName), key: signingKey) }
    return record
  }

  private func draw(_ record: DrillRecord, _ formats: [Renderer]) throws(Failure) {
    var written: Set<String> = []
    for renderer in Renderer.always + formats {
      guard let name = renderer.fileName, written.insert(name).inserted else { continue }
      try Files.writeAtomically(renderer.draw(record).utf8, to: Files.join(path, name), mode: 0o600)
    }
  }
}

extension Failure {
  static func noReportFolder(_ folder: String, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "no-report-folder", "cannot make a report's folder in \(folder)",
      hint: "Give another with --report-dir.", cause: failure.cause ?? failure.message)
  }
}

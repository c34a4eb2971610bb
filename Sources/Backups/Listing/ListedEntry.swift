internal import BSON
internal import Facts
internal import Platform

extension BackupListing.Entry {
  /// One that could be opened.
  init(_ backup: any LogicalBackup, at path: String, in root: String) {
    let kind: BackupListing.Kind =
      switch backup.form {
      case .archive: .archive
      case .pbmSnapshot: .snapshot
      default: .dump
      }
    self.init(kind, backup.form.rawValue, path)
    bytes = backup.origin.bytes
    namespaces = backup.collections.map(\.facts.namespace)
    isPart = backup.form == .databaseDirectory || backup.form == .collectionFile
    readSidecar()
    if let failure = backup.damage.first { fail(failure) }
    do throws(Failure) {
      if let oplog = backup.oplog {
        if let first = oplog.slices.first {
          self.oplog = OplogInterval(first: first.start, last: oplog.slices.map(\.end).max())
        } else if backup.form == .archive {
          self.oplog = try OplogInterval.look(at: path, Namespace("", "oplog"))
        } else {
          self.oplog = try OplogInterval.look(at: oplog.place.file)
          if self.oplog == nil { throw .baseOplogEmpty(oplog.place.file) }
        }
      }
    } catch { fail(error) }
    date(in: root)
  }

  /// Takes what its sidecar says.
  mutating func readSidecar() {
    do throws(Failure) {
      guard let sidecar = try Sidecar.find(for: path) else { return }
      saidType = sidecar.type
      unknownWords = sidecar.unknownWords
      if let moment = sidecar.time { time = BackupTime(moment, .sidecar) }
      switch sidecar.outcome {
      case .unsaid: break
      case .succeeded: saidSucceeded = true
      case .failed, .unfinished: saidSucceeded = false
      }
      try sidecar.requireSuccess()
    } catch { fail(error) }
  }

  /// Takes down why it can't be used; the first reason counts.
  mutating func fail(_ failure: Failure) {
    guard self.failure == nil else { return }
    self.failure = failure
    status =
      switch failure.code {
      case "backup-failed": .failed
      case "backup-unfinished", "snapshot-unfinished": .unfinished
      case _ where failure.isOfUnreadForm: .unsupported
      default: .damaged
      }
  }

  /// Finds its time, by what says it best.
  mutating func date(in root: String) {
    if time != nil { return }
    if let last = oplog?.last {
      time = BackupTime(WallTime(seconds: Int(last.seconds)), .oplog)
    } else if let moment = BackupTime.dated(path, in: root) {
      time = BackupTime(moment, .name)
    } else if Files.exists(path) {
      time = BackupTime(Files.newestModification(in: path), .modification)
    }
  }
}

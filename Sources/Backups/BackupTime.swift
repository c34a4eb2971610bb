internal import BSON
package import Platform

/// When a backup was taken, as far as anything says it.
package struct BackupTime: Sendable, Hashable {
  /// What says it; the first of these that does counts.
  package enum Source: String, Sendable, Hashable {
    case sidecar = "its sidecar"
    case oplog = "the last entry of its own oplog"
    case name = "the date in its name"
    case modification = "the newest change of its files"
  }

  package let moment: WallTime
  package let source: Source

  /// `2026-11-21T14:30:00Z by the date in its name`.
  package var text: String { "\(moment.text) by \(source.rawValue)" }

  init(_ moment: WallTime, _ source: Source) {
    self.moment = moment
    self.source = source
  }

  /// The time of a backup that lies in `folder`. Reads its own oplog when it has one and no sidecar tells the time. Throws
  /// a `Failure` when that oplog or the sidecar is damaged. Without `readingArchives` an archive's oplog isn't looked at,
  /// for which all of the archive would have to be read.
  init(of backup: any LogicalBackup, in folder: String, readingArchives: Bool = true) throws(Failure) {
    if let time = try Sidecar.find(for: backup.path)?.time {
      (moment, source) = (time, .sidecar)
    } else if backup.oplog != nil, readingArchives || backup.form != .archive {
      let end = try OplogChain.open(base: backup, slices: []).coverage.dumpEnd
      (moment, source) = (WallTime(seconds: Int(end.seconds)), .oplog)
    } else if let time = BackupTime.dated(backup.path, in: folder) {
      (moment, source) = (time, .name)
    } else {
      (moment, source) = (Files.newestModification(in: backup.path), .modification)
    }
  }

  /// Between when a damaged backup was probably taken, by its sidecar, the date in its name or its newest change. A
  /// date without a time stands for all of its day.
  package static func span(ofDamaged path: String, in folder: String) -> (
    earliest: WallTime, latest: WallTime
  ) {
    if let time = try? Sidecar.find(for: path)?.time { return (time, time) }
    if let time = dated(path, in: folder) {
      let isDay = time.nanoseconds == 0 && time.seconds.isMultiple(of: 86_400)
      return (time, isDay ? WallTime(seconds: time.seconds + 86_399) : time)
    }
    let time = Files.newestModification(in: path)
    return (time, time)
  }

  /// The date in the name of a backup, or of the nearest of the folders that it lies in, up to `folder`.
  static func dated(_ path: String, in folder: String) -> WallTime? {
    let below = path.utf8.starts(with: folder.utf8) ? String(path.dropFirst(folder.count)) : path
    let parts = below.split(separator: "/")
    if let time = parts.reversed().lazy.compactMap({ WrittenDate.find(in: String($0)) }).first { return time }
    // `2026/11/21/dump`: the folders together.
    return WrittenDate.find(in: below)
  }
}

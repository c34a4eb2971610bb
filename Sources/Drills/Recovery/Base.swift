internal import BSON
internal import Backups
internal import Platform
internal import Replay

/// The backup that a scenario restores.
struct Base {
  let backup: any LogicalBackup
  /// Why it was chosen, and which were passed over, where it was chosen.
  let notes: [String]
  /// When it was taken, where it was chosen by that.
  var time: BackupTime?
  /// Those that would have been chosen, were they not damaged, in sentences.
  var doubts: [String] = []
}

extension Scenario {
  /// The command that writes its backup; nil where that lies at a path.
  var archiveCommand: ArchiveCommand? {
    command.map { ArchiveCommand(UserCommand($0, folder: folder, input: commandInput)) }
  }

  /// Opens the backup that it names or that `command` writes, or chooses one. Throws `Failure`.
  func base(from command: ArchiveCommand?) throws(Failure) -> Base {
    if let command { return Base(backup: try openBackup(from: command), notes: []) }
    switch pick {
    case nil:
      let backup = try openBackup(backup, endingBy: bound)
      return Base(
        backup: backup, notes: picked?.notes ?? [], time: picked?.time,
        doubts: (picked?.doubts ?? []) + backup.doubts)
    case .forTarget?: return try baseForTarget()
    case .latest?: return try picked(.latest)
    case .oldest?: return try picked(.oldest)
    case .random(let seed)?:
      return try picked(.random(seed: seed ?? UInt64.random(in: 0...UInt64(UInt32.max))))
    case .newest(let holding, let age)?: return try picked(.newest(holding: holding, olderThan: age))
    case .all?, .several?:
      // Says what is wrong with the folder, if that is why they were not told apart.
      _ = try pickedDrills()
      throw .severalPicked()
    }
  }

  private func picked(_ pick: BackupPick) throws(Failure) -> Base {
    let choice = try BackupShelf(backup, needsOplog: false).choose(pick)
    return Base(backup: choice.backup, notes: choice.notes, time: choice.time, doubts: choice.doubts)
  }

  private func baseForTarget() throws(Failure) -> Base {
    let target = firstTarget ?? .standard(hasSlices: !oplog.isEmpty)
    let choice = try target.chooseBase(in: backup, slices: oplog)
    return Base(
      backup: choice.backup,
      notes: ["\(choice.backup.path): \(choice.reason)"]
        + choice.passedOver.map { "\($0.path): passed over, \($0.reason)" },
      doubts: doubts(of: choice) + choice.backup.doubts)
  }

  /// Bases that end before the target, as far as anything tells, are newer than the chosen one and can't be used.
  private func doubts(of choice: BaseChoice) -> [String] {
    choice.passedOver.compactMap { candidate in
      guard candidate.isDamaged else { return nil }
      let span = BackupTime.span(ofDamaged: candidate.path, in: backup)
      guard span.latest >= WallTime(seconds: Int(choice.chain.coverage.dumpEnd.seconds)) else { return nil }
      if case .latest? = firstTarget {
      } else if Double(span.earliest.seconds) > choice.resolved.moment {
        return nil
      }
      return PickedBackup.doubt("a newer", candidate.path, candidate.reason, chosen: choice.backup.path)
    }
  }

  /// The target of its first replay; where that is a search, the search's start.
  private var firstTarget: Target? {
    guard let step = steps.lazy.compactMap({ $0.action as? ReplayStep }).first else { return nil }
    return step.from ?? step.target
  }
}

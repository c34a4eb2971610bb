extension DrillRecord {
  /// What kept a drill from its target although nothing was found to be wrong with the backup itself.
  package enum Obstacle: Sendable, Hashable {
    /// The target lies outside of what the backup and its oplog reach.
    case target
    /// The oplog lacks entries.
    case gap
    /// There is no oplog to replay.
    case noOplog
    /// What was named is no backup, or not there.
    case noBackup
  }

  /// By the code of the reason that decides; nil where that is another.
  package var obstacle: Obstacle? {
    switch reasons.first?.code {
    case "target-past-end", "target-before-dump", "target-past-copy", "target-before-copy": .target
    case "target-past-gap", "oplog-gap": .gap
    case "no-oplog", "oplog-not-found", "base-without-oplog": .noOplog
    case "not-a-backup", "backup-not-found", "nothing-to-pick": .noBackup
    default: nil
    }
  }
}

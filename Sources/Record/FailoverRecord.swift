extension DrillRecord {
  /// What happened when a replica set lost its primary.
  package struct Failover: RecordPart {
    /// `kill` or `step_down`.
    package var how = ""
    /// The members that were primary before and after, by their numbers; nil when there was none after.
    package var oldPrimary = 0
    package var newPrimary: Int?
    /// From the loss to a new primary that takes writes.
    package var newPrimarySeconds: Double?
    /// The longest time in which no write was acknowledged, and what it may be at the most.
    package var writeGapSeconds: Double?
    package var maxGapSeconds: Double?
    package var writes = NumberedWrites()
    /// From the old primary's start to it being a secondary; nil when it never went away, or didn't come back.
    package var rejoinSeconds: Double?
    /// From there until it had everything.
    package var catchUpSeconds: Double?
    /// Files in which the old primary set aside what it rolled back.
    package var rollbackFiles = 0
    /// What these hold.
    package var rolledBack: [RolledBack] = []
    /// Whether a new client could write to the new primary and read it back.
    package var clientServed = false
    /// The members' data; nil when it was not compared.
    package var comparison: MemberData?

    package init() {}

    package static var fields: [RecordField<Failover>] {
      [
        RecordField("how", \.how), RecordField("old_primary", \.oldPrimary),
        RecordField("new_primary", \.newPrimary),
        RecordField("new_primary_seconds", \.newPrimarySeconds),
        RecordField("write_gap_seconds", \.writeGapSeconds),
        RecordField("max_gap_seconds", \.maxGapSeconds), RecordField("writes", \.writes),
        RecordField("rejoin_seconds", \.rejoinSeconds), RecordField("catch_up_seconds", \.catchUpSeconds),
        RecordField("rollback_files", \.rollbackFiles), RecordField("rolled_back", \.rolledBack),
        RecordField("client_served", \.clientServed),
        RecordField("comparison", \.comparison),
      ]
    }
  }

  /// What became of numbered writes, each of which asked for a majority.
  package struct NumberedWrites: RecordPart {
    package var acknowledged = 0
    /// Acknowledged, and not there.
    package var lost = 0
    /// Sent, and not acknowledged.
    package var unacknowledged = 0
    /// Of these, those that are there all the same, and those that aren't.
    package var survived = 0
    package var rolledBack = 0
    /// Attempts that found no server to send them to.
    package var unsent = 0

    package init() {}

    package static var fields: [RecordField<NumberedWrites>] {
      [
        RecordField("acknowledged", \.acknowledged), RecordField("lost", \.lost),
        RecordField("unacknowledged", \.unacknowledged), RecordField("survived", \.survived),
        RecordField("rolled_back", \.rolledBack), RecordField("unsent", \.unsent),
      ]
    }
  }

  /// What a member set aside because the others never had it: one of the server's own rollback files.
  package struct RolledBack: RecordPart {
    /// Its path below the member's dbPath.
    package var file = ""
    package var documents = 0
    /// The `_id`s of the first few, in Extended JSON.
    package var ids: [String] = []

    package init() {}

    package static var fields: [RecordField<RolledBack>] {
      [RecordField("file", \.file), RecordField("documents", \.documents), RecordField("ids", \.ids)]
    }
  }

  /// Whether the members of a replica set hold the same.
  package struct MemberData: RecordPart {
    package var members = 0
    package var databases = 0
    package var collections = 0
    /// `shop.orders of member 2`, each.
    package var differing: [String] = []

    package init() {}

    package static var fields: [RecordField<MemberData>] {
      [
        RecordField("members", \.members), RecordField("databases", \.databases),
        RecordField("collections", \.collections), RecordField("differing", \.differing),
      ]
    }
  }
}

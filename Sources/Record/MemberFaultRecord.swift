extension DrillRecord {
  /// What a `fault` step did to a server, and what came of it.
  package struct MemberFault: RecordPart {
    /// `kill`, `pause`, `restart`, `rebuild`, `fill_disk`, `damage_files`.
    package var action = ""
    /// To which member, by its number, and what that was then: `primary`, `secondary`, `member` or `server`.
    package var member = 0
    package var role = ""
    /// `survives` or `fails`, and the time for it.
    package var expected = ""
    package var withinSeconds = 0.0
    /// Whether a write was acknowledged that was begun after it.
    package var survived = false
    /// From its beginning until then.
    package var recoveredSeconds: Double?
    /// The longest time in which no write was acknowledged.
    package var writeGapSeconds: Double?
    /// From its beginning until the member was up again; nil when it was left down.
    package var backSeconds: Double?
    /// What became of the member, as a clause.
    package var outcome: String?
    /// Nil while there is nobody to ask.
    package var writes: NumberedWrites?
    /// What the member set aside when it came back.
    package var rolledBack: [RolledBack] = []
    /// The members' data; nil when it was not compared.
    package var comparison: MemberData?

    package init() {}

    package static var fields: [RecordField<MemberFault>] {
      [
        RecordField("action", \.action), RecordField("member", \.member), RecordField("role", \.role),
        RecordField("expected", \.expected), RecordField("within_seconds", \.withinSeconds),
        RecordField("survived", \.survived), RecordField("recovered_seconds", \.recoveredSeconds),
        RecordField("write_gap_seconds", \.writeGapSeconds), RecordField("back_seconds", \.backSeconds),
        RecordField("outcome", \.outcome), RecordField("writes", \.writes),
        RecordField("rolled_back", \.rolledBack), RecordField("comparison", \.comparison),
      ]
    }
  }
}

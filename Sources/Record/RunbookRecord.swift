extension DrillRecord {
  /// What a scenario says of the disaster that it rehearses: for people, and for the evidence.
  package struct Runbook: RecordPart {
    package var severity: String?
    package var description: String?
    /// How one notices.
    package var detection: String?
    package var owner: String?
    package var contacts: [String] = []
    /// What a person does before the drill, and after it.
    package var preflight: [String] = []
    package var followUp: [String] = []

    package init() {}

    package static var fields: [RecordField<Runbook>] {
      [
        RecordField("severity", \.severity), RecordField("description", \.description),
        RecordField("detection", \.detection), RecordField("owner", \.owner),
        RecordField("contacts", \.contacts), RecordField("preflight", \.preflight),
        RecordField("follow_up", \.followUp),
      ]
    }
  }
}

internal import Configuration
internal import Record

/// What a scenario says of the disaster that it rehearses, as data: who is asked, what a person does by hand.
package struct Runbook: Sendable {
  package var severity: String?
  package var description: String?
  /// How one notices.
  package var detection: String?
  package var owner: String?
  package var contacts: [String] = []
  /// What a person does before the drill.
  package var preflight: [String] = []
  /// What a person does after it.
  package var followUp: [String] = []
  /// Why, for whom and under which ticket this drill is run.
  package var metadata: [(key: String, value: String)] = []

  /// Nothing.
  package init() {}

  private static let severityKey = Key("severity", .string, "How bad the real event would be.")
  private static let detectionKey = Key("detection", .string, "How one notices the real event.")
  private static let ownerKey = Key("owner", .string, "Who decides in the real event.")
  private static let contactsKey = Key(
    "contacts", .list(of: .string, orOne: true), "Who is to be told, and where.")
  private static let preflightKey = Key(
    "preflight", .list(of: .string, orOne: true), "What a person does or looks at before the drill.")
  private static let followUpKey = Key(
    "follow_up", .list(of: .string, orOne: true), "What a person does after the drill.")
  private static let metadataKey = Key(
    "metadata", .entries(of: .text, keys: "key"),
    "For the evidence: requested_by, ticket, approval, justification, test_type, notes or whatever an auditor asks "
      + "for. --meta wins.")

  /// The keys of a scenario file that belong to it.
  static let keys: [any DeclaredKey] = [
    severityKey, detectionKey, ownerKey, contactsKey, preflightKey, followUpKey, metadataKey,
  ]

  init(_ fields: Fields) {
    severity = fields[Self.severityKey]
    description = fields[ScenarioKeys.description]
    detection = fields[Self.detectionKey]
    owner = fields[Self.ownerKey]
    contacts = fields[Self.contactsKey] ?? []
    preflight = fields[Self.preflightKey] ?? []
    followUp = fields[Self.followUpKey] ?? []
    metadata = (fields[Self.metadataKey] ?? []).map { ($0.name, $0.value) }
  }

  /// The metadata, with what the command line gives in place of what the scenario says.
  func meta(_ given: [(key: String, value: String)]) -> [(key: String, value: String)] {
    metadata.filter { own in !given.contains { $0.key.utf8.elementsEqual(own.key.utf8) } } + given
  }

  var record: DrillRecord.Runbook? {
    var record = DrillRecord.Runbook()
    record.severity = severity
    record.description = description
    record.detection = detection
    record.owner = owner
    record.contacts = contacts
    record.preflight = preflight
    record.followUp = followUp
    return record == DrillRecord.Runbook() ? nil : record
  }
}

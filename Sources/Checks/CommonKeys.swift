package import BSON
package import Configuration

/// The keys that every kind of check takes; they stand beside the kind's own key.
package struct CommonKeys: Sendable {
  /// What a failure counts as.
  package enum Severity: String, Sendable, Hashable, CaseIterable {
    case error
    case warn
  }

  package var name: String?
  package var severity: Severity
  package var warnIf: Threshold?
  package var errorIf: Threshold?
  /// A filter: only documents that match are looked at.
  package var filter: Document?
  /// The most `_id`s that are shown.
  package var samples: Int
  /// In seconds; nil leaves it to the step.
  package var timeout: Double?
  package var allowsEmpty: Bool

  static let nameKey = Key("name", .string, "What a person calls the check; the kind by default.")
  static let severityKey = Key(
    "severity", .choice(of: Severity.self), default: "error",
    "What a failure counts as: `error` fails the drill, `warn` only warns.")
  static let warnIfKey = Key(
    "warn_if", .threshold,
    "Warns when the figure is so. With `warn_if` or `error_if`, these alone judge the figure.")
  static let errorIfKey = Key("error_if", .threshold, "Fails when the figure is so.")
  static let whereKey = Key("where", .document, "A filter: only documents that match are looked at.")
  static let samplesKey = Key(
    "samples", .integer(0...100), default: "5", "The most `_id`s of offending documents that are shown.")
  static let timeoutKey = Key("timeout", .duration, "Ends the check with an error when it takes longer.")
  static let allowEmptyKey = Key(
    "allow_empty", .boolean, default: "false",
    "Whether it may pass without having looked at a single document.")

  /// In the order of the docs.
  package static let keys: [any DeclaredKey] = [
    nameKey, severityKey, warnIfKey, errorIfKey, whereKey, samplesKey, timeoutKey, allowEmptyKey,
  ]

  init(_ fields: Fields) {
    name = fields[Self.nameKey]
    severity = fields[Self.severityKey]
    warnIf = fields[Self.warnIfKey]
    errorIf = fields[Self.errorIfKey]
    filter = fields[Self.whereKey]
    samples = fields[Self.samplesKey]
    timeout = fields[Self.timeoutKey]
    allowsEmpty = fields[Self.allowEmptyKey]
  }

  /// The defaults.
  package init(name: String? = nil, allowsEmpty: Bool = false) {
    self.name = name
    severity = .error
    samples = 5
    self.allowsEmpty = allowsEmpty
  }
}

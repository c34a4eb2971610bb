package import Configuration
package import Facts

/// A kind of check: one question that can be put to restored data. One file a kind, which declares its keys,
/// decodes them and runs; `CheckKinds.all` lists it.
package protocol Check: Sendable {
  /// What it is called, what it takes and what it is about.
  static var declaration: CheckDeclaration { get }
  /// Takes its keys, all of which are well-formed. What is wrong with them together is reported through
  /// `fields.reject`; the check is not run then.
  init(_ fields: Fields, _ common: CommonKeys)
  /// Asks, and says what was found, with the measured figure even when all is well. Throws `NotAsked` for a
  /// question that has no meaning here, and whatever keeps it from an answer: that is an error, never a pass.
  func run(_ context: CheckContext) throws -> Finding
  /// What it compares with; nil when with nothing but its own keys.
  var counterpart: Counterpart? { get }
  /// Whether it compares with the backup, or with the witness where there is none, when it names no counterpart.
  var comparesUnasked: Bool { get }
  /// Whether what it asks can be asked of each document by itself, on whatever shard that lies.
  var asksDocumentsAlone: Bool { get }
  /// Whether it is asked of such a collection when it stands under a database or `*`.
  func concerns(_ facts: CollectionFacts) -> Bool
}

extension Check {
  package var counterpart: Counterpart? { nil }
  package var comparesUnasked: Bool { false }
  package var asksDocumentsAlone: Bool { true }
  /// Views are asked by name alone.
  package func concerns(_ facts: CollectionFacts) -> Bool { facts.kind != .view }
}

/// What is to be known of a kind of check: for decoding, the JSON Schema and the docs.
package struct CheckDeclaration: Sendable {
  /// What a question is about.
  package enum Scope: String, Sendable, Hashable {
    /// One collection. Under `shop` or `*` it is asked of each collection.
    case collection
    /// A whole database or all of them.
    case database
  }

  /// The word in the scenario, such as `count`.
  package var kind: String
  /// One sentence.
  package var summary: String
  package var scope: Scope
  /// What it can be asked of; of the others it is an error when asked by name, and left out under `*`.
  package var appliesTo: Set<CollectionFacts.Kind>
  /// Whether `where` narrows it down.
  package var takesFilter: Bool
  /// What its figure, which `warn_if` and `error_if` judge, is: `dangling references`.
  package var figure: String
  /// Whether the figure is in seconds, so that thresholds can be durations.
  package var figureIsTime: Bool
  /// Its own keys.
  package var keys: [any DeclaredKey]
  /// A check of this kind as it stands in a scenario's list.
  package var example: String
  /// How a sharded set is asked.
  package var onSets: SetManner

  package init(
    _ kind: String, _ summary: String, scope: Scope = .collection,
    appliesTo: Set<CollectionFacts.Kind> = [.collection, .view, .timeseries], takesFilter: Bool = false,
    figure: String, figureIsTime: Bool = false, keys: [any DeclaredKey], example: String,
    onSets: SetManner = .refused
  ) {
    self.kind = kind
    self.summary = summary
    self.scope = scope
    self.appliesTo = appliesTo
    self.takesFilter = takesFilter
    self.figure = figure
    self.figureIsTime = figureIsTime
    self.keys = keys
    self.example = example
    self.onSets = onSets
  }
}

/// All kinds of checks.
package enum CheckKinds {
  /// In the order of the docs.
  package static let all: [any Check.Type] = [
    CountCheck.self, CollectionsCheck.self, OptionsCheck.self, IndexesCheck.self, ReferencesCheck.self,
    UniqueCheck.self, MissingCheck.self, AcceptedValuesCheck.self, TypesCheck.self, RangeCheck.self,
    DistinctCheck.self, FreshnessCheck.self, SchemaCheck.self,
    FailedDocumentsCheck.self, MetricCheck.self, DigestCheck.self, ValidateCheck.self, GridFSCheck.self,
    UsersCheck.self, DocumentCheck.self, StorageCheck.self, QueryCheck.self, CommandCheck.self,
  ]

  /// The kind of that name.
  package static func kind(_ name: String) -> (any Check.Type)? {
    all.first { $0.declaration.kind == name }
  }
}

/// Why a check was not asked; its outcome is `skipped`.
package struct NotAsked: Error, Sendable {
  /// A lower-case clause.
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}

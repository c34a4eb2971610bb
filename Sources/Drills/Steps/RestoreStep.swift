package import Configuration
internal import Platform
internal import Restore

/// `restore`: puts the backup, or a part of it, into the sandbox.
package struct RestoreStep: StepKind {
  package static let name = "restore"
  package static let summary = "Restores the backup, or a part of it, into the sandbox."
  package static let abortsOnFailure = false
  package static let isRepeatable = false

  /// Namespaces to restore, with `*`; empty for all.
  package var include: [String] = []
  /// Namespaces to leave out, with `*`; wins over `include`.
  package var exclude: [String] = []
  /// New names.
  package var rename: [(from: String, to: String)] = []
  /// Whether indexes are built.
  package var indexes = true
  /// Whether the documents alone are asked for, without the dump's own oplog.
  package var noReplay = false

  init() {}

  private static let includeKey = Key(
    "include", .list(of: .string, orOne: true),
    "Namespaces to restore, with * for any text; all when left out.")
  private static let excludeKey = Key(
    "exclude", .list(of: .string, orOne: true), "Namespaces to leave out, with *; wins over include.")
  private static let renameKey = Key(
    "rename", .entries(of: .string, keys: "old name"),
    "New names: {shop.orders: shop.orders_2} or {shop.*: test.*}; of several that match, the last counts.")
  private static let indexesKey = Key("indexes", .boolean, default: "true", "Whether indexes are built.")
  private static let noReplayKey = Key(
    "no_replay", .boolean, default: "false",
    "Restore the documents alone, without any oplog: the state of no one moment, which the report says.")

  package static let shape = Shape<RestoreStep>.orNothing(
    RestoreStep(),
    .record("restore", [includeKey, excludeKey, renameKey, indexesKey, noReplayKey]) { fields in
      var step = RestoreStep()
      step.include = fields[includeKey] ?? []
      step.exclude = fields[excludeKey] ?? []
      step.rename = (fields[renameKey] ?? []).map { ($0.name, $0.value) }
      step.indexes = fields[indexesKey]
      step.noReplay = fields[noReplayKey]
      return step
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { try run.restore(step) }

  /// As the restorer takes it.
  func options(memory: Int?) -> RestoreOptions {
    var options = RestoreOptions(
      include: include, exclude: exclude, rename: rename.map { Rename(from: $0.from, to: $0.to) },
      buildIndexes: indexes)
    if let memory { options.memory = memory }
    return options
  }
}

extension Shape {
  /// A mapping, or nothing at all, which stands for `empty`.
  static func orNothing(_ empty: Output, _ mapping: Shape) -> Shape {
    Shape(mapping.name, schema: ["anyOf": [mapping.schema, ["type": "null"]]]) { node, diagnostics in
      node.isNull ? empty : mapping.decode(node, diagnostics)
    }
  }
}

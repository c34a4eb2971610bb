internal import Configuration
internal import Platform

/// What kind of server checks are written for.
package enum ServerKind: Sendable, Hashable {
  /// A throwaway one that a backup was restored into.
  case sandbox
  /// One that others use: there is no backup, and nothing but reading is allowed.
  case live
}

/// What a check must not ask a server to do: no stage may write, and on a server that others use no code may run.
enum ReadOnlyRules {
  /// Stages that write.
  private static let writing: Set<String> = ["$out", "$merge"]
  /// What has the server run JavaScript.
  private static let code: Set<String> = ["$where", "$function", "$accumulator", "mapReduce"]
  /// Keys of kinds that hold values to compare with, in which a name is only a name. Everything else is looked
  /// through, so that a key that is added one day is, too.
  private static let plainValues: Set<String> = [
    "values", "forbidden", "required", "exact", "equals", "expect", "id", "min", "max",
  ]

  /// Reports everything in one check that may not be asked: in its own keys (`own`) and in its `where`.
  static func look(
    at own: Node, _ filter: Node?, for server: ServerKind, _ diagnostics: Diagnostics
  ) {
    for entry in own.entries ?? [] where !plainValues.contains(entry.key) {
      look(through: entry.value, server, diagnostics)
    }
    if let filter { look(through: filter, server, diagnostics) }
    if server == .live, let compare = own["compare"], compare.text == Counterpart.backup.description {
      diagnostics.report(.noBackupHere(at: compare.place))
    }
  }

  private static func look(through node: Node, _ server: ServerKind, _ diagnostics: Diagnostics) {
    for element in node.elements ?? [] { look(through: element, server, diagnostics) }
    for entry in node.entries ?? [] {
      if writing.contains(entry.key) {
        diagnostics.report(.checkWrites(entry.key, at: entry.place))
      } else if server == .live, code.contains(entry.key) {
        diagnostics.report(.checkRunsCode(entry.key, at: entry.place))
      }
      look(through: entry.value, server, diagnostics)
    }
  }
}

extension Failure {
  static func checkWrites(_ stage: String, at place: Place) -> Failure {
    .invalid(
      "check-writes", "`\(stage)` writes, and a check only reads", at: place,
      hint: "End the pipeline with what it reads.")
  }

  static func checkRunsCode(_ name: String, at place: Place) -> Failure {
    .invalid(
      "check-runs-code", "`\(name)` runs code on a server that others use", at: place,
      hint: "Say it with an expression; in a sandbox it is allowed.")
  }

  static func noBackupHere(at place: Place) -> Failure {
    .invalid(
      "no-backup-to-compare", "`compare: backup` where there is no backup", at: place,
      hint: "Compare with `witness` or `baseline`, or leave it out.")
  }
}

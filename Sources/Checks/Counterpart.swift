internal import Configuration
internal import Platform

/// What a check compares with.
package enum Counterpart: Sendable, Hashable, CustomStringConvertible {
  /// What the restored backup (and the oplog that was replayed) says.
  case backup
  /// What a witness recorded from the source.
  case witness
  /// What the same check measured in an earlier run.
  case baseline
  /// What was there after an earlier step of this run.
  case step(String)

  /// As it is written: `backup`, `step:restore`.
  package var description: String {
    switch self {
    case .backup: "backup"
    case .witness: "witness"
    case .baseline: "baseline"
    case .step(let id): "step:\(id)"
    }
  }

  /// With its article, for sentences: `the backup`.
  var words: String {
    switch self {
    case .backup: "the backup"
    case .witness: "the witness"
    case .baseline: "the baseline"
    case .step(let id): "step \(id)"
    }
  }
}

extension Shape where Output == Counterpart {
  /// One of those that a kind of check can compare with; `steps` for `step:ID` besides.
  static func counterpart(_ known: Counterpart..., steps: Bool = false) -> Shape<Counterpart> {
    let names = known.map(\.description)
    let pattern = "^(" + (names + (steps ? ["step:.+"] : [])).joined(separator: "|") + #")$|\$\{"#
    let form = "one of \((names + (steps ? ["step:ID"] : [])).joined(separator: ", "))"
    let schema: JSON = ["type": "string", "pattern": .string(pattern)]
    return Shape(form, schema: schema) { node, diagnostics in
      if let found = known.first(where: { $0.description == node.text }) { return found }
      if steps, let text = node.text, text.hasPrefix("step:"), text.utf8.count > 5 {
        return .step(String(text.dropFirst(5)))
      }
      let hint = node.text.flatMap { Suggestion.hint(for: $0, among: names) }
      diagnostics.report(expected: form, found: node, hint: hint)
      return nil
    }
  }
}

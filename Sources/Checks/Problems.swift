internal import Configuration
internal import Facts
internal import Platform

// The wording of what can be wrong with the checks of a scenario.
extension Failure {
  static func doesNotApply(_ kind: String, to facts: CollectionFacts, at place: Place?) -> Failure {
    .invalid(
      "check-does-not-apply",
      "`\(kind)` cannot be asked of \(facts.namespace), which is a \(facts.kind.rawValue)",
      at: place)
  }

  static func unknownKind(_ name: String, at place: Place) -> Failure {
    .unknown("check", name, known: CheckKinds.all.map { $0.declaration.kind }, at: place)
  }

  static func noKind(at place: Place) -> Failure {
    let example = CheckKinds.all[0].declaration.example
    return .invalid(
      "no-check-kind", "a check without a kind", at: place, hint: "Write the kind as a key: \(example).")
  }

  static func twoKinds(_ first: String, _ second: String, at place: Place) -> Failure {
    .invalid(
      "two-check-kinds", "`\(first)` and `\(second)` in one check", at: place,
      hint: "Make two items of the list of them.")
  }

  static func nothingAsked(_ what: String, at place: Place) -> Failure {
    .invalid("nothing-asked", what, at: place, hint: "Write checks below it, or take it out.")
  }

  static func notASubject(_ name: String, at place: Place) -> Failure {
    .invalid(
      "not-a-namespace", "`\(name)` is neither a collection, nor a database, nor `*`", at: place,
      hint: "Write shop.orders for a collection, shop for all of a database, \"*\" for everything.")
  }

  static func unknownSubject(_ scope: String, _ kind: String, at place: Place) -> Failure {
    .invalid(
      "wrong-subject", "`\(kind)` is asked of a whole database, not of a collection", at: place,
      hint: "Put it under `\(scope)` or \"*\".")
  }

  static func sameName(_ kind: String, _ name: String, at place: Place?) -> Failure {
    .invalid(
      "same-check-name",
      "several `\(kind)` checks here are called `\(name)`: an earlier run's can't be told apart", at: place,
      hint: "Give each a `name`.")
  }

  static func filterNotTaken(_ kind: String, at place: Place) -> Failure {
    .invalid("filter-not-taken", "`\(kind)` does not take `where`", at: place)
  }

  static func notATime(_ key: String, _ kind: String, _ figure: String, at place: Place) -> Failure {
    .invalid(
      "not-a-time", "`\(key)` is a length of time, and `\(kind)` counts \(figure)", at: place,
      hint: "Write a number or a percentage.")
  }
}

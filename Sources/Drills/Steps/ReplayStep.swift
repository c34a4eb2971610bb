internal import BSON
package import Configuration
internal import Platform
package import Replay

/// `replay`: applies the oplog to what the restore step before it restored, up to a target.
package struct ReplayStep: StepKind {
  package static let name = "replay"
  package static let summary =
    "Applies the dump's own oplog and the slices to what was restored, up to a target. Several in a row go from one "
    + "target to the next."
  package static let abortsOnFailure = false
  package static let isRepeatable = false

  /// The moment to recover to; nil: the last entry where there are slices, else the dump's end.
  package var target: Target?
  /// Whether it goes to the moments of the witness, one after the other, and compares at each.
  package var isToWitness = false
  /// Entries that are left out.
  package var skip: [OplogMatch] = []
  /// Whether the base is declared to hold a part of the documents only.
  package var isPartial = false
  /// Suites of which the first entry that breaks them is looked for; empty for an ordinary replay.
  package var untilFailing: [Located<String>] = []
  /// Where that search begins; nil: where the restore or the replay before it stands.
  package var from: Target?

  init() {}

  private static let toKey = Key(
    "to", .targetOrWitness,
    "The moment to recover to: latest, dump-end, 1795258578:300 (through that entry), before:1795258578:300, a time "
      + "with its zone, Unix seconds, before: one of these, or before-first:{op: drop, ns: shop.products}. `witness`: the moments at which the witness read, "
      + "one after the other; what was read at each is compared.")
  private static let skipKey = Key(
    "skip", .list(of: .oplogMatch, orOne: true),
    "Entries to leave out, such as {op: u, ns: shop.orders}; the report says that this state never existed.")
  private static let partialKey = Key(
    "partial", .boolean, default: "false",
    "Declares that the base was dumped with a query: updates of documents and operations on collections that it never held "
      + "are counted, not failed.")

  private static let untilFailingKey = Key(
    "until_failing", Shape<[Located<String>]>.list(of: Shape.string.located, orOne: true),
    "Suites: the last moment up to `to` at which they pass is looked for, and the entry that breaks them is named. The "
      + "sandbox stands at that moment then.")
  private static let fromKey = Key(
    "from", .target,
    "With until_failing: where the search begins; by default where the step before it stands.")

  package static let shape = Shape<ReplayStep>.orNothing(
    ReplayStep(),
    .record("replay", [toKey, skipKey, partialKey, untilFailingKey, fromKey]) { fields in
      var step = ReplayStep()
      if case .target(let target)? = fields[toKey] { step.target = target }
      step.isToWitness = fields[toKey] == .witness
      if step.isToWitness, fields.isGiven(untilFailingKey) {
        fields.reject(toKey, "a search can't end at the moments of a witness")
      }
      step.skip = fields[skipKey] ?? []
      step.isPartial = fields[partialKey]
      step.untilFailing = fields[untilFailingKey] ?? []
      step.from = fields[fromKey]
      if fields[untilFailingKey]?.isEmpty == true { fields.reject(untilFailingKey, "it names no suite") }
      if step.from != nil, step.untilFailing.isEmpty {
        fields.reject(fromKey, "it belongs to `until_failing`")
      }
      return step
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { try run.replay(step) }
}

extension Shape where Output == Target {
  /// A target, as on the command line.
  static var target: Shape {
    Shape<String>.text.map("a target") { text, node, diagnostics in
      do throws(Failure) { return try Target(text) } catch {
        diagnostics.report(error.asInvalidScenario(at: node.place))
        return nil
      }
    }
  }
}

/// Where a replay goes.
enum ReplayGoal: Sendable, Hashable {
  case target(Target)
  case witness
}

extension Shape where Output == ReplayGoal {
  /// A target, or `witness`.
  static var targetOrWitness: Shape {
    Shape<String>.text.map("a target") { text, node, diagnostics in
      text == "witness" ? .witness : Shape<Target>.target.decode(node, diagnostics).map(ReplayGoal.target)
    }
  }
}

extension Shape where Output == OplogMatch {
  /// What an entry of the oplog has to be like.
  static var oplogMatch: Shape {
    Shape<Document>.document.map("a match") { document, node, diagnostics in
      do throws(Failure) { return try OplogMatch(document) } catch {
        diagnostics.report(error.asInvalidScenario(at: node.place))
        return nil
      }
    }
  }
}

extension Failure {
  /// The same as a mistake of a scenario, at its place there.
  fileprivate func asInvalidScenario(at place: Place) -> Failure {
    .invalid(code, message, at: place, hint: hint)
  }
}

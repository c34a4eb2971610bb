package import Configuration
package import Platform
package import Record

/// One kind of step: its name, its keys, and what it does. Each kind is one file and stands in `Steps.kinds`.
package protocol StepKind: Sendable {
  /// The key that it has in a step: `restore`.
  static var name: String { get }
  /// One sentence for the schema and the docs.
  static var summary: String { get }
  /// Whether a failure in its result ends the drill unless the step says otherwise; what it throws always does.
  static var abortsOnFailure: Bool { get }
  /// Whether it can be begun again on the same server: what a restore, a replay or a fault leaves behind when it
  /// fails is no state to begin from.
  static var isRepeatable: Bool { get }
  /// How its value is written.
  static var shape: Shape<Self> { get }

  /// Does it. Throws when it could not be done; what the data itself says goes into `run`.
  func perform(_ run: DrillRun, _ step: Step) throws -> StepResult
}

extension StepKind {
  package static var isRepeatable: Bool { true }
}

/// What a step did.
package struct StepResult: Sendable {
  /// What went wrong, in the data or in a command; nil when nothing did.
  package var failure: String?
  /// How a command ended.
  package var exitStatus: Int?
  /// What it wrote.
  package var output: String?
  /// Who was asked, and how long that took.
  package var person: Person?
  /// The code under which its failure stands among the reasons, as evidence; nil where it stands there already.
  package var refusal: String?
  /// What a failover measured.
  package var failover: DrillRecord.Failover?
  /// What a fault came to.
  package var fault: DrillRecord.MemberFault?
  /// Why the step can't be done on this machine; nil when it was done.
  package var skipped: String?

  /// A person's part in a step.
  package struct Person: Sendable {
    /// Nil when they refused.
    package var name: String?
    package var seconds: Double
  }

  package init(
    failure: String? = nil, exitStatus: Int? = nil, output: String? = nil, person: Person? = nil,
    refusal: String? = nil, failover: DrillRecord.Failover? = nil,
    fault: DrillRecord.MemberFault? = nil, skipped: String? = nil
  ) {
    self.failure = failure
    self.exitStatus = exitStatus
    self.output = output
    self.person = person
    self.refusal = refusal
    self.failover = failover
    self.fault = fault
    self.skipped = skipped
  }
}

/// One step of a scenario.
package struct Step: Sendable {
  /// What to do when it fails.
  package enum OnFailure: String, Sendable, CaseIterable {
    /// The steps after it are not begun; rollbacks and cleaning up are.
    case abort
    /// The next step follows; the failure counts all the same.
    case `continue`
  }

  /// Unique among the steps.
  package var id: String
  package var description: String?
  /// Seconds that it is planned to take; nil: nobody said.
  package var planned: Double?
  /// Seconds that one attempt may take; nil: no limit.
  package var timeout: Double?
  /// How often it is begun again when it fails.
  package var retries: Int
  /// What the step itself says; nil: what its kind does.
  package var onFailure: OnFailure?
  package var action: any StepKind
  /// Where it stands.
  package var place: Place

  /// The name of its kind.
  package var kind: String { type(of: action).name }

  /// Whether a failure in its result ends the drill.
  var abortsOnFailure: Bool { onFailure.map { $0 == .abort } ?? type(of: action).abortsOnFailure }

  /// Whether the drill ends when it could not be done.
  var abortsOnError: Bool { onFailure != .continue }
}

/// The steps of a scenario: their keys and kinds.
package enum Steps {
  /// Every kind that a step can be.
  package static let kinds: [any StepKind.Type] = [
    RestoreStep.self, ReplayStep.self, CheckStep.self, RunStep.self, ApproveStep.self, WaitStep.self,
    ExportStep.self, FailoverStep.self, FaultStep.self,
  ]

  private static let id = Key("id", .string, "The step's name: unique; the kind's name when left out.")
  private static let description = Key("description", .string, "What it is for; it stands in the report.")
  private static let planned = Key(
    "planned", .duration, "How long it is planned to take; the report shows it beside what it took.")
  private static let timeout = Key(
    "timeout", .duration, "How long one attempt may take; without it there is no limit.")
  private static let retries = Key(
    "retries", .integer(0...100), default: "0",
    "How often it is begun again when it fails; not for `restore`, `replay`, `fault` and `failover`.")
  private static let onFailure = Key(
    "on_failure", Shape<Step.OnFailure>.choice(),
    "Whether a failure ends the drill. By default it does when the step could not be done or a command fails; "
      + "what the data is found to be does not.")
  private static let common: [any DeclaredKey] = [id, description, planned, timeout, retries, onFailure]

  /// How a list of steps is written, each of one of `kinds`.
  static func shape(_ kinds: [any StepKind.Type], prefix: String = "") -> Shape<[Step]> {
    Shape("a list of steps", schema: schema(kinds)) { node, diagnostics in
      guard let nodes = node.elements else {
        diagnostics.report(expected: "a list of steps", found: node)
        return nil
      }
      var steps: [Step] = []
      var places: [String: Place] = [:]
      for node in nodes {
        guard var step = decode(node, kinds, diagnostics) else { continue }
        step.id = unique(step.id, given: node["id"] != nil, prefix, among: places)
        let place = node["id"]?.place ?? node.place
        if let first = places.updateValue(place, forKey: step.id) {
          diagnostics.report(.duplicateStep(step.id, at: place, first: first))
        }
        steps.append(step)
      }
      return steps.count == nodes.count ? steps : nil
    }
  }

  /// An id that was not given is the kind's name, with a number where that is taken.
  private static func unique(_ id: String, given: Bool, _ prefix: String, among places: [String: Place])
    -> String
  {
    if given { return id }
    var (name, number) = (prefix + id, 1)
    while places[name] != nil {
      number += 1
      name = "\(prefix)\(id)-\(number)"
    }
    return name
  }

  private static func decode(_ node: Node, _ kinds: [any StepKind.Type], _ diagnostics: Diagnostics) -> Step?
  {
    guard let entries = node.entries else {
      diagnostics.report(expected: "a step, such as {id: restore, restore: {}}", found: node)
      return nil
    }
    let names = kinds.map { $0.name }
    let before = diagnostics.count
    var actions: [(key: Node.Entry, kind: any StepKind.Type)] = []
    for entry in entries {
      if let kind = kinds.first(where: { $0.name == entry.key }) {
        actions.append((entry, kind))
      } else if !common.contains(where: { $0.spec.name == entry.key }) {
        diagnostics.report(
          .unknown("key", entry.key, known: names + common.map(\.spec.name), at: entry.place))
      }
    }
    let fields = Fields.decodeKnown(common, in: node, diagnostics)
    if actions.isEmpty, diagnostics.count == before {
      diagnostics.report(.stepWithoutAction(at: node.place, kinds: names))
    }
    if let kind = actions.first?.kind, !kind.isRepeatable, let retries = node[self.retries.spec.name] {
      diagnostics.report(.notRepeatable(kind.name, at: retries.place))
    }
    for extra in actions.dropFirst() {
      diagnostics.report(.stepWithTwoActions(actions[0].key.key, extra.key.key, at: extra.key.place))
    }
    guard let (entry, kind) = actions.first, let action = action(kind, entry.value, diagnostics), let fields,
      diagnostics.count == before
    else { return nil }
    return Step(
      id: fields[id] ?? kind.name, description: fields[description], planned: fields[planned],
      timeout: fields[timeout],
      retries: fields[retries], onFailure: fields[onFailure],
      action: action, place: node.place)
  }

  private static func action<Kind: StepKind>(_ kind: Kind.Type, _ node: Node, _ diagnostics: Diagnostics)
    -> (any StepKind)?
  {
    diagnostics.within(kind.name) { Kind.shape.decode(node, diagnostics) }
  }

  private static func schema(_ kinds: [any StepKind.Type]) -> JSON {
    var properties: [JSON.Member] = kinds.map { JSON.Member($0.name, described($0)) }
    if case .object(let members) = KeySpec.properties(of: common) { properties += members }
    return [
      "type": "array",
      "items": [
        "type": "object", "properties": .object(properties), "additionalProperties": false,
        "oneOf": .array(kinds.map { ["required": [.string($0.name)]] }),
      ],
    ]
  }

  private static func described<Kind: StepKind>(_ kind: Kind.Type) -> JSON {
    guard case .object(let members) = Kind.shape.schema else { return Kind.shape.schema }
    return .object([JSON.Member("description", .string(kind.summary))] + members)
  }
}

extension Failure {
  static func duplicateStep(_ id: String, at place: Place, first: Place) -> Failure {
    .invalid(
      "duplicate-step", "a second step with the id `\(id)`", at: place,
      hint: "The first stands in line \(first.line ?? 0); ids are unique.")
  }

  static func stepWithoutAction(at place: Place, kinds: [String]) -> Failure {
    .invalid(
      "step-without-action", "a step that does nothing", at: place,
      hint: "Give it one of \(kinds.map { "`\($0)`" }.joined(separator: ", ")).")
  }

  static func notRepeatable(_ kind: String, at place: Place) -> Failure {
    .invalid(
      "not-repeatable", "`retries` beside `\(kind)`, which can't be begun again on the same server",
      at: place,
      hint: "Leave it out, and run the drill again when it failed for a passing reason.")
  }

  static func stepWithTwoActions(_ first: String, _ second: String, at place: Place) -> Failure {
    .invalid(
      "step-with-two-actions", "a step with both `\(first)` and `\(second)`", at: place,
      hint: "Make them two steps.")
  }
}

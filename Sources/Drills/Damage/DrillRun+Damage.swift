internal import BSON
internal import Checks
internal import Configuration
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sandbox
internal import Witness

extension DrillRun {
  /// Plants faults in the sandbox, one at a time, asks the scenario's checks of each and takes it out again. The steps
  /// have to be over, and every check to have passed.
  func plantFaults(each: Int?) throws {
    guard let sandbox else { throw Failure.noSandbox() }
    let started = Clock.monotonic
    events(.phaseStarted("damage", total: nil))
    let suites = try suitesAsked
    let before = try outcomes(of: suites, sandbox)
    for kind in SandboxFaults.all {
      var planted = 0
      for collection in try damageable(sandbox) where planted < each ?? .max {
        try checkStops()
        guard let fault = try plant(kind, in: collection, suites, before, sandbox) else { continue }
        note(fault)
        planted += 1
      }
      if planted == 0 {
        var fault = DrillRecord.Fault()
        fault.kind = kind.kind
        fault.description = "no collection gives occasion for it"
        note(fault)
      }
    }
    note(try askALate(suites, before, sandbox))
    // What the faults left behind would make every later answer worthless.
    let after = try outcomes(of: suites, sandbox)
    if let changed = zip(before, after).first(where: { $0.result != $1.result }) {
      throw Failure.damageNotUndone(changed.1)
    }
    end(Phase("damage", seconds: Clock.monotonic - started))
  }

  /// The suites that the scenario's check steps ask.
  private var suitesAsked: [Suite] {
    get throws {
      let steps = scenario.steps.compactMap { $0.action as? CheckStep }
      let names = steps.flatMap { $0.suites.map(\.value) }
      let asksAll = steps.contains { $0.suites.isEmpty }
      return try suites(expecting: expected).filter { asksAll || names.contains($0.name) }
    }
  }

  private func outcomes(of suites: [Suite], _ sandbox: Sandbox, later: Double = 0) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    for suite in suites {
      var server = checkedServer(expecting: expected, sandbox)
      server.delay = later
      outcomes += try suite.run(
        on: server, parallel: Machine.cores, before: { try sandbox.checkAlive() }, events: { _ in })
    }
    return outcomes
  }

  /// Collections that were restored and hold something, the largest first.
  private func damageable(_ sandbox: Sandbox) throws -> [DamagedCollection] {
    let live = try Catalogue(of: sandbox.pool, counting: .fast)
    let references = scenario.references(in: try suitesAsked)
    return live.sorted.filter {
      expected[$0.namespace] != nil && $0.kind == .collection && $0.options["capped"]?.isTrue != true
        && $0.documents ?? 0 > 0
    }.map {
      DamagedCollection(facts: $0, documents: $0.documents ?? 0, pool: sandbox.pool, references: references)
    }
    .sorted { ($1.documents, $0.namespace) < ($0.documents, $1.namespace) }
  }

  private func plant(
    _ kind: any SandboxFault.Type, in collection: DamagedCollection, _ suites: [Suite], _ before: [Outcome],
    _ sandbox: Sandbox
  ) throws -> DrillRecord.Fault? {
    let start = Clock.monotonic
    guard let planted = try kind.plant(in: collection) else { return nil }
    var fault = DrillRecord.Fault()
    fault.kind = kind.kind
    fault.namespace = collection.namespace.description
    fault.description = planted.description
    let after: [Outcome]
    do { after = try outcomes(of: suites, sandbox) } catch {
      try planted.undo()
      throw error
    }
    try planted.undo()
    judge(&fault, before, after, remedy: kind.remedy(planted))
    fault.seconds = Clock.monotonic - start
    return fault
  }

  /// Yesterday's backup in place of today's: the same data, asked as if the target were a day later.
  private func askALate(
    _ suites: [Suite], _ before: [Outcome], _ sandbox: Sandbox
  ) throws -> DrillRecord.Fault {
    let start = Clock.monotonic
    var fault = DrillRecord.Fault()
    fault.kind = "yesterdays-backup"
    // A check of freshness that names its moment needs no other.
    let isAsked = suites.contains { $0.checks.contains { $0.check is FreshnessCheck } }
    guard moment != nil || isAsked else {
      fault.description = "the moment of the data is not known, so nothing can be a day late"
      return fault
    }
    fault.description = "the data is a day older than the target"
    judge(
      &fault, before, try outcomes(of: suites, sandbox, later: 86_400),
      remedy: "freshness: {field: …, max: 24h}")
    fault.seconds = Clock.monotonic - start
    return fault
  }

  private func judge(
    _ fault: inout DrillRecord.Fault, _ before: [Outcome], _ after: [Outcome], remedy: String
  ) {
    let worse = zip(before, after).filter { $0.result.severity < $1.result.severity }.map(\.1)
    fault.noticed = !worse.isEmpty
    fault.by = worse.map(\.title)
    fault.remedy = worse.isEmpty ? remedy : nil
  }

  func note(_ fault: DrillRecord.Fault) {
    record.damage?.faults.append(fault)
    events(.note(fault.sentence))
  }
}

extension DrillRecord.Fault {
  /// `documents-lost in shop.orders: noticed by count of shop.orders`.
  var sentence: String {
    let place = namespace.map { " in \($0)" } ?? ""
    switch noticed {
    case true?: return "\(kind)\(place): noticed \(noticers)"
    case false?: return "\(kind)\(place): UNNOTICED; \(remedy ?? "") would have seen it"
    case nil: return "\(kind)\(place): not planted, \(description)"
    }
  }
}

extension Outcome.Result {
  /// How bad it is.
  fileprivate var severity: Int {
    switch self {
    case .pass: 0
    case .skipped: 0
    case .warn: 1
    case .error: 2
    case .fail: 3
    }
  }
}

extension Scenario {
  /// The references that its checks know.
  fileprivate func references(in suites: [Suite]) -> [Referring] {
    suites.flatMap(\.checks).compactMap { planned in
      guard let relation = (planned.check as? ReferencesCheck)?.relation, relation.fields.count == 1,
        case .collection(let from) = planned.subject
      else { return nil }
      return Referring(from: from, field: relation.fields[0], to: relation.to, toField: relation.toFields[0])
    }
  }
}

extension Failure {
  static func damageNotUndone(_ outcome: Outcome) -> Failure {
    Failure(
      .internal, "damage-not-undone",
      "after all faults were taken out, \(outcome.title) does not answer as before: \(outcome.message)")
  }
}

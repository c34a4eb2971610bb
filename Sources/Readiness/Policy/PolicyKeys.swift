internal import Configuration
package import Platform

/// The keys of a policy file.
enum PolicyKeys {
  // MARK: shapes

  /// One bound, or up to three from the target to the limit.
  private static func bounds<Value>(_ element: Shape<Value>, isUpper: Bool) -> Shape<Bounds<Value>>
  where Value: Comparable & Hashable {
    let schema: JSON = [
      "anyOf": [
        element.schema,
        ["type": "array", "items": element.schema, "minItems": 1, "maxItems": 3],
      ]
    ]
    return Shape<[Value]>.list(of: element, orOne: true).map(
      "\(element.name), or up to three from the target to the limit", schema: schema
    ) { values, node, diagnostics in
      guard 1...3 ~= values.count else {
        diagnostics.report(.boundsCount(values.count, at: node.place))
        return nil
      }
      guard zip(values, values.dropFirst()).allSatisfy({ isUpper ? $0 <= $1 : $0 >= $1 }) else {
        diagnostics.report(.boundsOrder(isUpper: isUpper, at: node.place))
        return nil
      }
      return Bounds(values, isUpper: isUpper)
    }
  }

  /// A requirement, or `false` where it isn't asked.
  private static func orFalse<Value: Sendable>(_ shape: Shape<Value>) -> Shape<Value?> {
    Shape<Value?>(
      "\(shape.name), or false", schema: ["anyOf": [shape.schema, ["const": false]]]
    ) { node, diagnostics in
      if let scalar = node.scalar, scalar.isPlain, scalar.text == "false" { return .some(nil) }
      return shape.decode(node, diagnostics).map { .some($0) }
    }
  }

  /// `2026-11-21`, or a time with its zone.
  private static func date(endOfDay: Bool) -> Shape<WallTime> {
    .scalar(
      "a date such as 2026-11-21", schema: ["type": "string"],
      hint: "Dates are written 2026-11-21, times 2026-11-21T14:30:00Z."
    ) { scalar in
      if let time = WallTime(rfc3339: scalar.text) { return time }
      guard var time = WallTime(rfc3339: scalar.text + "T00:00:00Z") else { return nil }
      if endOfDay { time.seconds += 86_400 }
      return time
    }
  }

  private static let within = Key(
    required: "within", bounds(.duration, isUpper: true),
    "At most so long ago: one duration, or up to three for EXCELLENT, GOOD and FAIR.")
  private static let age = Shape<Bounds<Double>>.record("requirement", [within]) { $0[within] }

  private static let atMost = Key(
    required: "within", bounds(.duration, isUpper: true),
    "At most so long: one duration, or up to three for EXCELLENT, GOOD and FAIR.")
  private static let time = Shape<Bounds<Double>>.record("requirement", [atMost]) { $0[atMost] }

  private static let atLeast = Key(
    required: "at_least", bounds(.integer(1...1_000_000), isUpper: false),
    "So many: one number, or up to three for EXCELLENT, GOOD and FAIR.")
  private static let interval = Key(required: "in", .duration, "The time up to now that is looked at.")
  private static let often = Shape<Policy.Often>.record("requirement", [atLeast, interval]) {
    Policy.Often(bounds: $0[atLeast], interval: $0[interval])
  }
  private static let gapInterval = Key(
    "in", .duration, default: "24h", "The time up to now that is looked at.")
  private static let gaps = Shape<Policy.Gaps>.record("slice_gap", [atMost, gapInterval]) {
    Policy.Gaps(bounds: $0[atMost], interval: $0[gapInterval])
  }

  // MARK: a system

  private static let scenarios = Key(
    "scenarios", .list(of: .string, orOne: true),
    "The scenarios whose runs are about this system; a name that ends in * stands for all that begin so. All runs when "
      + "it is left out. One that is named in full has to have been drilled.")
  private static let locationPath = Key("path", .string, "A folder of backups; relative to this file.")
  private static let locationFetch = Key(
    "fetch", .string,
    "A remote as a scenario's `fetch` names it; a drill that fetched from there shows that a backup is there."
  )
  private static let offsite = Key(
    "offsite", .boolean, default: "false", "Whether it is away from the system itself.")
  private static let location = Shape<Policy.Location>.scalar(
    Shape<String>.string.map { path, _, _ in Policy.Location(path: path) },
    orMapping: Shape<Policy.Location>.record("location", [locationPath, locationFetch, offsite]) { fields in
      guard (fields[locationPath] == nil) != (fields[locationFetch] == nil) else {
        fields.diagnostics.report(.locationKind(at: fields.node.place))
        return nil
      }
      return Policy.Location(
        path: fields[locationPath], fetch: fields[locationFetch], isOffsite: fields[offsite])
    })
  private static let backups = Key(
    "backups", .list(of: location, orOne: true), "Where its backups lie: each entry is a place of its own.")
  private static let oplog = Key(
    "oplog", .list(of: .string, orOne: true), "Folders of its oplog slices; relative to this file.")

  private static let partial = Key(
    "partial_backups", .boolean, default: "false",
    "Whether backups of one database, one collection or some namespaces count as full ones.")
  private static let fullBackup = Key(
    "full_backup", orFalse(age), default: "{within: [24h, 48h, 168h]}",
    "The age of the newest full backup that nothing speaks against.")
  private static let slices = Key(
    "slices", orFalse(often), default: "{at_least: [6, 3, 1], in: 24h}",
    "How many slices or incremental backups there are; false where none are taken.")
  private static let sliceGap = Key(
    "slice_gap", gaps, "The longest time between two slices, and from the last one to now.")
  private static let copiesAtLeast = Key("at_least", .integer(1...100), default: "2", "So many places.")
  private static let copiesOffsite = Key(
    "offsite", .integer(0...100), default: "1", "So many of these away from the system.")
  private static let copiesWithin = Key(
    "within", .duration, default: "48h", "A copy counts when its newest full backup is no older.")
  private static let copies = Key(
    "copies",
    Shape<Policy.Copies>.record("copies", [copiesAtLeast, copiesOffsite, copiesWithin]) {
      Policy.Copies(atLeast: $0[copiesAtLeast], offsite: $0[copiesOffsite], within: $0[copiesWithin])
    }, "In how many of the places of `backups` there is a backup.")
  private static let restoreTest = Key(
    "restore_test", age, "The age of the last successful drill of any scenario.")
  private static let drills = Key(
    "drills", orFalse(often), default: "{at_least: [2, 1, 1], in: 30d}", "How many drills succeeded.")
  private static let eachScenario = Key(
    "each_scenario", orFalse(age), default: "{within: 90d}",
    "The age of the last successful drill of each scenario.")
  private static let rto = Key(
    "rto", time, "The recovery time that the last drill of each scenario measured; the longest counts.")
  private static let rpo = Key(
    "rpo", time, "The loss of data that the last drill of each scenario measured; the longest counts.")
  private static let namespaces = Key(
    "namespaces", .list(of: .string, orOne: true), default: "*",
    "Which; a name that ends in * stands for all that begin so. One that is named in full has to be there.")
  private static let proven = Key(
    "proven",
    Shape<Policy.Proven>.record("proven", [within, namespaces]) {
      Policy.Proven(bounds: $0[within], namespaces: $0[namespaces])
    },
    "How long ago each namespace was proven: all of it restored, checks of it asked, and none of them against it."
  )
  private static let by = Key("by", .string, "Who vouches for it.")
  private static let on = Key("on", date(endOfDay: false), "Since when.")
  private static let expires = Key(
    "expires", date(endOfDay: true), "Through which day it counts.")
  private static let attested = Key(
    "attested",
    Shape<[Named<Policy.Attestation>]>.entries(
      of: Shape<Policy.Attestation>.record("attestation", [by, on, expires]) { fields in
        if let on = fields[on], let expires = fields[expires], expires <= on {
          fields.reject(PolicyKeys.expires, "it is before `on`")
        }
        // A name has letters: blanks are none.
        let name = fields[by].flatMap { $0.contains(where: \.isLetter) ? $0 : nil }
        return Policy.Attestation(item: "", by: name, on: fields[on], expires: fields[expires])
      }, keys: "item"),
    "What people vouch for, by item: who, since when, through when. Without one of these it is not kept.")

  private static let systemKeys: [any DeclaredKey] = [
    scenarios, backups, oplog, partial, fullBackup, slices, sliceGap, copies, restoreTest, drills,
    eachScenario, rto,
    rpo, proven, attested,
  ]
  private static let system = Shape<Policy.System>.record("system", systemKeys) { fields in
    if let copies = fields[copies] {
      let places = fields[backups] ?? []
      if places.count < copies.atLeast || places.count(where: \.isOffsite) < copies.offsite {
        fields.reject(
          PolicyKeys.copies,
          "asks for \(copies.atLeast) places, \(copies.offsite) offsite, and `backups` names "
            + "\(places.count), \(places.count(where: \.isOffsite)) offsite")
      }
    }
    return Policy.System(
      name: "", scenarios: fields[scenarios] ?? [], backups: fields[backups] ?? [],
      oplog: fields[oplog] ?? [], takesParts: fields[partial], fullBackup: fields[fullBackup],
      slices: fields[slices],
      sliceGap: fields[sliceGap], copies: fields[copies], restoreTest: fields[restoreTest],
      drills: fields[drills], eachScenario: fields[eachScenario], rto: fields[rto], rpo: fields[rpo],
      proven: fields[proven], attested: attestations(fields[attested]))
  }

  private static func attestations(_ named: [Named<Policy.Attestation>]?) -> [Policy.Attestation] {
    (named ?? []).map { named in
      var attestation = named.value
      attestation.item = named.name
      return attestation
    }
  }

  // MARK: the file

  private static let version = Key(required: "version", .integer(1...1), "The version of this format: 1.")
  private static let title = Key("title", .string, "What a person calls it.")
  private static let reports = Key(
    "reports", .string,
    "The folder of reports, or a fleet's folder of records, whose systems bear the same names; relative to this file. "
      + "--report-dir wins.")
  private static let systems = Key(
    required: "systems", .entries(of: system, keys: "system"), "What is due, by system.")
  private static let unaltered = Key(
    "unaltered_records", .boolean, default: "false",
    "Whether the chain of records has to be whole, as `history --verify` says it.")
  private static let notice = Key(
    "attestation_notice", .duration, default: "14d",
    "So long before it expires, what is attested becomes a warning.")

  private static let noBackup = Key(
    "no_backup", .duration, default: "24h", "CRITICAL when there was no full backup for so long.")
  private static let successUnder = Key(
    "success_under", .percentage, default: "90%", "WARNING when fewer drills succeeded.")
  private static let growthOver = Key(
    "growth_over", .percentage, default: "20%",
    "INFO when the newest full backup is so much larger than those before it.")
  private static let alertInterval = Key(
    "in", .duration, default: "30d", "The time up to now that success is counted over.")
  private static let alerts = Key(
    "alerts",
    Shape<Policy.Alerts>.record("alerts", [noBackup, successUnder, growthOver, alertInterval]) {
      Policy.Alerts(
        noBackup: $0[noBackup], successUnder: $0[successUnder], growthOver: $0[growthOver],
        interval: $0[alertInterval])
    }, default: "{}", "When there is an alert.")

  private static let about = Key("about", .string, "What it is about.")
  private static let mapped = Key(
    required: "requirements", .list(of: .choice(of: RequirementKind.self), orOne: true),
    "Which requirements bear on it.")
  private static let controls = Key(
    "controls",
    Shape<[Named<Policy.Control>]>.entries(
      of: Shape<Policy.Control>.record("control", [about, mapped]) {
        Policy.Control("", $0[about] ?? "", $0[mapped])
      }, keys: "control"),
    "Controls of frameworks and the requirements that bear on them, instead of the common ones; {} for none.")

  private static let all: [any DeclaredKey] = [
    version, title, reports, systems, attested, notice, unaltered, alerts, controls,
  ]

  /// Decodes a whole file; nil when something was wrong, and reported.
  static func policy(_ node: Node, file: String, _ diagnostics: Diagnostics) -> Policy? {
    guard let fields = Fields.decode(node, of: "policy", all, diagnostics) else { return nil }
    let folder = Files.folder(of: file)
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") || folder == "." ? path : Files.join(folder, path)
    }
    let named = fields[systems]
    if named.isEmpty { fields.reject(systems, "names no system") }
    let place = named.first { named.count > 1 && $0.value.scenarios.isEmpty }
    if let place { diagnostics.report(.systemWithoutScenarios(place.name, at: place.place)) }
    return Policy(
      title: fields[title] ?? Files.name(of: file), path: file, reports: fields[reports].map(absolute),
      systems: named.map { named in
        var system = named.value
        system.name = named.name
        system.oplog = system.oplog.map(absolute)
        for index in system.backups.indices {
          system.backups[index].path = system.backups[index].path.map(absolute)
        }
        return system
      }, attested: attestations(fields[attested]), asksUnalteredRecords: fields[unaltered],
      attestationNotice: fields[notice], alerts: fields[alerts],
      controls: fields[controls].map { named in
        named.map { Policy.Control($0.name, $0.value.about, $0.value.requirements) }
      } ?? Policy.Control.common)
  }

  static var schema: JSON {
    guard case .object(let members) = KeySpec.schema(of: all) else { return [:] }
    return .object(
      [
        .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
        .init("title", "mongodrill readiness policy"),
        .init("description", "What is due: backups, drills, objectives, and what people vouch for."),
      ] + members)
  }
}

/// Everything that is wrong with a policy, so that it can be mended in one go.
package struct InvalidPolicy: Error, Sendable {
  /// One or more, in the order of their lines.
  package let failures: [Failure]

  /// What somebody else found wrong with it.
  package init(_ failures: [Failure]) { self.failures = failures }
}

extension Policy {
  /// Reads and checks a policy file.
  package init(file: String) throws(InvalidPolicy) {
    let diagnostics = Diagnostics()
    var policy: Policy?
    if let node = Node.read(file, diagnostics) {
      policy = PolicyKeys.policy(node, file: file, diagnostics)
    }
    guard let policy, diagnostics.isEmpty else { throw InvalidPolicy(diagnostics.sorted) }
    self = policy
  }

  /// The JSON Schema of a policy file (draft 2020-12).
  package static var schema: JSON { PolicyKeys.schema }
}

extension Failure {
  static func boundsCount(_ count: Int, at place: Place) -> Failure {
    .invalid(
      "bounds-count", "\(count) bounds, where one to three are taken", at: place,
      hint: "One is target and limit; of two the second is the limit; three are for EXCELLENT, GOOD and FAIR."
    )
  }

  static func boundsOrder(isUpper: Bool, at place: Place) -> Failure {
    .invalid(
      "bounds-order", "bounds that don't go from the target to the limit", at: place,
      hint: isUpper ? "Write the shortest first." : "Write the largest first.")
  }

  static func locationKind(at place: Place) -> Failure {
    .invalid("location-kind", "a place of backups needs either `path` or `fetch`", at: place)
  }

  static func systemWithoutScenarios(_ name: String, at place: Place) -> Failure {
    .invalid(
      "system-without-scenarios", "nothing says which drills are about system `\(name)`", at: place,
      hint: "Where there are several systems, each names its `scenarios`.")
  }
}

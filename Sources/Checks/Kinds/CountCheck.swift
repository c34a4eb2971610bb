package import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// `count`: how many documents there are.
package struct CountCheck: ScanningCheck {
  private static let min = Key("min", .integer(0...Int.max), "The fewest documents that pass.")
  private static let max = Key("max", .integer(0...Int.max), "The most documents that pass.")
  private static let equals = Key("equals", .integer(0...Int.max), "The exact number of documents.")
  private static let compare = Key(
    "compare", .counterpart(.backup, .witness, .baseline, steps: true),
    "What to compare with: `backup`, the documents that were read from it; `witness`, what was recorded from the "
      + "source; `baseline`, what this check counted in an earlier run; `step:ID`, what was there after a step of this "
      + "run. `backup` when neither this nor a limit nor a threshold is given.")
  private static let tolerance = Key(
    "tolerance", .percentage, default: "0%", "How far the number may be from the other, in percent of it.")

  package static let declaration = CheckDeclaration(
    "count", "Counts the documents, one by one, and compares with limits or with what was counted elsewhere.",
    takesFilter: true,
    figure: "documents", keys: [min, max, equals, compare, tolerance], example: "count: {min: 5000}",
    onSets: .documents)

  private let limits: NumberLimits
  /// What it compares with.
  package let counterpart: Counterpart?

  /// Compares with the backup.
  package init() {
    counterpart = .backup
    limits = NumberLimits(tolerance: 0)
  }

  package init(_ fields: Fields, _ common: CommonKeys) {
    limits = NumberLimits(
      min: fields[Self.min], max: fields[Self.max], equals: fields[Self.equals],
      tolerance: fields[Self.tolerance])
    let isJudged = common.warnIf != nil || common.errorIf != nil
    counterpart = fields[Self.compare] ?? (!limits.isEmpty || isJudged ? nil : .backup)
    if let counterpart, counterpart != .baseline, common.filter != nil {
      fields.reject(
        Self.compare, "a `where` can't be compared with \(counterpart.words), which is counted as a whole",
        hint: "Give `min`, `max` or `equals`, or compare with the baseline.")
    }
    if counterpart == nil, fields.isGiven(Self.tolerance) {
      fields.reject(Self.tolerance, "there is nothing that it is a part of", hint: "Add `compare: backup`.")
    }
    if let min = limits.min, let max = limits.max, min > max {
      fields.reject(Self.min, "\(min) is above the `max` of \(max)")
    }
  }

  /// Facts of collections count a time series in buckets.
  package var readsStored: Bool { counterpart != nil && counterpart != .baseline }

  package func scan(_ context: CheckContext) throws -> Seen {
    if let counterpart { _ = try context.documents(in: counterpart) }
    return Seen()
  }

  /// What was seen of it.
  package struct Seen: Scan {
    fileprivate var documents = 0

    package var reads: DocumentPart { .presence }
    package mutating func see(_ document: RawDocument) { documents += 1 }
    package mutating func count(_ documents: Int) { self.documents += documents }
    package mutating func append(_ next: Seen) { documents += next.documents }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    let count = seen.documents
    let expected = try counterpart.map { try context.documents(in: $0) }
    let isStored = readsStored && context.place != context.namespace
    let noun = isStored ? "bucket" : "document"
    let complaints = limits.complaints(count, expected: expected, counterpart)
    var finding = Finding(
      figure: count, of: expected, failsAbove: nil, least: complaints.isEmpty ? .pass : .fail,
      examined: limits.expectsSome || expected != nil ? nil : count,
      message: "\(Count.text(count, noun))"
        + (complaints.isEmpty ? praise(expected) : ", " + complaints.joined(separator: ", ")),
      measured: .record([
        "\(noun)s": .integer(Int64(count)), "expected": expected.map { .integer(Int64($0)) },
      ]),
      expected: limits.wish(noun, expected: expected, counterpart), observed: Count.text(count, noun))
    let place = isStored ? context.place : context.namespace
    finding.query = "\(place.shellText).countDocuments(\((context.common.filter ?? [:]).shellText))"
    return finding
  }

  private func praise(_ expected: Int?) -> String {
    guard let expected, let counterpart else { return "" }
    return limits.tolerance == 0
      ? ", as in \(counterpart.words)" : ", near enough to \(counterpart.possessive) \(Count.text(expected))"
  }
}

extension Counterpart {
  /// As its owner's: `the backup's`.
  var possessive: String { "\(words)'s" }
}

extension CheckContext {
  /// How many documents (of a time series, buckets) the collection had there. Throws `Unanswerable` when that isn't
  /// known.
  func documents(in counterpart: Counterpart) throws(Unanswerable) -> Int {
    if counterpart == .baseline {
      let measured = try baseline()
      guard case .integer(let count) = measured["documents"] ?? .null else {
        throw Unanswerable("the baseline holds no number of documents")
      }
      return Int(count)
    }
    let (facts, _) = try facts(of: counterpart)
    guard facts.kind != .view else { throw Unanswerable("\(counterpart.words) holds no documents of a view") }
    guard let documents = facts.documents else {
      guard counterpart != .backup else {
        throw Unanswerable(
          "what an oplog was replayed to can't be computed from the backup; give `min`, `max` or `equals`, or compare "
            + "with a witness")
      }
      throw Unanswerable("\(counterpart.possessive) documents of \(namespace) were not counted")
    }
    return documents
  }
}

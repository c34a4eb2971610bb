internal import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// What a check compares with.
enum Reference: String, Sendable, CaseIterable {
  case backup
}

/// `count`: how many documents there are.
package struct CountCheck: Check {
  private static let min = Key("min", .integer(0...Int.max), "The fewest documents that pass.")
  private static let max = Key("max", .integer(0...Int.max), "The most documents that pass.")
  private static let equals = Key("equals", .integer(0...Int.max), "The exact number of documents.")
  private static let compare = Key(
    "compare", .choice(of: Reference.self),
    "What to compare with. `backup`: the documents that were read from the backup; so it is, too, when neither a "
      + "limit nor a threshold is given.")
  private static let tolerance = Key(
    "tolerance", .percentage, default: "0%", "How far the number may be from the backup's, in percent of it.")

  package static let declaration = CheckDeclaration(
    "count", "Counts the documents, one by one, and compares with limits or with the backup.",
    takesFilter: true,
    figure: "documents", keys: [min, max, equals, compare, tolerance], example: "count: {min: 5000}")

  private var min: Int?
  private var max: Int?
  private var equals: Int?
  /// How far the number may be from the backup's; nil when it isn't compared.
  private var tolerance: Double?

  /// Compares with the backup.
  package init() { tolerance = 0 }

  package init(_ fields: Fields, _ common: CommonKeys) {
    min = fields[Self.min]
    max = fields[Self.max]
    equals = fields[Self.equals]
    let isLimited = min != nil || max != nil || equals != nil
    let isJudged = common.warnIf != nil || common.errorIf != nil
    if fields[Self.compare] == .backup || !isLimited && !isJudged { tolerance = fields[Self.tolerance] }
    if tolerance != nil, common.filter != nil {
      fields.reject(
        Self.compare, "a `where` can't be compared with the backup, which is counted as a whole",
        hint: "Give `min`, `max` or `equals`.")
    }
    if tolerance == nil, fields.isGiven(Self.tolerance) {
      fields.reject(Self.tolerance, "there is nothing that it is a part of", hint: "Add `compare: backup`.")
    }
    if let min, let max, min > max { fields.reject(Self.min, "\(min) is above the `max` of \(max)") }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let filter = context.common.filter ?? [:]
    let expected = tolerance == nil ? nil : try context.documentsInBackup()
    // A backup holds a time series as buckets.
    let place = expected != nil ? context.collection?.stored ?? context.namespace : context.namespace
    // The server's own running count is no proof: it may be off, and it doesn't touch a document.
    let reply = try context.all([
      "aggregate": .string(place.collection), "cursor": [:],
      "pipeline": [["$match": .document(filter)], ["$count": "n"]],
    ])
    let count = Int(reply.first?["n"]?.integer ?? 0)
    let noun = place == context.namespace ? "document" : "bucket"
    let complaints = complaints(count, expected: expected)
    var finding = Finding(
      figure: count, of: expected, failsAbove: nil, least: complaints.isEmpty ? .pass : .fail,
      examined: min == nil && equals == nil && expected == nil ? count : nil,
      message: "\(Count.text(count, noun))"
        + (complaints.isEmpty ? praise(expected) : ", " + complaints.joined(separator: ", ")),
      measured: .record([
        "\(noun)s": .integer(Int64(count)), "expected": expected.map { .integer(Int64($0)) },
      ]),
      expected: wish(expected, noun), observed: Count.text(count, noun))
    finding.query = "\(place.shellText).countDocuments(\(filter.shellText))"
    return finding
  }

  private func praise(_ expected: Int?) -> String {
    guard let expected, let tolerance else { return "" }
    return tolerance == 0 ? ", as in the backup" : ", near enough to the backup's \(Count.text(expected))"
  }

  private func complaints(_ count: Int, expected: Int?) -> [String] {
    var complaints: [String] = []
    if let min, count < min { complaints.append("fewer than \(Count.text(min))") }
    if let max, count > max { complaints.append("more than \(Count.text(max))") }
    if let equals, count != equals { complaints.append("not \(Count.text(equals))") }
    if let expected, let tolerance {
      let difference = (count - expected).magnitude
      if Double(difference) > tolerance * Double(expected) {
        complaints.append(
          "\(Count.text(Int(difference))) \(count < expected ? "fewer" : "more") than in the backup")
      }
    }
    return complaints
  }

  /// What was asked for, in words; nil when thresholds alone judge.
  private func wish(_ expected: Int?, _ noun: String) -> String? {
    var parts: [String] = []
    if let min { parts.append("at least \(Count.text(min, noun))") }
    if let max { parts.append("at most \(Count.text(max, noun))") }
    if let equals { parts.append(Count.text(equals, noun)) }
    if let expected, let tolerance {
      let share = tolerance == 0 ? "" : " ± \(Decimals.format(tolerance * 100, 3))%"
      parts.append("\(Count.text(expected, noun))\(share), as in the backup")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension CheckContext {
  /// How many documents were read from the backup. Throws `Unanswerable` when that isn't known.
  func documentsInBackup() throws(Unanswerable) -> Int {
    guard server.expected != nil else { throw Unanswerable("there is no backup to compare with") }
    guard let facts = expected else { throw Unanswerable("the backup holds no \(namespace)") }
    guard facts.kind != .view else { throw Unanswerable("a backup holds no documents of a view") }
    guard let documents = facts.documents else {
      throw Unanswerable("the backup's documents of \(namespace) were not counted")
    }
    return documents
  }
}

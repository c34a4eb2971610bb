internal import BSON
package import Configuration
internal import Platform
internal import Record

/// `metric`: one number that an aggregation gives, within limits or near that of an earlier run.
package struct MetricCheck: Check {
  private static let pipeline = Key(
    required: "pipeline", .list(of: .document),
    "An aggregation that gives one document with the number in it.")
  private static let value = Key(
    "value", .string, "The field that holds the number; without it, the only number there.")
  private static let min = Key("min", .value, "The least that passes.")
  private static let max = Key("max", .value, "The most that passes.")
  private static let equals = Key("equals", .value, "What it has to be.")
  private static let compare = Key(
    "compare", .counterpart(.baseline), "Compares with what the same check measured in the baseline.")
  private static let tolerance = Key(
    "tolerance", .percentage, default: "0%", "How far it may be from the baseline's, in percent of that.")

  package static let declaration = CheckDeclaration(
    "metric", "Takes one number by an aggregation, and compares it with limits or with an earlier run.",
    takesFilter: true, figure: "the number",
    keys: [pipeline, value, min, max, equals, compare, tolerance],
    example: "metric: {pipeline: [{$group: {_id: null, total: {$sum: $total}}}], min: 1000}")

  private let pipeline: [Document]
  private let name: String?
  private var min: Measurement?
  private var max: Measurement?
  private var equals: Measurement?
  private let isCompared: Bool
  private let tolerance: Double

  package init(_ fields: Fields, _ common: CommonKeys) {
    pipeline = fields[Self.pipeline]
    name = fields[Self.value]
    isCompared = fields[Self.compare] != nil
    tolerance = fields[Self.tolerance]
    min = Self.limit(fields, Self.min)
    max = Self.limit(fields, Self.max)
    equals = Self.limit(fields, Self.equals)
    if pipeline.isEmpty { fields.reject(Self.pipeline, "it is empty") }
    if let min, let max, max < min { fields.reject(Self.min, "\(min) is above the `max` of \(max)") }
    if !isCompared, fields.isGiven(Self.tolerance) {
      fields.reject(
        Self.tolerance, "there is nothing that it is a part of", hint: "Add `compare: baseline`.")
    }
  }

  private static func limit(_ fields: Fields, _ key: Key<Value?>) -> Measurement? {
    guard let value = fields[key] else { return nil }
    guard let number = Measurement(value), number.value.isFinite else {
      fields.reject(key, "expected a number, found \(value.extendedJSON())")
      return nil
    }
    return number
  }

  package var counterpart: Counterpart? { isCompared ? .baseline : nil }

  package func run(_ context: CheckContext) throws -> Finding {
    let stages = context.filterStages + pipeline.map { .document($0) }
    let query = context.shellAggregation(stages)
    try context.requireCollections(of: pipeline)
    guard let number = try number(context, stages) else {
      var finding = Finding(
        figure: 0, failsAbove: nil, examined: 0, message: "the pipeline gave no number", measured: .null)
      finding.query = query
      return finding
    }
    var baseline: Measurement?
    if isCompared {
      let recorded = try context.baseline()
      baseline = Measurement(recorded["value"])
      if baseline == nil { throw Unanswerable("the baseline holds no number for this check") }
    }
    let complaints = complaints(number, baseline)
    var message = "\(number)"
    if complaints.isEmpty {
      if let baseline { message += ", \(number.change(from: baseline)) from the baseline's \(baseline)" }
    } else {
      message += ", " + complaints.joined(separator: ", ")
    }
    var finding = Finding(
      figure: number.value, failsAbove: nil, least: complaints.isEmpty ? .pass : .fail, message: message,
      measured: .record(["value": number.json, "baseline": baseline?.json]), expected: wish(baseline),
      observed: "\(number)")
    finding.figureOnly = finding.expected == nil
    finding.query = query
    return finding
  }

  /// The only document's number; nil when there is no document, or null in its place.
  private func number(_ context: CheckContext, _ stages: [Value]) throws -> Measurement? {
    let documents = try context.all(context.aggregation(stages + [["$limit": 2]]))
    if documents.count > 1 {
      throw Unanswerable("the pipeline gave more than one document; end it with a $group by null, say")
    }
    guard let document = documents.first else { return nil }
    let value: Value
    if let name {
      guard let found = document.value(at: FieldPath(name)) else {
        throw Unanswerable("the pipeline's document has no `\(name)`")
      }
      value = found
    } else {
      let others = document.filter { $0.name != "_id" }
      let numbers = others.filter { Measurement($0.value) != nil }
      guard numbers.count <= 1 else {
        throw Unanswerable(
          "there is more than one number: \(numbers.map(\.name).joined(separator: ", ")); say which with `value`"
        )
      }
      guard let only = numbers.first ?? others.first(where: { _ in others.count == 1 }) else {
        throw Unanswerable("there is no number in the pipeline's document")
      }
      value = only.value
    }
    if value == .null { return nil }
    guard let number = Measurement(value) else {
      throw Unanswerable("not a number: \(value.extendedJSON())")
    }
    // It would be neither above nor below any limit.
    guard number.value.isFinite else {
      throw Unanswerable("the number is \(number.value.isNaN ? "NaN" : "infinite")")
    }
    return number
  }

  private func complaints(_ number: Measurement, _ baseline: Measurement?) -> [String] {
    var complaints: [String] = []
    if let min, number < min { complaints.append("less than \(min)") }
    if let max, max < number { complaints.append("more than \(max)") }
    if let equals, number != equals { complaints.append("not \(equals)") }
    if let baseline, !number.isWithin(tolerance, of: baseline) {
      complaints.append("\(number.change(from: baseline)) from the baseline's \(baseline)")
    }
    return complaints
  }

  private func wish(_ baseline: Measurement?) -> String? {
    var parts: [String] = []
    if let min { parts.append("at least \(min)") }
    if let max { parts.append("at most \(max)") }
    if let equals { parts.append("\(equals)") }
    if let baseline {
      let share = tolerance == 0 ? "" : " ± \(Decimals.format(tolerance * 100, 3))%"
      parts.append("\(baseline)\(share), as in the baseline")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

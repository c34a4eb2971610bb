internal import BSON
package import Configuration
internal import Platform
internal import Record
internal import Witness

/// `query`: how a query runs: which index it uses, how many documents it looks at, how long it takes.
package struct QueryCheck: Check {
  private static let find = Key("find", .document, "A filter, as for `find`; {} for all.")
  private static let pipeline = Key("pipeline", .list(of: .document), "Instead of `find`: an aggregation.")
  private static let sort = Key("sort", .document, "With `find`: the order.")
  private static let index = Key("index", .string, "The name of an index that the plan has to use.")
  private static let maxExamined = Key(
    "max_examined", .integer(0...Int.max), "The most documents that it may look at.")
  private static let maxTime = Key(
    "max_time", .duration, "The longest that it may take: the median of all runs.")
  private static let compare = Key(
    "compare", .counterpart(.baseline, .witness),
    "Compares the documents that it looks at, and the time, with what the same check measured in the baseline, or what "
      + "the witness measured on the source under this name."
  )
  private static let tolerance = Key(
    "tolerance", .percentage, default: "50%",
    "How much more either may be, in percent of that.")
  private static let runs = Key(
    "runs", .integer(1...100), default: "3", "How often it runs, to its last document.")

  package static let declaration = CheckDeclaration(
    "query", "Runs a query: which index it uses, how many documents it looks at, how long it takes.",
    figure: "time in seconds", figureIsTime: true,
    keys: [find, pipeline, sort, index, maxExamined, maxTime, compare, tolerance, runs],
    example: "query: {find: {customerId: 7}, index: customerId_1, max_time: 50ms}")

  /// Differences below this many seconds are the machine's, not the query's.
  private static let noise = 0.01

  private var filter: Document?
  private var pipeline: [Document] = []
  private var sort: Document?
  private let index: String?
  private let maxExamined: Int?
  private let maxTime: Double?
  private let compared: Counterpart?
  private let name: String
  private let tolerance: Double
  private let runs: Int

  package init(_ fields: Fields, _ common: CommonKeys) {
    filter = fields[Self.find]
    pipeline = fields[Self.pipeline] ?? []
    sort = fields[Self.sort]
    index = fields[Self.index]
    maxExamined = fields[Self.maxExamined]
    maxTime = fields[Self.maxTime]
    compared = fields[Self.compare]
    name = common.name ?? Self.declaration.kind
    tolerance = fields[Self.tolerance]
    runs = fields[Self.runs]
    switch (filter != nil, fields.isGiven(Self.pipeline)) {
    case (true, true): fields.reject(Self.pipeline, "together with `find`", hint: "Keep one of the two.")
    case (false, false): fields.reject(Self.find, "there is no query", hint: "Give `find` or `pipeline`.")
    default: break
    }
    if sort != nil, filter == nil {
      fields.reject(Self.sort, "it goes with `find`", hint: "Make a `$sort` of the pipeline of it.")
    }
    if compared == nil, fields.isGiven(Self.tolerance) {
      fields.reject(Self.tolerance, "there is nothing that it is a part of", hint: "Add `compare: baseline`.")
    }
  }

  package var counterpart: Counterpart? { compared }

  package func run(_ context: CheckContext) throws -> Finding {
    let (plan, returned, seconds) = try measure(context)
    let complaints = try complaints(plan, seconds, context)
    let examined = Count.text(Int(plan.documentsExamined), "document")
    let way = plan.indexes.isEmpty ? "without an index" : "by \(plan.indexes.joined(separator: ", "))"
    let facts = "\(Count.text(returned)) of \(examined) \(way) in \(TimeSpan.format(seconds))"
    var finding = Finding(
      figure: seconds, failsAbove: nil, least: complaints.isEmpty ? .pass : .fail,
      examined: complaints.isEmpty ? returned : nil,
      message: ([facts] + complaints).joined(separator: ", "),
      measured: [
        "seconds": .double(seconds), "examined": .integer(plan.documentsExamined),
        "keys_examined": .integer(plan.keysExamined), "returned": .integer(Int64(returned)),
        "indexes": .array(plan.indexes.map { .string($0) }), "scans_collection": .bool(plan.scansCollection),
      ], expected: wish, observed: facts)
    finding.figureOnly = wish == nil
    finding.query = shellText(context)
    return finding
  }

  /// Runs it: its plan, how many documents came, the median of its times.
  private func measure(_ context: CheckContext) throws -> (plan: Explanation, returned: Int, seconds: Double)
  {
    let command = command(context)
    try context.requireCollections(of: pipeline)
    let plan = Explanation(
      try context.run(["explain": .document(command), "verbosity": "executionStats"]))
    var returned = 0
    var times: [Double] = []
    for _ in 0..<runs {
      returned = 0
      let start = Clock.monotonic
      try unsafe context.scan(command) { _ in
        returned += 1
        return true
      }
      times.append(Clock.monotonic - start)
    }
    return (plan, returned, times.sorted()[times.count / 2])
  }

  /// What a witness keeps of it.
  func witness(_ context: CheckContext) throws -> WitnessRecord.Query {
    let (plan, _, seconds) = try measure(context)
    return WitnessRecord.Query(
      namespace: context.namespace, name: name, seconds: seconds, examined: Int(plan.documentsExamined))
  }

  /// What it is compared with: the documents that it looked at there, and its time.
  private func before(_ counterpart: Counterpart, _ context: CheckContext) throws -> (
    Measurement, Measurement
  ) {
    guard counterpart == .witness else {
      let before = try context.baseline()
      guard let examined = Measurement(before["examined"]), let time = Measurement(before["seconds"]) else {
        throw Unanswerable("the baseline holds no figures of this query")
      }
      return (examined, time)
    }
    guard let content = context.server.witnessed else {
      throw Unanswerable("there is no witness to compare with")
    }
    let query = content.record.queries.first {
      content.place($0.namespace) == context.namespace && $0.name.utf8.elementsEqual(name.utf8)
    }
    guard let query else {
      throw Unanswerable(
        "the witness timed no query \(name) of \(context.namespace); record it with --queries")
    }
    return (Measurement(Int64(query.examined)), Measurement(query.seconds))
  }

  private func command(_ context: CheckContext) -> Document {
    guard let filter else { return context.aggregation(pipeline.map { .document($0) }) }
    let command: Document = ["find": .string(context.namespace.collection), "filter": .document(filter)]
    return sort.map { command.setting("sort", to: .document($0)) } ?? command
  }

  private func shellText(_ context: CheckContext) -> String {
    guard let filter else {
      return "\(context.namespace.shellText).explain(\"executionStats\").aggregate("
        + "\(Value.list(pipeline.map { .document($0) }).shellText))"
    }
    let order = sort.map { ".sort(\($0.shellText))" } ?? ""
    return "\(context.namespace.shellText).find(\(filter.shellText))\(order).explain(\"executionStats\")"
  }

  private func complaints(_ plan: Explanation, _ seconds: Double, _ context: CheckContext) throws -> [String]
  {
    var complaints: [String] = []
    if let index, !plan.indexes.contains(where: { $0.utf8.elementsEqual(index.utf8) }) {
      complaints.append("not by \(index)")
    }
    if let maxExamined, plan.documentsExamined > maxExamined {
      complaints.append("more than \(Count.text(maxExamined, "document")) looked at")
    }
    if let maxTime, seconds > maxTime { complaints.append("longer than \(TimeSpan.format(maxTime))") }
    guard let compared else { return complaints }
    let (examined, time) = try before(compared, context)
    if Double(plan.documentsExamined) > examined.value * (1 + tolerance) {
      let change = Measurement(plan.documentsExamined).change(from: examined)
      complaints.append("\(change) from \(compared.words)'s \(Count.text(Int(examined.value), "document"))")
    }
    if seconds > time.value * (1 + tolerance), seconds - time.value > Self.noise {
      complaints.append(
        "\(Measurement(seconds).change(from: time)) from \(compared.words)'s \(TimeSpan.format(time.value))")
    }
    return complaints
  }

  private var wish: String? {
    var parts: [String] = []
    if let index { parts.append("by \(index)") }
    if let maxExamined { parts.append("at most \(Count.text(maxExamined, "document")) looked at") }
    if let maxTime { parts.append("at most \(TimeSpan.format(maxTime))") }
    if let compared {
      parts.append("at most \(Decimals.format(tolerance * 100, 1))% more than in \(compared.words)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

internal import Facts
internal import Platform
internal import Record

extension Question {
  /// Asks a sharded set, in the manner of the check's kind. Throws as `Check.run` does.
  func finding(
    of set: CheckedSet, on server: CheckedServer, _ suite: String, _ crew: Crew
  ) throws -> Finding {
    switch planned.declaration.onSets {
    case .refused: throw Unanswerable("`\(planned.declaration.kind)` can't be asked of a sharded set")
    case .documents:
      let context = try context(on: server, suite, crew)
      guard context.collection?.kind == .collection else {
        throw Unanswerable(
          "a sharded set isn't read through a view or a time series, which show one shard's part")
      }
      return try planned.check.run(context)
    case .definitions: return try planned.check.run(context(on: server, suite, crew))
    case .config: return try planned.check.run(context(on: server.narrowed(to: set.config), suite, crew))
    case .eachShard:
      guard case .collection(let namespace) = subject else {
        throw Unanswerable(
          "`\(planned.declaration.kind)` of a whole database can't be asked of a sharded set")
      }
      let parts = try set.parts(holding: namespace)
      if parts.isEmpty { throw Absent() }
      return Finding(
        of: try parts.map { part in
          (part.name, try planned.check.run(context(on: server.narrowed(to: part), suite, crew)))
        })
    }
  }
}

extension Finding {
  /// The findings of several shards as one: the figures added up, the worst judgement.
  fileprivate init(of parts: [(shard: String, finding: Finding)]) {
    func sum(_ value: (Finding) -> Int?) -> Int? {
      let values = parts.compactMap { value($0.finding) }
      return values.isEmpty ? nil : values.reduce(0, +)
    }
    func joined(_ text: (Finding) -> String?) -> String? {
      let texts = parts.compactMap { part in text(part.finding).map { (part.shard, $0) } }
      guard let first = texts.first else { return nil }
      if texts.count == parts.count, texts.allSatisfy({ $0.1 == first.1 }) {
        return parts.count == 1
          ? first.1 : "\(first.1) (each of \(parts.map(\.shard).joined(separator: ", ")))"
      }
      return texts.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
    }
    let order: [Outcome.Result] = [.pass, .skipped, .warn, .error, .fail]
    self.init(
      figure: parts.reduce(0) { $0 + $1.finding.figure }, of: sum(\.total),
      failsAbove: parts.compactMap(\.finding.failsAbove).min(),
      least: parts.map(\.finding.least).max {
        (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0)
      } ?? .pass,
      examined: sum(\.examined), message: joined(\.message) ?? "",
      measured: .object(parts.map { JSON.Member($0.shard, $0.finding.measured) }),
      expected: joined(\.expected), observed: joined(\.observed))
    samples = parts.flatMap(\.finding.samples)
    figureOnly = parts.allSatisfy(\.finding.figureOnly)
    query = parts.first { $0.finding.query != nil }?.finding.query
  }
}

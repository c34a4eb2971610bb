internal import Platform

extension DrillRecord {
  /// How whole the recovered data is, in one word and the figures behind it. It stands beside the verdict and never above
  /// it: a drill whose checks failed, or that can't say, is rated `NEEDS_REVIEW`.
  package struct Rating: RecordPart {
    /// The first whose conditions hold.
    package enum Level: String, Sendable, Hashable, CaseIterable, RecordValue {
      /// No document missing or extra, every index, no constraint error, and no comparison with a sample alone.
      case excellent = "EXCELLENT"
      /// Less than 0.1% of the documents missing or extra, 95% of the indexes, or none asked for, no constraint error.
      case good = "GOOD"
      /// Less than 1%, 90% of the indexes, fewer than 10 constraint errors.
      case acceptable = "ACCEPTABLE"
      case needsReview = "NEEDS_REVIEW"
    }

    package var level = Level.needsReview
    /// Whether the figures alone would have given a better one.
    package var limitedByVerdict = false
    /// Documents that should have come back, over all collections that were restored.
    package var documentsOriginal = 0
    package var documentsMissing = 0
    package var documentsExtra = 0
    /// Those missing and those extra, as a share of those that should have come back.
    package var documentCountVariance = 0.0
    /// Indexes that should have come back, `_id_` not counted.
    package var indexesOriginal = 0
    package var indexesRecovered = 0
    /// As a share; 1 where there were none.
    package var indexesShare = 1.0
    /// Whether a restore was told to build none: then they aren't rated, and nothing is `EXCELLENT`.
    package var indexesLeftOut = false
    /// Documents that the server refused, that repeat what has to be unique, refer to nothing, or don't fit their schema.
    package var constraintErrors = 0

    package init() {}

    package static var fields: [RecordField<Rating>] {
      [
        RecordField("level", \.level), RecordField("limited_by_verdict", \.limitedByVerdict),
        RecordField("documents_original", \.documentsOriginal),
        RecordField("documents_missing", \.documentsMissing),
        RecordField("documents_extra", \.documentsExtra),
        RecordField("document_count_variance", \.documentCountVariance),
        RecordField("indexes_original", \.indexesOriginal),
        RecordField("indexes_recovered", \.indexesRecovered), RecordField("indexes_share", \.indexesShare),
        RecordField("indexes_left_out", \.indexesLeftOut),
        RecordField("constraint_errors", \.constraintErrors),
      ]
    }

    /// What the figures alone amount to.
    package var levelOfFigures: Level {
      let isExact = documentsMissing == 0 && documentsExtra == 0
      if isExact, !indexesLeftOut, indexesRecovered == indexesOriginal, constraintErrors == 0 {
        return .excellent
      }
      if documentCountVariance < 0.001, indexesShare >= 0.95, constraintErrors == 0 { return .good }
      if documentCountVariance < 0.01, indexesShare >= 0.9, constraintErrors < 10 { return .acceptable }
      return .needsReview
    }
  }

  /// The rating, from the rest of the record; nil where nothing was restored.
  package var rating: Rating? {
    let restored = backup.collections.filter { $0.target != nil }
    guard !restored.isEmpty, damage == nil else { return nil }
    var rating = Rating()
    for collection in restored {
      rating.documentsOriginal += max(0, collection.documents - collection.repeated)
      let counted = counted(collection.target ?? "")
      rating.documentsMissing = RecordNumbers.sum(
        rating.documentsMissing, max(collection.missing, counted.missing))
      rating.documentsExtra = RecordNumbers.sum(rating.documentsExtra, counted.extra)
      rating.indexesRecovered += collection.indexes
    }
    let differences = rating.documentsMissing + rating.documentsExtra
    rating.documentCountVariance =
      differences == 0 ? 0 : Double(differences) / Double(max(1, rating.documentsOriginal))

    let lost = Set(restored.compactMap(\.target)).reduce(0) { $0 + indexesMissing(in: $1) }
    let refused = backup.problems.count { $0.subject == "index" }
    // A refused index is not among those that were built; one that a check misses is, unless it was refused.
    rating.indexesOriginal = rating.indexesRecovered + refused
    rating.indexesRecovered -= min(rating.indexesRecovered, max(0, lost - refused))
    rating.indexesShare =
      rating.indexesOriginal == 0 ? 1 : Double(rating.indexesRecovered) / Double(rating.indexesOriginal)
    rating.indexesLeftOut = Scenario.leavesIndexesOut(scenario.resolved)
    rating.constraintErrors =
      backup.problemCount
      - backup.problems.count { ["index", "collection", "capped"].contains($0.subject) }
      + checks.reduce(0) { RecordNumbers.sum($0, $1.constraintErrors) }
    rating.level = rating.levelOfFigures
    if rating.level == .excellent, checks.contains(where: \.isOfSample) { rating.level = .good }
    // Late or untidy is not less whole.
    let isWhole = verdict == .pass || verdict == .warn || exitCode == .objectiveMissed
    if !isWhole, rating.level != .needsReview {
      rating.level = .needsReview
      rating.limitedByVerdict = true
    }
    return rating
  }

  /// What counts of a collection that compare with the backup or a witness say.
  private func counted(_ namespace: String) -> (missing: Int, extra: Int) {
    var (missing, extra) = (0, 0)
    for check in checks where check.kind == "digest" && check.namespace == namespace {
      guard case .integer(let wanted)? = check.measured["count_of_source"],
        case .integer(let found)? = check.measured["count"]
      else { continue }
      let more = RecordNumbers.capped(found) - RecordNumbers.capped(wanted)
      missing = max(missing, -more)
      extra = max(extra, more)
    }
    for check in checks where check.kind == "count" && check.namespace == namespace {
      guard let expected = check.expected,
        expected.contains("the backup") || expected.contains("the witness"),
        case .integer(let wanted)? = check.measured["expected"],
        case .integer(let found)? = check.measured["documents"] ?? check.measured["buckets"]
      else { continue }
      let more = RecordNumbers.capped(found) - RecordNumbers.capped(wanted)
      missing = max(missing, -more)
      extra = max(extra, more)
    }
    return (missing, extra)
  }

  private func indexesMissing(in namespace: String) -> Int {
    checks.filter { $0.kind == "indexes" && $0.namespace == namespace }.map { check in
      ["missing", "differing"].reduce(0) { sum, key in
        if case .array(let names)? = check.measured[key] { sum + names.count } else { sum }
      }
    }.max() ?? 0
  }
}

extension Outcome {
  /// Whether only some of the ranges of a collection could be compared with a witness.
  fileprivate var isOfSample: Bool {
    guard kind == "digest", case .integer(let ranges)? = measured["ranges"],
      case .integer(let all)? = measured["ranges_in_all"]
    else { return false }
    return ranges < all
  }

  /// Documents that break a rule of the data, in checks that failed.
  fileprivate var constraintErrors: Int {
    let keys = ["unique": "repeats", "references": "dangling", "schema": "misfits"]
    guard result == .fail, let key = keys[kind], case .integer(let count)? = measured[key] else { return 0 }
    return RecordNumbers.capped(count)
  }
}

internal import Platform
internal import Record

extension Section {
  /// How whole the recovered data is, with the figures; nil where nothing is rated.
  static func rating(_ record: DrillRecord) -> Prose? {
    guard let rating = record.rating else { return nil }
    var facts: [String] = []
    if rating.documentsMissing == 0, rating.documentsExtra == 0 {
      facts.append("no document missing or extra")
    } else {
      facts.append(
        "\(Count.text(rating.documentsMissing, "document")) missing and \(Count.text(rating.documentsExtra)) extra of "
          + "\(Count.text(rating.documentsOriginal)) (\(percent(rating.documentCountVariance)))")
    }
    facts.append(
      rating.indexesLeftOut
        ? "indexes were left out"
        : "\(Count.text(rating.indexesRecovered)) of "
          + Count.text(rating.indexesOriginal, "index", plural: "indexes"))
    facts.append(Count.text(rating.constraintErrors, "constraint error"))
    let limited = rating.limitedByVerdict ? ", as the verdict is \(record.verdict.rawValue)" : ""
    let level = Prose(own: rating.level.rawValue.replacing("_", with: " "))
    return "Rating: \(strong: level)\(own: limited) (\(own: facts.joined(separator: "; ")))."
  }

  /// What the rules advise.
  static func recommendations(_ record: DrillRecord) -> Section? {
    guard !record.recommendations.isEmpty else { return nil }
    return Section(
      "Recommendations",
      [.list(record.recommendations.map { "\($0.message) (\(own: $0.rule)). \($0.advice)" })])
  }

  /// A share in percent. What is there is never shown as nothing.
  static func percent(_ share: Double) -> String {
    let text = Decimals.format(share * 100, 2)
    return (share > 0 && text == "0.00" ? "under 0.01" : text) + "%"
  }
}

extension DrillRecord.Objective {
  /// How it compares with earlier runs, to follow its result.
  var compared: Prose {
    guard let regression else { return "" }
    guard let change = regression.change, let median = regression.medianSeconds else {
      return "; too few earlier runs to compare with"
    }
    let words = Prose(
      own: "\(Decimals.format(change.magnitude * 100, 0))% \(change < 0 ? "below" : "above") the median of "
        + "\(Count.text(regression.runs, "earlier run")) (\(TimeSpan.format(median)))")
    return regression.met == false
      ? "; \(strong: words), \(own: Section.percent(regression.limit)) is allowed" : "; " + words
  }
}

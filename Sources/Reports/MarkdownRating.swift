internal import Platform
internal import Record

extension MarkdownReport {
  /// How whole it is, with the figures.
  mutating func rated() {
    guard let rating = record.rating else { return }
    var facts: [String] = []
    if rating.documentsMissing == 0, rating.documentsExtra == 0 {
      facts.append("no document missing or extra")
    } else {
      facts.append(
        "\(Count.text(rating.documentsMissing, "document")) missing and \(Count.text(rating.documentsExtra)) extra of "
          + "\(Count.text(rating.documentsOriginal)) (\(percent(rating.documentCountVariance)))")
    }
    facts.append(
      "\(Count.text(rating.indexesRecovered)) of "
        + Count.text(rating.indexesOriginal, "index", plural: "indexes"))
    facts.append(Count.text(rating.constraintErrors, "constraint error"))
    let limited = rating.limitedByVerdict ? ", as the verdict is \(record.verdict.rawValue)" : ""
    let level = rating.level.rawValue.replacing("_", with: " ")
    lines += ["", "Rating: **\(level)**\(limited) (\(facts.joined(separator: "; ")))."]
  }

  mutating func recommendations() {
    guard !record.recommendations.isEmpty else { return }
    section("Recommendations")
    for one in record.recommendations {
      add(
        "- \(MarkdownText.escaped(one.message)) (\(one.rule)). \(MarkdownText.escaped(one.advice))")
    }
  }

  /// How an objective compares with earlier runs, to follow its result.
  func compared(_ objective: DrillRecord.Objective) -> String {
    guard let regression = objective.regression else { return "" }
    guard let change = regression.change, let median = regression.medianSeconds else {
      return "; too few earlier runs to compare with"
    }
    let words =
      "\(Decimals.format(change.magnitude * 100, 0))% \(change < 0 ? "below" : "above") the median of "
      + "\(Count.text(regression.runs, "earlier run")) (\(TimeSpan.format(median)))"
    return regression.met == false
      ? "; **\(words)**, \(percent(regression.limit)) is allowed" : "; \(words)"
  }

  private func percent(_ share: Double) -> String {
    // What is there is never shown as nothing.
    let text = Decimals.format(share * 100, 2)
    return (share > 0 && text == "0.00" ? "under 0.01" : text) + "%"
  }
}

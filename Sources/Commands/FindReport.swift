internal import BSON
internal import Backups
internal import Platform
internal import Record
internal import Replay

/// What `find` found, as text and as JSON.
struct FindReport {
  let result: FindResult
  let chain: OplogChain

  private var coverage: Coverage { chain.coverage }

  // MARK: Text

  func text(color: Bool) -> String {
    var text = ""
    if !result.findings.isEmpty {
      var table = Table([
        "TIME": .left, "WHAT": .left, "NAMESPACE": .left, "COUNT": .right, "DETAILS": .left,
        "TO JUST BEFORE IT": .left,
      ])
      for finding in result.findings {
        table.add(
          finding.time, finding.title, finding.namespace.isEmpty ? "-" : finding.namespace,
          finding.count.map { Count.text($0) } ?? "-", finding.note, advice(finding))
      }
      text = table.text + "\n"
    }
    return text + summary
  }

  /// What to paste behind `restore BACKUP --oplog …`.
  private func advice(_ finding: OplogFinding) -> String {
    guard let target = finding.target(in: coverage) else { return "before the dump's end" }
    return "--to \(target)" + (finding.isProven(in: coverage) ? "" : " (unproven)")
  }

  private var summary: String {
    var text = result.total == 0 ? "Nothing found" : Count.text(result.total, "finding")
    text += " in \(Count.text(result.entries, "entry", plural: "entries"))"
    if let first = result.first, let last = result.last { text += ", \(first) through \(last)" }
    text += ".\n"
    if result.total > result.findings.count {
      text +=
        "The first \(Count.text(result.findings.count)) are listed. --since, --ns and --op narrow it down; "
        + "--limit lists more.\n"
    }
    return text
  }

  // MARK: JSON

  var json: JSON {
    .record([
      "findings": .array(result.findings.map(json)), "total": .integer(Int64(result.total)),
      "entries": .integer(Int64(result.entries)),
      "first_entry": result.first.map { .string($0.description) } ?? .null,
      "last_entry": result.last.map { .string($0.description) } ?? .null,
      "coverage": coverage.json,
    ])
  }

  private func json(_ finding: OplogFinding) -> JSON {
    .record([
      "what": .string(finding.title), "op": .string(finding.kind.rawValue),
      "namespace": .string(finding.namespace),
      "first": .string(finding.first.description), "last": .string(finding.last.description),
      "time": .string(finding.time),
      "wall_time": finding.wall.map { wall in
        let second = wall.quotientAndRemainder(dividingBy: 1000)
        let time = WallTime(
          seconds: Int(second.quotient), nanoseconds: max(0, Int(second.remainder)) * 1_000_000)
        return .string(time.textWithMilliseconds)
      } ?? .null,
      "operations": .integer(Int64(finding.operations)),
      "documents": finding.documents.map { .integer(Int64($0)) } ?? .null,
      "samples": .array(
        finding.samples.map { (try? JSON.parse($0)) ?? .string($0) }),
      "details": .string(finding.details),
      "target": finding.target(in: coverage).map { .string($0.description) } ?? .null,
      "proven": .bool(finding.isProven(in: coverage)),
    ])
  }
}

extension OplogFinding {
  /// The second of its first entry, in UTC.
  fileprivate var time: String { WallTime(seconds: Int(first.seconds)).text }

  /// Operations of a burst, documents that a drop removed.
  fileprivate var count: Int? {
    switch kind {
    case .insert, .update, .delete, .transaction: operations
    default: documents
    }
  }

  /// The details, or a few `_id`s, on one line of a table.
  fileprivate var note: String {
    if samples.isEmpty { return details }
    let some = samples.prefix(3).map { sample in
      // The usual kind is known by its looks.
      sample.wholeMatch(of: #/\{ "\$oid" : "([0-9a-f]{24})" \}/#).map { String($0.output.1) } ?? sample
    }.joined(separator: ", ")
    return Columns.cut("_id " + some + (operations > 3 ? ", …" : ""), to: 60)
  }
}

internal import Platform
internal import Record

extension Renderer {
  /// One line a check, for a spreadsheet or a database.
  package static let csv = Renderer(
    name: "csv", summary: "the checks as a table (RFC 4180)", fileName: "checks.csv", draw: CSV.checks)

  /// One line a phase.
  package static let csvPhases = Renderer(
    name: "csv-phases", summary: "the phases as a table (RFC 4180)", fileName: "phases.csv", draw: CSV.phases)
}

/// Comma-separated values as RFC 4180 has them, with a line of titles.
enum CSV {
  /// A cell.
  enum Cell {
    case text(String?)
    /// A figure, written as it is.
    case number(Double?)
    case count(Int?)

    var text: String {
      switch self {
      case .text(let text): text.map(CSV.quoted) ?? ""
      case .number(let value): value.flatMap { $0.isFinite ? Decimals.format($0, 3) : nil } ?? ""
      case .count(let value): value.map(String.init) ?? ""
      }
    }
  }

  @Sendable static func checks(_ record: DrillRecord) -> String {
    table(
      [
        "run_id", "scenario", "started_at", "suite", "kind", "check", "collection", "result", "message",
        "measured",
        "expected", "observed", "samples", "query", "seconds",
      ],
      record.checks.map { check in
        run(record) + [
          .text(check.suite), .text(check.kind), .text(check.name), .text(check.namespace),
          .text(check.result.rawValue), .text(check.message), measured(check.measured), .text(check.expected),
          .text(check.observed), .text(check.samples.isEmpty ? nil : check.samples.joined(separator: " ")),
          .text(check.query), .number(check.seconds),
        ]
      })
  }

  @Sendable static func phases(_ record: DrillRecord) -> String {
    table(
      [
        "run_id", "scenario", "started_at", "phase", "seconds", "documents", "bytes", "documents_per_second",
        "bytes_per_second",
      ],
      record.phases.map { phase in
        run(record) + [
          .text(phase.name), .number(phase.seconds), .count(phase.documents), .count(phase.bytes),
          .count(phase.rate(\.documents)), .count(phase.rate(\.bytes)),
        ]
      })
  }

  private static func run(_ record: DrillRecord) -> [Cell] {
    [.text(record.runID), .text(record.scenario.name), .text(record.startedAt.textWithMilliseconds)]
  }

  private static func measured(_ value: JSON) -> Cell {
    switch value {
    case .null: .text(nil)
    case .integer(let value): .count(Int(value))
    case .double(let value): .number(value)
    default: .text(value.text())
    }
  }

  private static func table(_ titles: [String], _ rows: [[Cell]]) -> String {
    let lines = [titles.joined(separator: ",")] + rows.map { $0.map(\.text).joined(separator: ",") }
    return lines.map { $0 + "\r\n" }.joined()
  }

  /// Text as a cell: what can't be seen is spelled out, line breaks too, so that a record is a line.
  ///
  /// Spreadsheet programs take a cell that begins with one of these for a formula; an apostrophe makes it text.
  /// See https://owasp.org/www-community/attacks/CSV_Injection. The full-width forms are taken for the same by some.
  static func quoted(_ text: String) -> String {
    var text = text.visible
    let first = text.unicodeScalars.first { $0 != " " && $0 != "\u{A0}" && $0 != "\u{3000}" }
    if let first, "=+-@＝＋－＠".unicodeScalars.contains(first) { text = "'" + text }
    let needsQuotes =
      text.utf8.contains { byte in
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ";")
      } || text.hasPrefix(" ") || text.hasSuffix(" ")
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

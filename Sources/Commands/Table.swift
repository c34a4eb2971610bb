internal import Platform

/// Rows of text in columns, for people.
package struct Table {
  /// Where a column's cells stand.
  package enum Side: Sendable {
    case left
    case right
  }

  private let titles: [String]
  private let sides: [Side]
  private var rows: [[String]] = []

  package init(_ columns: KeyValuePairs<String, Side>) {
    titles = columns.map(\.key)
    sides = columns.map(\.value)
  }

  /// Adds a row: as many cells as there are columns.
  package mutating func add(_ cells: String...) { rows.append(cells.map(\.visible)) }

  /// Whether it has no row.
  package var isEmpty: Bool { rows.isEmpty }

  /// A longer first cell stands on a line of its own.
  private static let widestFirst = 44

  /// The titles and the rows, each line ending in a newline.
  package var text: String {
    let lines = [titles] + rows
    let widths = titles.indices.map { column in
      lines.map { Columns.width(of: $0[column]) }.filter { column > 0 || $0 <= Table.widestFirst }.max() ?? 0
    }
    return lines.map { line($0, widths) + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      if column > 0 { line += "  " }
      if Columns.width(of: cell) > widths[column] {
        line += cell + "\n" + String(repeating: " ", count: widths[column])
      } else {
        line += Columns.pad(cell, to: widths[column], atLeft: sides[column] == .right)
      }
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}

package import Platform
package import Record

/// One way to draw a record. Each format is one file of this target and stands in `all`.
package struct Renderer: Sendable {
  /// The format's name, as in `mongodrill report RUN --format NAME`.
  package let name: String
  /// What it is, in a few words, for the help.
  package let summary: String
  /// The file's name in a run's folder; nil for formats that aren't written by themselves.
  package let fileName: String?
  private let text: @Sendable (_ record: DrillRecord, _ digest: String?) -> String

  init(
    name: String, summary: String, fileName: String?,
    text: @escaping @Sendable (_ record: DrillRecord, _ digest: String?) -> String
  ) {
    self.name = name
    self.summary = summary
    self.fileName = fileName
    self.text = text
  }

  init(name: String, summary: String, fileName: String?, draw: @escaping @Sendable (DrillRecord) -> String) {
    self.init(name: name, summary: summary, fileName: fileName) { record, _ in draw(record) }
  }

  /// The record as text, with a newline at the end. `digest` is the SHA-256 of the `report.json` that the record was
  /// read from; without it that of the file which this version writes.
  package func draw(_ record: DrillRecord, digest: String? = nil) -> String { text(record, digest) }

  /// Those that every run leaves.
  package static let always: [Renderer] = [.json, .markdown]

  /// Every format there is.
  package static let all: [Renderer] = [
    .json, .markdown, .html, .junit, .github, .githubAnnotations, .prometheus, .openmetrics, .csv, .csvPhases,
  ]

  /// The names of those that can be written as a file, for the help.
  package static let fileNames = all.filter { $0.fileName != nil }.map(\.name).joined(separator: ", ")

  /// The format of that name. Throws `Failure` (kind `usage`) when there is none.
  package static func named(_ name: String) throws(Failure) -> Renderer {
    guard let renderer = all.first(where: { $0.name == name }) else {
      throw .unknownFormat(name, known: all.map(\.name))
    }
    return renderer
  }
}

extension Renderer {
  /// The record itself, indented.
  package static let json = Renderer(
    name: "json", summary: "the record itself, for machines", fileName: "report.json",
    draw: { $0.json.text(pretty: true) + "\n" })
}

extension Failure {
  static func unknownFormat(_ name: String, known: [String]) -> Failure {
    Failure(
      .usage, "unknown-format", "unknown report format \"\(name)\"",
      hint: Suggestion.hint(for: name, among: known) ?? "Known are \(known.joined(separator: ", ")).")
  }
}

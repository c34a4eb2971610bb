internal import Arguments
internal import Platform
internal import Readiness
internal import Record
internal import Reports

/// `mongodrill report RUN`.
enum ReportCommand: Command {
  static let runArgument = Positional.one(
    "RUN", help: "A report's folder, a report.json, a run's id, or 'latest': the run that began last.")
  static let format = Option.value(
    "--format", placeholder: "FORMAT", kind: .anyFormat, default: "markdown, with --output json the record",
    help: Renderer.all.map { "\($0.name): \($0.summary)" }.joined(separator: "; ") + ".")
  static let file = Option.value(
    "-o", "--out", placeholder: "FILE", kind: .path, default: "standard output",
    help: "Writes to a file instead, which takes the place of an older one at once.")

  static let syntax = CommandSyntax(
    name: "report", summary: "draws the record of a run in any format",
    description: [
      "Every report is drawn from report.json, at the end of a run or at any time later.",
      "The exit status says whether it was drawn, not what the run said. A file can be read by its owner alone, "
        + "because reports hold names and ids from the data; only --format prometheus makes one for everybody, and "
        + "takes the time of the last success over from the file that it replaces.",
    ],
    positionals: [runArgument],
    options: [OptionGroup("Options", [format, file, RunCommand.reports])],
    examples: [
      Example("mongodrill report latest --format html -o report.html", "The newest run as a page."),
      Example("mongodrill report 20261121T130449Z-shop --format csv", "Its checks, for a spreadsheet."),
      Example(
        "mongodrill report latest --format github >> \"$GITHUB_STEP_SUMMARY\"",
        "The summary of a workflow's step."),
    ],
    exits: .codes([
      .pass: "It was drawn.", .incomplete: "The file can't be written.",
      .usage: "There is no such run, or it is no record.",
      .damagedBackup: "A number of the record is out of range.", .internal: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let name = values[runArgument]
    let reports = values[RunCommand.reports] ?? "reports"
    guard let source = SavedRun.file(of: name, reports: reports) else { throw Failure.noRun(name, reports) }
    let bytes = try Files.read(source, limit: SavedRun.largest)
    let record = try DrillRecord(reportAt: source, bytes)
    let renderer = values[format] ?? (session.options.output == .text ? .markdown : .json)
    // The record itself is handed on as it lies there, with keys that this version may not know.
    let text =
      renderer.name == Renderer.json.name
      ? String(decoding: bytes, as: UTF8.self) : renderer.draw(record, digest: SHA256.hex(of: bytes))
    if let file = values[file] {
      do throws(Failure) {
        if renderer.name == Renderer.prometheus.name {
          try TextfileCollector.write(record, to: file)
        } else {
          try Files.writeAtomically(text.utf8, to: file, mode: 0o600)
        }
      } catch {
        throw Failure.notDrawn(file, error)
      }
    } else {
      session.console.result(text)
    }
    return ExitCode.pass.status
  }
}

extension ValueKind<Renderer> {
  /// A format's name.
  static var anyFormat: Self { named(Renderer.all) }

  /// The name of a format that is a file.
  static var format: Self { named(Renderer.all.filter { $0.fileName != nil }) }

  private static func named(_ renderers: [Renderer]) -> Self {
    let names = renderers.map(\.name)
    return ValueKind("one of \(names.joined(separator: ", "))", choices: names) { text in
      renderers.first { $0.name.utf8.elementsEqual(text.utf8) }
    }
  }
}

extension Failure {
  static func notDrawn(_ file: String, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "report-not-written", "cannot write \(file)", hint: "Give another file with -o.",
      cause: failure.cause ?? failure.message)
  }
}

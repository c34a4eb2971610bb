internal import Arguments
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet report RECORDS`.
enum FleetReportCommand: Command {
  /// How a report of a fleet is drawn.
  enum Format: String, Sendable, CaseIterable {
    case text
    case markdown
    case html
    case json
    case prometheus
  }

  static let place = Positional.one(
    "RECORDS",
    help:
      "The folder of records that all tasks share (or rclone:REMOTE:PATH), or the fleet's file, which names it: then systems that the round "
      + "doesn't have are named, too.")
  static let round = Option.value(
    "--round", placeholder: "ID", kind: .text, default: "the one that began last", help: "Which round.")
  static let format = Option.value(
    "--format", placeholder: "FORMAT", kind: .choice as ValueKind<Format>,
    default: "text, with --output json the JSON",
    help: "text, markdown, html (one page that needs no other), json, or prometheus: gauges by system.")
  static let file = Option.value(
    "-o", "--out", placeholder: "FILE", kind: .path, default: "standard output",
    help: "Writes to a file instead, which takes the place of an older one at once.")

  static let syntax = CommandSyntax(
    name: "fleet report", summary: "makes one report of all systems of a round, and is its gate",
    description: [
      "Reads what the tasks of a round left behind: verdicts worst first with what to do, recovery time and data loss "
        + "against their objectives, what was last proven when over all rounds, systems that are overdue or without a "
        + "drill, the slowest phases, and what changed since the round before.",
      "A task that was run twice counts once; of attempts that disagree the worse counts, and the report says so. A "
        + "system without an answer, and one whose record is unfinished, damaged or of another version, is inconclusive, "
        + "never a pass.",
      "The exit status is the worst of all systems, in the order of `mongodrill run`. A file can be read by its owner "
        + "alone; only --format prometheus makes one for everybody.",
    ],
    positionals: [place], options: [OptionGroup("Options", [round, format, file])],
    examples: [
      Example("mongodrill fleet report /var/lib/mongodrill/fleet", "The newest round, as a gate."),
      Example(
        "mongodrill fleet report fleet.yaml --round 2026-11-21 --format html -o fleet.html", "A page of it."),
      Example(
        "mongodrill fleet report fleet.yaml --format prometheus -o /var/lib/node_exporter/mongodrill-fleet.prom",
        "For alerts by system."),
    ],
    exits: .codes([
      .pass: "Every system of the round has a passing answer.", .checkFailed: "A check of a system failed.",
      .objectiveMissed: "A system missed an objective.",
      .incomplete:
        "A task is unfinished, or its record damaged or of another version; or the report can't be written.",
      .notVerified: "A system has no answer, or was proven longer ago than the fleet requires.",
      .usage: "There is no such folder or round.",
      .internal: nil,
      .invalidScenario: "The fleet's file, or a system's scenario, is invalid.",
      .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let (records, fleet) = try source(values[place])
    let report = try FleetReport(
      reading: records, round: values[round], listed: fleet?.systems.map(\.name) ?? [])
    let format = values[self.format] ?? (session.options.output == .text ? .text : .json)
    let text = draw(report, format, color: values[file] == nil && session.console.resultHasColor)
    if let file = values[file] {
      do throws(Failure) {
        try Files.writeAtomically(text.utf8, to: file, mode: format == .prometheus ? 0o644 : 0o600)
      } catch {
        throw Failure.notDrawn(file, error)
      }
    } else if session.options.output == .jsonl {
      session.result(text: "", json: report.json(version: Version.text))
    } else {
      session.endProgress()
      session.console.result(text)
    }
    return report.exitCode.status
  }

  /// The folder of records, and the fleet where its file was given. Records of a remote are brought here first.
  static func source(_ text: String) throws -> (records: String, fleet: Fleet?) {
    if Files.isDirectory(text) { return (text, nil) }
    var place = RecordsPlace(text)
    var fleet: Fleet?
    if case .folder(let path) = place {
      let read: Fleet
      do throws(InvalidFleet) { read = try Fleet(file: path) } catch { throw Failures(all: error.failures) }
      (fleet, place) = (read, read.records)
    }
    return (try place.local(scratch: FleetFlags.scratch()), fleet)
  }

  private static func draw(_ report: FleetReport, _ format: Format, color: Bool) -> String {
    switch format {
    case .text: FleetReportText(report).text(color: color)
    case .markdown: report.markdown(version: Version.text)
    case .html: report.html(version: Version.text)
    case .json: report.json(version: Version.text).text(pretty: true) + "\n"
    case .prometheus: report.prometheus
    }
  }
}

internal import Platform
internal import Record

extension Renderer {
  /// The Markdown report, for the file that `GITHUB_STEP_SUMMARY` names.
  package static let github = Renderer(
    name: "github", summary: "the Markdown report, cut to what a GitHub step summary takes",
    fileName: "summary.md",
    draw: { GitHubSummary.cut(MarkdownReport($0).text) })

  /// Commands for a workflow's log: GitHub shows each as a note at the run. Of no use as a file.
  package static let githubAnnotations = Renderer(
    name: "github-annotations", summary: "what is wrong as notes of a GitHub workflow, for its log",
    fileName: nil,
    draw: { GitHubAnnotations($0).text })
}

/// A step summary; GitHub takes 1 MiB a step and shows nothing of one that is longer.
enum GitHubSummary {
  static let limit = 1 << 20

  /// The text, or as many whole lines of it as fit, with a note at the end.
  static func cut(_ text: String, to limit: Int = limit) -> String {
    guard text.utf8.count > limit else { return text }
    let note = "**This report was cut: a step summary has room for 1 MiB. `report.json` holds all of it.**\n"
    // The note, two line ends and the end of a block of code, whose fence is rarely longer than this.
    let room = limit - note.utf8.count - 256
    var kept = ""
    var size = 0
    var fence: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      size += line.utf8.count + 1
      if size > room { break }
      kept += line + "\n"
      let ticks = line.prefix { $0 == "`" }
      if let open = fence {
        if line == open { fence = nil }
      } else if ticks.count >= 3 {
        fence = ticks
      }
    }
    // A fence that doesn't fit into what is left can't be closed: the block goes, too.
    if let fence, fence.utf8.count < 200 { kept += fence + "\n" }
    return kept + "\n" + note
  }
}

/// Notes at a workflow's run. GitHub keeps ten errors and ten warnings a step: the verdict comes first, the rest by
/// weight.
struct GitHubAnnotations {
  static let most = 10

  let record: DrillRecord

  init(_ record: DrillRecord) { self.record = record }

  var text: String {
    var lines: [String] = []
    let title = record.scenario.title ?? record.scenario.name
    let sentence = record.summary.sentence
    let isGood = record.exitCode == .pass
    switch record.verdict {
    case .pass where isGood: lines.append(Self.line("notice", title, sentence))
    case .warn where isGood: lines.append(Self.line("warning", title, sentence))
    default: lines.append(Self.line("error", title, sentence))
    }
    // The first reason stands in the sentence.
    var counts = ["error": isGood ? 0 : 1, "warning": isGood && record.verdict == .warn ? 1 : 0]
    for reason in record.reasons.dropFirst() {
      let level = reason.exitCode == .pass || reason.exitCode == .warnings ? "warning" : "error"
      counts[level, default: 0] += 1
      if counts[level, default: 0] <= Self.most {
        lines.append(Self.line(level, reason.code, reason.message + (reason.hint.map { ". \($0)" } ?? "")))
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// `::error title=…::…`, escaped as GitHub's own toolkit does it (`packages/core/src/command.ts`).
  static func line(_ level: StaticString, _ title: String, _ message: String) -> String {
    line("\(level)", title, message)
  }

  private static func line(_ level: String, _ title: String, _ message: String) -> String {
    let message = message.visible.replacing("%", with: "%25")
    let title = title.visible.replacing("%", with: "%25").replacing(":", with: "%3A").replacing(
      ",", with: "%2C")
    return "::\(level) title=\(title)::\(message)"
  }
}

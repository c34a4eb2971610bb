internal import Record

/// `docs/reference/exit-codes.md`.
enum ExitCodesPage {
  static var text: String {
    var page = MarkdownPage("Exit codes", from: "mongodrill manual --page exit-codes")
    page.table(
      ["code", "meaning"],
      ExitCode.allCases.map { ["\($0.rawValue)", MarkdownPage.prose($0.meaning)] })
    let order = ExitCode.precedence.map { "\($0.rawValue)" }.joined(separator: ", ")
    page.paragraph("When several hold, and over several drills, the first in this order counts: \(order).")
    page.paragraph(
      "`restore -- COMMAND` ends with the status of COMMAND once that ran. What a code means to one command stands in "
        + "[commands](commands.md); what to do about it in [troubleshooting](../troubleshooting.md).")
    return page.text
  }
}

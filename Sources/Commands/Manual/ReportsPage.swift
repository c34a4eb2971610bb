internal import Record
internal import Reports

/// `docs/reference/reports.md`: the formats of reports, and every key of the record.
enum ReportsPage {
  static var text: String {
    var page = MarkdownPage("Reports and the record", from: "mongodrill manual --page reports")
    page.paragraph("What they are for stands in [reports](../reports.md).")
    page.heading(2, "Formats")
    page.table(
      ["format", "what it is", "file in a run's folder"],
      Renderer.all.map { renderer in
        [
          MarkdownPage.literal(renderer.name), MarkdownPage.prose(renderer.summary),
          renderer.fileName.map(MarkdownPage.literal) ?? "",
        ]
      })
    let always = Renderer.always.map { MarkdownPage.literal($0.name) }.joined(separator: " and ")
    page.paragraph(
      "Every run leaves \(always); `run --format` adds others, `report --format` draws any later.")
    page.heading(2, "Keys of the record")
    page.paragraph(
      "`report.json` has all of these keys, in this order, null where there is no value; what they mean stands in "
        + "[report.schema.json](../report.schema.json). Those whose name ends in `seconds` or `bytes` are in that unit. "
        + "Whole numbers go from 0 to 2^53. `[]` stands for each element of a list, `NAME` for any name.")
    page.table(
      ["key", "value"],
      DrillRecord.recordShape.keys.map { key in
        [MarkdownPage.literal(key.path), MarkdownPage.prose(key.shape.words)]
      })
    return page.text
  }
}

internal import Facts

/// `docs/reference/compatibility.md`: how versions of MongoDB differ, from the table that the code asks.
enum CompatibilityPage {
  static var text: String {
    var page = MarkdownPage("Versions of MongoDB", from: "mongodrill manual --page compatibility")
    page.paragraph(
      "What this means for a drill, and how another version is tried, stands in [compatibility](../compatibility.md)."
    )
    page.heading(2, "Versions")
    page.table(
      ["series", "the tests were run with"],
      TriedSeries.all.map { series in
        let tried = series.tried.map(\.description).joined(separator: ", ")
        return [series.series.series, tried.isEmpty ? "none: known from documentation and source" : tried]
      })
    for area in ServerTrait.Area.allCases {
      page.heading(2, area.rawValue)
      page.table(
        ["what", "versions", "what mongodrill does", "known"],
        ServerTrait.all.filter { $0.area == area }.map { trait in
          [trait.name, trait.versions, trait.treatment, trait.source.rawValue]
        })
    }
    return page.text
  }
}

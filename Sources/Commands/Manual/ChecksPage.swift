internal import Checks
internal import Configuration
internal import Facts

/// `docs/reference/checks.md`: every kind of check, from what it declares.
enum ChecksPage {
  static var text: String {
    var page = MarkdownPage("Kinds of checks", from: "mongodrill manual --page checks")
    page.paragraph(
      "How checks are written and judged, and what each kind is for, stands in [checks](../checks.md).")
    let declarations = CheckKinds.all.map { $0.declaration }
    page.table(
      ["kind", "asked of", "figure"],
      declarations.map { ["[`\($0.kind)`](#\($0.kind))", $0.subjects, MarkdownPage.prose($0.figure)] })
    page.heading(2, "Keys that every check takes")
    page.paragraph("They stand beside the kind's own key.")
    page.keys(CommonKeys.keys.map(\.spec))
    for declaration in declarations { section(declaration, &page) }
    return page.text
  }

  private static func section(_ declaration: CheckDeclaration, _ page: inout MarkdownPage) {
    page.heading(2, declaration.kind)
    page.paragraph(MarkdownPage.prose(declaration.summary))
    let time = declaration.figureIsTime ? ", in seconds: conditions may be durations" : ""
    let filter = declaration.takesFilter ? "yes" : "no"
    page.table(
      ["asked of", "figure", "`where`", "of a sharded set"],
      [
        [
          declaration.subjects, MarkdownPage.prose(declaration.figure) + time, filter,
          declaration.onSets.text,
        ]
      ])
    page.keys(declaration.keys.map(\.spec))
    let lines = declaration.example.split(separator: "\n", omittingEmptySubsequences: false)
    page.code("yaml", "- " + lines.joined(separator: "\n  "))
  }
}

extension MarkdownPage {
  /// Keys of a mapping as a table.
  fileprivate mutating func keys(_ keys: [KeySpec]) {
    table(
      ["key", "value", "default", "meaning"],
      keys.map { key in
        [
          MarkdownPage.literal(key.name), MarkdownPage.prose(key.form),
          key.isRequired ? "required" : key.fallback.map(MarkdownPage.literal) ?? "",
          MarkdownPage.prose(key.summary),
        ]
      })
  }
}

extension CheckDeclaration {
  /// What it can be asked of, in words.
  fileprivate var subjects: String {
    switch scope {
    case .database: return "databases"
    case .collection:
      let kinds: [(CollectionFacts.Kind, String)] = [
        (.collection, "collections"), (.view, "views"), (.timeseries, "time series"),
      ]
      return kinds.filter { appliesTo.contains($0.0) }.map(\.1).joined(separator: ", ")
    }
  }
}

extension SetManner {
  /// For the table.
  fileprivate var text: String {
    switch self {
    case .documents: "over the documents of all shards"
    case .eachShard: "of each shard"
    case .definitions: "of what all shards list"
    case .config: "of the config servers"
    case .refused: "refused"
    }
  }
}

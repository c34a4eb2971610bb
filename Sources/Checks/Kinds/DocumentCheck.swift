internal import BSON
package import Configuration
internal import Platform
internal import Record

/// `document`: whether a document that is known is as it is known to be.
package struct DocumentCheck: Check {
  private static let id = Key("id", .value, "The document's `_id`, in Extended JSON.")
  private static let match = Key("match", .document, "Instead of `id`: a filter that matches it alone.")
  private static let expect = Key(
    "expect", .entries(of: .value, keys: "path"),
    "Fields and their values, in Extended JSON: `lines.0.price` is a field of an array's first element.")
  private static let absent = Key("absent", .list(of: .string), "Fields that it must not have.")

  package static let declaration = CheckDeclaration(
    "document", "Looks at one document that is known: that it is there, and what its fields hold.",
    figure: "differing fields", keys: [id, match, expect, absent],
    example: "document: {id: 1, expect: {status: paid}}")

  private let filter: Document
  private let expect: [(path: FieldPath, value: Value)]
  private let absent: [FieldPath]

  package init(_ fields: Fields, _ common: CommonKeys) {
    if let match = fields[Self.match] {
      filter = match
      if fields.isGiven(Self.id) {
        fields.reject(Self.match, "together with `id`", hint: "Keep one of the two.")
      }
      if match.isEmpty { fields.reject(Self.match, "it is empty") }
    } else {
      // A regular expression or a document with operators is to be equal, not to match.
      filter = ["_id": ["$eq": fields[Self.id] ?? .null]]
      if !fields.isGiven(Self.id) {
        fields.reject(Self.id, "nothing says which document is meant", hint: "Give `id` or `match`.")
      }
    }
    expect = (fields[Self.expect] ?? []).map { (FieldPath($0.name), $0.value) }
    absent = (fields[Self.absent] ?? []).map { FieldPath($0) }
  }

  /// How many characters of a value are shown.
  private static let shown = 120

  package func run(_ context: CheckContext) throws -> Finding {
    let found = try context.all([
      "find": .string(context.namespace.collection), "filter": .document(filter), "limit": 2,
    ])
    if found.count > 1 { throw Unanswerable("more than one document matches; name one by its `id`") }
    let asked = expect.count + absent.count
    guard let document = found.first else {
      var finding = Finding(
        figure: Swift.max(1, asked), of: Swift.max(1, asked), least: .fail,
        message: "the document is not there",
        measured: ["documents": 0, "differing": .array([])], expected: "a document", observed: "none")
      finding.query = context.shellFind(filter)
      return finding
    }
    var differing: [(path: String, want: String, have: String)] = []
    for (path, want) in expect {
      let have = document.value(at: path)
      if have?.canonicalKey == want.canonicalKey { continue }
      differing.append((path.description, Self.text(want), have.map(Self.text) ?? "missing"))
    }
    for path in absent {
      if let have = document.value(at: path) {
        differing.append((path.description, "missing", Self.text(have)))
      }
    }
    func side(_ text: ((path: String, want: String, have: String)) -> String) -> String? {
      differing.isEmpty ? nil : differing.map { "\($0.path): \(text($0))" }.joined(separator: "; ")
    }
    let id = document["_id"] ?? .null
    var finding = Finding(
      figure: differing.count, of: asked,
      message: differing.isEmpty
        ? "it is there" + (asked == 0 ? "" : ", with \(Count.text(asked, "field")) as expected")
        : "differs in \(differing.map(\.path).joined(separator: ", "))",
      measured: ["documents": 1, "differing": .array(differing.map { .string($0.path) })],
      expected: side(\.want), observed: side(\.have))
    finding.query = context.shellFind(filter)
    if !differing.isEmpty { finding.samples = [id.extendedJSON()] }
    return finding
  }

  private static func text(_ value: Value) -> String {
    let text = value.extendedJSON()
    return text.count > shown ? text.prefix(shown) + "…" : text
  }
}

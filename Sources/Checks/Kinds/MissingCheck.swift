package import BSON
package import Configuration
internal import Platform
internal import Record

/// `missing`: how many documents lack a field that each should have.
package struct MissingCheck: ScanningCheck {
  /// Whether a value counts as none.
  enum Counting: String, Sendable, CaseIterable {
    case count
    case ignore
  }

  private static let field = Key("field", .string, "The field, with dots for fields within fields.")
  private static let fields = Key(
    "fields", .list(of: .string), "Several of them; a document that lacks one counts.")
  private static let null = Key(
    "null", .choice(of: Counting.self), default: "count", "Whether null counts as missing.")
  private static let empty = Key(
    "empty", .choice(of: Counting.self), default: "ignore", "Whether an empty text, array or document does.")

  package static let declaration = CheckDeclaration(
    "missing", "Counts documents that lack a field, or have null in it.", takesFilter: true,
    figure: "documents that lack a field", keys: [field, fields, null, empty],
    example: "missing: {field: email}", onSets: .documents)

  private let paths: [FieldPath]
  private let countsNull: Bool
  private let countsEmpty: Bool

  package init(_ fields: Fields, _ common: CommonKeys) {
    paths = FieldPath.paths(fields, Self.field, Self.fields)
    countsNull = fields[Self.null] == .count
    countsEmpty = fields[Self.empty] == .count
  }

  package func scan(_ context: CheckContext) -> Seen {
    Seen(check: self, samples: Samples(context.common.samples))
  }

  /// What was seen of it.
  package struct Seen: Scan {
    fileprivate let check: MissingCheck
    fileprivate var documents = 0
    fileprivate var lacking = 0
    /// By path.
    fileprivate var each: [Int]
    fileprivate var samples: Samples

    fileprivate init(check: MissingCheck, samples: Samples) {
      self.check = check
      self.samples = samples
      each = check.paths.map { _ in 0 }
    }

    package var reads: DocumentPart { .fields(check.paths.map(\.description)) }

    package mutating func see(_ document: RawDocument) {
      documents += 1
      var isLacking = false
      for (at, path) in check.paths.enumerated() where check.isMissing(path, in: document) {
        each[at] += 1
        isLacking = true
      }
      guard isLacking else { return }
      lacking += 1
      samples.add(document)
    }

    package mutating func append(_ next: Seen) {
      documents += next.documents
      lacking += next.lacking
      for at in each.indices { each[at] += next.each[at] }
      samples.append(next.samples)
    }
  }

  /// Where arrays are on the way, one element that lacks the field is enough.
  private func isMissing(_ path: FieldPath, in document: RawDocument) -> Bool {
    var found = false
    path.forEachValue(in: document, unwindingLast: false) { value in
      found = found || isMissing(value)
    }
    return found
  }

  private func isMissing(_ value: RawValue?) -> Bool {
    guard let value else { return true }
    switch value.type {
    case .null, .undefined: return countsNull
    // An empty text, document or array has five bytes.
    case .string, .document, .array: return countsEmpty && value.count == 5
    default: return false
    }
  }

  /// Each field that some document lacks, and in how many: `placedAt` (58).
  private func lacking(_ seen: Seen) -> String {
    zip(paths, seen.each).filter { $1 > 0 }.map { "`\($0)` (\(Count.text($1)))" }.joined(separator: ", ")
  }

  package func finding(_ seen: Seen, _ context: CheckContext) -> Finding {
    let names = paths.map { "`\($0)`" }.joined(separator: ", ")
    let some = Count.text(seen.documents, "document")
    var finding = Finding(
      figure: seen.lacking, of: seen.documents, examined: seen.documents,
      message: seen.lacking == 0
        ? "\(some), each with \(names)"
        : "\(Count.text(seen.lacking)) of \(some) without \(paths.count == 1 ? names : lacking(seen))",
      measured: [
        "documents": .integer(Int64(seen.documents)), "missing": .integer(Int64(seen.lacking)),
        "fields": .object(zip(paths, seen.each).map { .init($0.description, .integer(Int64($1))) }),
      ])
    guard seen.lacking > 0 else { return finding }
    finding.expected = "\(names) in each document"
    finding.observed = Count.text(seen.lacking, "document") + " without"
    finding.samples = seen.samples.texts
    let lacks: [Value] = paths.flatMap { path -> [Value] in
      let none: Value = countsNull ? .null : ["$exists": false]
      let empty: [Value] = countsEmpty ? ["", [:], .array([:])].map { [path.description: $0] } : []
      return [[path.description: none]] + empty
    }
    let filter: Document = lacks.count == 1 ? lacks[0].document ?? [:] : ["$or": .list(lacks)]
    finding.query = context.shellFind(filter)
    return finding
  }
}

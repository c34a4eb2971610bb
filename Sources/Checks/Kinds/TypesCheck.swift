package import BSON
package import Configuration
internal import Platform
internal import Record

/// `types`: of which types a field's values are.
package struct TypesCheck: ScanningCheck {
  private static let field = Key("field", .string, "The field, with dots for fields within fields.")
  private static let types = Key(
    "types", .list(of: .typeName, orOne: true),
    "The types that it may have, as `$type` names them; `missing` for none, `number` for any number.")
  private static let fields = Key(
    "fields", .entries(of: .list(of: .typeName, orOne: true), keys: "field"),
    "Several fields, each with its types; without any they are only recorded.")
  private static let compare = Key(
    "compare", .counterpart(.baseline),
    "`baseline`: a type that did not occur in an earlier run fails.")

  package static let declaration = CheckDeclaration(
    "types",
    "Counts of which types the values of fields are. Without types that it may have, it only records them.",
    takesFilter: true, figure: "documents with another type", keys: [field, types, fields, compare],
    example: "types: {field: total, types: [decimal, int]}", onSets: .documents)

  private struct Wanted: Sendable {
    let path: FieldPath
    /// Nil where every type will do.
    var types: Set<String>?
  }

  private let wanted: [Wanted]
  private let compared: Counterpart?

  package var counterpart: Counterpart? { compared }

  package init(_ fields: Fields, _ common: CommonKeys) {
    compared = fields[Self.compare]
    var wanted: [Wanted] = []
    if let name = fields[Self.field] {
      if !FieldPath.isPath(name) {
        fields.reject(
          Self.field, "`\(name)` is no path of a field", hint: "Write address.city, without a `$`.")
      }
      wanted.append(Wanted(path: FieldPath(name), types: fields[Self.types].map(TypesCheck.expanded)))
    }
    for named in fields[Self.fields] ?? [] {
      if !FieldPath.isPath(named.name) {
        fields.reject(
          Self.fields, "`\(named.name)` is no path of a field", hint: "Write address.city, without a `$`.")
      }
      let types = named.value.isEmpty ? nil : TypesCheck.expanded(named.value)
      wanted.append(Wanted(path: FieldPath(named.name), types: types))
    }
    if fields.isGiven(Self.field), fields.isGiven(Self.fields) {
      fields.reject(Self.fields, "together with `field`", hint: "Keep one of the two.")
    } else if wanted.isEmpty {
      fields.reject(Self.field, "no field is named", hint: "Give `field` or `fields`.")
    }
    if fields.isGiven(Self.types), !fields.isGiven(Self.field) {
      fields.reject(
        Self.types, "there is no `field` that has them", hint: "Write fields: {total: [decimal, int]}.")
    }
    if compared != nil, wanted.contains(where: { $0.types != nil }) {
      fields.reject(
        Self.compare, "together with types that are given", hint: "Make two checks of it.")
    }
    self.wanted = wanted
  }

  private static func expanded(_ types: [String]) -> Set<String> {
    Set(types.flatMap { $0 == "number" ? ["double", "int", "long", "decimal"] : [$0] })
  }

  package func scan(_ context: CheckContext) throws -> Seen {
    var allowed = wanted.map { $0.types.map(Seen.allowed) }
    if compared == .baseline {
      let before = try context.baseline()["types"]
      allowed = try wanted.map { wanted in
        guard case .object(let members)? = before?[wanted.path.description] else {
          throw Unanswerable("the baseline holds no types of `\(wanted.path)`")
        }
        return Seen.allowed(Set(members.map(\.key)))
      }
    }
    return Seen(wanted.map(\.path), allowed, samples: context.common.samples)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    /// Counts by type's code; 0 is for missing.
    fileprivate typealias Counts = [Int]
    private let paths: [FieldPath]
    /// By path and type's code; nil where every type will do.
    private let allowed: [[Bool]?]
    fileprivate var documents = 0
    fileprivate var wrong = 0
    fileprivate var counts: [Counts]
    fileprivate var samples: Samples

    fileprivate init(_ paths: [FieldPath], _ allowed: [[Bool]?], samples: Int) {
      self.paths = paths
      self.allowed = allowed
      counts = paths.map { _ in Counts(repeating: 0, count: 256) }
      self.samples = Samples(samples)
    }

    fileprivate static func allowed(_ types: Set<String>) -> [Bool] {
      var allowed = [Bool](repeating: false, count: 256)
      if types.contains("missing") { allowed[0] = true }
      for type in ElementType.allCases { allowed[Int(type.rawValue)] = types.contains(type.alias) }
      return allowed
    }

    package var reads: DocumentPart { .fields(paths.map(\.description)) }

    package mutating func see(_ document: RawDocument) {
      documents += 1
      var isWrong = false
      for at in paths.indices {
        let allowed = allowed[at]
        paths[at].forEachValue(in: document, unwindingLast: false) { value in
          let code = value.map { Int($0.type.rawValue) } ?? 0
          counts[at][code] += 1
          if let allowed, !allowed[code] { isWrong = true }
        }
      }
      guard isWrong else { return }
      wrong += 1
      samples.add(document)
    }

    package mutating func append(_ next: Seen) {
      documents += next.documents
      wrong += next.wrong
      for at in counts.indices {
        for code in counts[at].indices { counts[at][code] += next.counts[at][code] }
      }
      samples.append(next.samples)
    }

    /// Whether other types may occur, and no document has the field.
    fileprivate func isUnseen(_ at: Int) -> Bool {
      guard let allowed = allowed[at], allowed.dropFirst().contains(true) else { return false }
      return counts[at].dropFirst().allSatisfy { $0 == 0 }
    }

    /// How often each type occurs that does, the most frequent first.
    fileprivate func types(_ at: Int) -> [(name: String, count: Int, isAllowed: Bool)] {
      counts[at].indices.filter { counts[at][$0] > 0 }.map { code in
        let name = code == 0 ? "missing" : UInt8(exactly: code).flatMap(ElementType.init)?.alias ?? "?"
        return (name, counts[at][code], allowed[at]?[code] ?? true)
      }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    let some = Count.text(seen.documents, "document")
    // What may be missing may be lost as well; what has to be missing is asked for.
    let unseen = wanted.indices.filter { seen.isUnseen($0) }.map { "`\(wanted[$0].path)`" }
    let types = wanted.indices.map { seen.types($0) }
    func text(_ isShown: (Bool) -> Bool) -> String {
      zip(wanted, types).compactMap { wanted, types in
        let shown = types.filter { isShown($0.isAllowed) }
        guard !shown.isEmpty else { return nil }
        return "`\(wanted.path)` "
          + shown.map { "\($0.name) (\(Count.text($0.count)))" }.joined(separator: ", ")
      }.joined(separator: "; ")
    }
    var finding = Finding(
      figure: seen.wrong, of: seen.documents, examined: seen.documents,
      message: seen.wrong == 0
        ? "\(some): \(text { _ in true })"
        : "\(Count.text(seen.wrong)) of \(some) with "
          + (compared == nil ? "another type: " : "a type that the baseline lacks: ") + text { !$0 },
      measured: [
        "documents": .integer(Int64(seen.documents)), "unexpected": .integer(Int64(seen.wrong)),
        "types": .object(
          zip(wanted, types).map { wanted, types in
            .init(
              wanted.path.description, .object(types.map { .init($0.name, .integer(Int64($0.count))) }))
          }),
      ])
    finding.figureOnly = compared == nil && wanted.allSatisfy { $0.types == nil }
    if seen.documents > 0, !unseen.isEmpty {
      finding.least = .warn
      finding.message += "; no document has \(unseen.joined(separator: ", "))"
    }
    guard seen.wrong > 0 else { return finding }
    finding.observed = text { !$0 }
    finding.samples = seen.samples.texts
    let found: [Value] = zip(wanted, types).compactMap { wanted, types in
      let bad = types.filter { !$0.isAllowed }.map { Value.string($0.name) }
      return bad.isEmpty ? nil : ["$in": [["$type": .string("$\(wanted.path)")], .list(bad)]]
    }
    finding.query = context.shellFind([
      "$expr": found.count == 1 ? found[0] : .document(["$or": .list(found)])
    ])
    if compared == nil {
      finding.expected = wanted.compactMap { wanted in
        wanted.types.map { "`\(wanted.path)` \($0.sorted().joined(separator: ", "))" }
      }.joined(separator: "; ")
    }
    return finding
  }
}

extension Shape where Output == String {
  /// A type's name as `$type` knows it, and `missing` and `number`.
  fileprivate static var typeName: Shape {
    let known = ElementType.allCases.map(\.alias) + ["missing", "number"]
    return Shape("a type such as string or int", schema: ["enum": .array(known.map { .string($0) })]) {
      node, diagnostics in
      if let name = node.text, known.contains(name) { return name }
      let hint = node.text.flatMap { Suggestion.hint(for: $0, among: known) }
      diagnostics.report(expected: "a type such as string or int", found: node, hint: hint)
      return nil
    }
  }
}

package import BSON
package import Configuration
internal import Platform
internal import Record

/// `unique`: whether no two documents have the same key, as a unique index would have it, where there is none or where
/// it is not to be relied on.
///
/// The keys are counted by their hashes while the collection is read. Where it has a collation, the server groups them:
/// see `ServerGroups`.
package struct UniqueCheck: ScanningCheck {
  private static let field = Key("field", .string, "The field, with dots for fields within fields.")
  private static let fields = Key(
    "fields", .list(of: .string), "Several fields that are a key together; no arrays.")
  private static let null = Key(
    "null", .choice(of: MissingCheck.Counting.self), default: "count",
    "Whether null is a value like others, and a missing field null, as in a unique index. `ignore` leaves out keys with "
      + "a missing or null value.")

  package static let declaration = CheckDeclaration(
    "unique", "Looks for documents that have the same key as another, as a unique index would.",
    takesFilter: true, figure: "documents that repeat another's key", keys: [field, fields, null],
    example: "unique: {field: email}", onSets: .documents)

  private let key: KeyFields
  private let ignoresNull: Bool

  package init(_ fields: Fields, _ common: CommonKeys) {
    key = KeyFields(paths: FieldPath.paths(fields, Self.field, Self.fields), manner: .indexed)
    ignoresNull = fields[Self.null] == .ignore
  }

  package func scan(_ context: CheckContext) -> Seen {
    let isPlain = context.source().collation == nil
    return Seen(
      count: isPlain ? IndexCount(key, ignoringNull: ignoresNull, context.crew.memory) : nil)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    /// Nil where the server groups.
    fileprivate var count: IndexCount?

    package var reads: DocumentPart { count?.reads ?? .none }
    package mutating func see(_ document: RawDocument) throws { try count?.see(document) }
    package mutating func append(_ next: Seen) throws {
      if let more = next.count { try count?.append(more) }
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    let groups = ServerGroups(key, ignoringNull: ignoresNull, context)
    guard let count = seen.count else { return finding(try groups.repeated(), groups, context) }
    var found = RepeatedKeys()
    found.documents = count.documents
    found.null = count.null
    try HashPart.passes(count.table) { part in
      try context.read(IndexCount(key, ignoringNull: ignoresNull, context.crew.memory, of: part)).table
    } _: { table in
      found.keys += table.keys
      let before = found.repeats
      for position in 0..<table.positions {
        let count = table.count(at: position)
        guard count > 1 else { continue }
        found.repeatedKeys += 1
        found.repeats += count - 1
      }
      guard found.repeats > before, before == 0, context.common.samples > 0 else { return }
      found.samples = try context.read(
        KeySamples(context.common.samples, key, in: table) { table.count(at: $0) > 1 }
      ).documents.texts
    }
    return finding(found, groups, context)
  }

  private func finding(_ found: RepeatedKeys, _ groups: ServerGroups, _ context: CheckContext) -> Finding {
    let names = key.names.map { "`\($0)`" }.joined(separator: ", ")
    let some = Count.text(found.documents, "document")
    let message: String
    if found.repeats > 0 {
      message =
        "\(Count.text(found.repeats)) of \(some) repeat another's \(names) "
        + "(\(Count.text(found.repeatedKeys, "key")) more than once)"
    } else if found.keys == 0, found.documents > 0 {
      message = "no document has a value in \(names)"
    } else {
      message = "\(some), \(Count.text(found.keys, "different key")) in \(names)"
    }
    var finding = Finding(
      figure: found.repeats, of: found.documents, examined: found.keys == 0 ? 0 : found.documents,
      message: message,
      measured: [
        "documents": .integer(Int64(found.documents)), "keys": .integer(Int64(found.keys)),
        "repeated_keys": .integer(Int64(found.repeatedKeys)), "repeats": .integer(Int64(found.repeats)),
        "null": .integer(Int64(found.null)),
      ])
    guard found.repeats > 0 else { return finding }
    finding.expected = "no \(names) in two documents"
    finding.observed =
      Count.text(found.repeats) + (found.repeats == 1 ? " document repeats" : " documents repeat") + " one"
    finding.samples = found.samples
    finding.query = groups.shellQuery
    return finding
  }
}

/// What was found of keys that should occur once.
struct RepeatedKeys {
  var documents = 0
  var keys = 0
  /// Those that more than one document has.
  var repeatedKeys = 0
  /// Documents beyond the first of each key.
  var repeats = 0
  /// Documents with a key that is null, undefined or missing.
  var null = 0
  var samples: [String] = []
}

package import BSON
package import Configuration
internal import Platform
internal import Record

/// `accepted_values`: whether a field holds only values of a list, or none of a list.
///
/// Values are compared by the hashes of their keys; where a collation decides what is equal, the server compares.
package struct AcceptedValuesCheck: ScanningCheck {
  private static let field = Key(
    required: "field", .string,
    "The field, with dots for fields within fields; arrays on its way are looked into.")
  private static let values = Key("values", .list(of: .value), "All values that it may have.")
  private static let forbidden = Key("forbidden", .list(of: .value), "Values that it may not have.")

  package static let declaration = CheckDeclaration(
    "accepted_values",
    "Counts documents with a value that is not among those a field may have. Missing and null values are no values.",
    takesFilter: true, figure: "documents with another value", keys: [field, values, forbidden],
    example: "accepted_values: {field: status, values: [new, paid, shipped]}", onSets: .documents)

  private let path: FieldPath
  private let listed: [Value]
  private let isForbidden: Bool

  package init(_ fields: Fields, _ common: CommonKeys) {
    path = FieldPath.path(fields, Self.field)
    isForbidden = fields.isGiven(Self.forbidden)
    listed = fields[Self.values] ?? fields[Self.forbidden] ?? []
    if fields.isGiven(Self.values), isForbidden {
      fields.reject(Self.forbidden, "together with `values`", hint: "Keep one of the two.")
    } else if listed.isEmpty {
      fields.reject(
        isForbidden ? Self.forbidden : Self.values, "no value is named",
        hint: "Give `values: [a, b]` or `forbidden: [c]`.")
    }
  }

  private var isByServer: Bool {
    listed.contains { value in
      switch value {
      case .string, .symbol, .document, .array: true
      default: false
      }
    }
  }

  package func scan(_ context: CheckContext) -> Seen {
    // Without texts among those that are listed, no collation makes a difference.
    let isByServer = context.source().collation != nil && isByServer
    return Seen(
      path, listed, isForbidden: isForbidden, isByServer: isByServer, samples: context.common.samples)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    /// Different unexpected values that are told apart; further ones are counted together.
    private static let most = 200

    private let path: FieldPath
    private let hashes: Set<KeyHash>
    private let few: [KeyHash]
    private let isForbidden: Bool
    private let forbidsNull: Bool
    fileprivate let isByServer: Bool
    fileprivate var documents = 0
    /// Values that were looked at.
    fileprivate var values = 0
    fileprivate var wrong = 0
    fileprivate var missing = 0
    fileprivate var null = 0
    fileprivate var unexpected: [KeyHash: (value: Value, count: Int)] = [:]
    /// Wrong values beyond those told apart.
    fileprivate var more = 0
    fileprivate var samples: Samples
    private var scratch: [UInt8] = []

    fileprivate init(
      _ path: FieldPath, _ listed: [Value], isForbidden: Bool, isByServer: Bool, samples: Int
    ) {
      self.path = path
      few = listed.count <= 8 ? listed.map { KeptValue($0).keyHash } : []
      hashes = Set(listed.map { KeptValue($0).keyHash })
      self.isForbidden = isForbidden
      forbidsNull = isForbidden && listed.contains(.null)
      self.isByServer = isByServer
      self.samples = Samples(samples)
    }

    package var reads: DocumentPart { isByServer ? .none : .fields([path.description]) }

    package mutating func see(_ document: RawDocument) {
      documents += 1
      var (values, missing, null, wrong) = (0, 0, 0, 0)
      let (few, hashes, isForbidden, forbidsNull) = (few, hashes, isForbidden, forbidsNull)
      var bad: [(KeyHash, RawValue)] = []
      path.forEachValue(in: document) { value in
        guard let value else {
          missing += 1
          return
        }
        if value.type == .null || value.type == .undefined {
          null += 1
          if !(forbidsNull && value.type == .null) { return }
        }
        values += 1
        let hash = value.keyHash(&scratch)
        let isListed = few.isEmpty ? hashes.contains(hash) : few.contains(hash)
        guard isListed == isForbidden else { return }
        wrong += 1
        bad.append((hash, value))
      }
      self.values += values
      self.missing += missing
      self.null += null
      guard wrong > 0 else { return }
      self.wrong += 1
      samples.add(document)
      for (hash, value) in bad { note(hash, 1) { value.value.kept } }
    }

    private mutating func note(_ hash: KeyHash, _ count: Int, _ value: () -> Value) {
      if unexpected[hash] != nil {
        unexpected[hash]?.count += count
      } else if unexpected.count < Seen.most {
        unexpected[hash] = (value(), count)
      } else {
        more += count
      }
    }

    package mutating func append(_ next: Seen) {
      documents += next.documents
      values += next.values
      wrong += next.wrong
      missing += next.missing
      null += next.null
      more += next.more
      for (hash, other) in next.unexpected { note(hash, other.count) { other.value } }
      samples.append(next.samples)
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    var found = Found()
    if seen.isByServer {
      found = try ask(context)
    } else {
      found.documents = seen.documents
      found.values = seen.values
      found.wrong = seen.wrong
      found.missing = seen.missing
      found.null = seen.null
      found.more = seen.more
      found.samples = seen.samples.texts
      found.unexpected = seen.unexpected.values.map { ($0.value, $0.count) }
    }
    found.unexpected.sort { ($1.count, $0.value.shortText) < ($0.count, $1.value.shortText) }
    return finding(found, context)
  }

  private struct Found {
    var documents = 0
    var values = 0
    var wrong = 0
    var missing = 0
    var null = 0
    var unexpected: [(value: Value, count: Int)] = []
    var more = 0
    var samples: [String] = []
  }

  private func finding(_ found: Found, _ context: CheckContext) -> Finding {
    let some = Count.text(found.documents, "document")
    let message: String
    if found.wrong > 0 {
      let shown = found.unexpected.prefix(5).map { "\($0.value.shortText) (\(Count.text($0.count)))" }
      let rest = found.unexpected.count > 5 ? ", …" : ""
      let with = isForbidden ? "a forbidden value" : "another value"
      message =
        "\(Count.text(found.wrong)) of \(some) with \(with) in `\(path)`: \(shown.joined(separator: ", "))\(rest)"
    } else if found.values == 0 {
      message = "no document has a value in `\(path)`"
    } else {
      message =
        isForbidden
        ? "\(some), none with a forbidden value in `\(path)`"
        : "\(some), each with an accepted value in `\(path)`"
    }
    var finding = Finding(
      figure: found.wrong, of: found.documents, examined: found.values == 0 ? 0 : found.documents,
      message: message,
      measured: .record([
        "documents": .integer(Int64(found.documents)), "unexpected": .integer(Int64(found.wrong)),
        "missing": .integer(Int64(found.missing)), "null": .integer(Int64(found.null)),
        "values": found.wrong == 0
          ? nil
          : .array(
            found.unexpected.prefix(20).map {
              ["value": .string($0.value.shortText), "count": .integer(Int64($0.count))]
            }),
        "more_values": found.more == 0 ? nil : .integer(Int64(found.more)),
      ]))
    guard found.wrong > 0 else { return finding }
    let list = listed.prefix(10).map(\.shortText).joined(separator: ", ") + (listed.count > 10 ? ", …" : "")
    finding.expected = isForbidden ? "none of \(list)" : "one of \(list)"
    finding.observed = found.unexpected.prefix(10).map(\.value.shortText).joined(separator: ", ")
    finding.samples = found.samples
    let values = found.unexpected.prefix(20).map(\.value)
    finding.query = context.shellFind(KeyFields(paths: [path], manner: .referring).filter(values))
    return finding
  }

  /// Has the server compare, by the collection's collation.
  private func ask(_ context: CheckContext) throws -> Found {
    let field = Value.string("$" + path.description)
    let match: [Value] = context.common.filter.map { [["$match": .document($0)]] } ?? []
    let isNothing: Value = ["$in": [["$type": field], ["missing", "null", "undefined"]]]
    let isListed: Value = ["$in": [field, ["$literal": .list(listed)]]]
    let isWrong: Value =
      isForbidden ? isListed : ["$and": [["$not": [isNothing]], ["$not": [isListed]]]]
    func all(_ stages: [Value]) throws -> [Document] {
      try context.all([
        "aggregate": .string(context.namespace.collection), "pipeline": .list(match + stages),
        "allowDiskUse": true, "cursor": [:],
      ])
    }
    var found = Found()
    found.documents = Int(try all([["$count": "n"]]).first?["n"]?.integer ?? 0)
    let unwound = path.unwinding
    let kinds = try all(
      unwound + [["$group": ["_id": ["$cond": [isNothing, ["$type": field], "value"]], "n": ["$sum": 1]]]])
    for kind in kinds {
      let count = Int(kind["n"]?.integer ?? 0)
      switch kind["_id"]?.string {
      case "missing": found.missing += count
      case "value": found.values += count
      default: found.null += count
      }
    }
    let wrong: [Value] = unwound + [["$match": ["$expr": isWrong]]]
    // Two `_id`s that the collation takes for equal are two documents: `$group` would make one of them.
    var last: Value?
    var samples: [String] = []
    let ids = wrong + [["$project": ["_id": 1]]]
    try context.forEach(
      [
        "aggregate": .string(context.namespace.collection), "pipeline": .list(match + ids), "cursor": [:],
      ]
    ) { document in
      // The elements of one document come one after the other.
      let id = document["_id"]
      if id != last || last == nil {
        found.wrong += 1
        if samples.count < context.common.samples { samples.append((id ?? .null).extendedJSON()) }
      }
      last = id
      return true
    }
    found.samples = samples
    guard found.wrong > 0 else { return found }
    let groups = try all(
      wrong + [["$group": ["_id": field, "n": ["$sum": 1]]], ["$sort": ["n": -1]], ["$limit": 200]])
    found.unexpected = groups.map { (($0["_id"] ?? .null).kept, Int($0["n"]?.integer ?? 0)) }
    return found
  }
}

extension Value {
  /// Itself, or the beginning of a large one.
  fileprivate var kept: Value { KeptValue(self).count <= 1024 ? self : .string(shortText) }
}

extension FieldPath {
  /// Stages that make a document of each value at the end of the way.
  var unwinding: [Value] {
    let parts = description.split(separator: ".")
    return parts.indices.map { last in
      let path = "$" + parts[...last].joined(separator: ".")
      return ["$unwind": ["path": .string(path), "preserveNullAndEmptyArrays": true]]
    }
  }
}

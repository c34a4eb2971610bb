internal import BSON
internal import Platform
internal import Record

/// A field is null in 1% of the documents.
enum FieldEmptied: SandboxFault {
  static let kind = "field-emptied"

  static func remedy(_ planted: Planted) -> String { "digest, or missing: {field: \(planted.field ?? "…")}" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    let documents = try collection.share()
    guard let field = collection.field(of: documents, where: { $0 != .null && $0 != .undefined }) else {
      return nil
    }
    guard try collection.replace(documents, by: documents.map { $0.setting(field, to: .null) }) else {
      return nil
    }
    return Planted(
      description: "`\(field)` set to null in \(Count.text(documents.count, "document"))", field: field,
      undo: { try collection.put(documents) })
  }
}

/// A field's number or text is of another type in 1% of the documents.
enum TypeChanged: SandboxFault {
  static let kind = "type-changed"

  static func remedy(_ planted: Planted) -> String {
    "digest, or types: {field: \(planted.field ?? "…"), types: […]}"
  }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    let documents = try collection.share()
    guard let field = collection.field(of: documents, where: { changed($0) != nil }) else { return nil }
    let before = documents.first?[field].map(typeName) ?? ""
    let after = documents.first?[field].flatMap(changed).map(typeName) ?? ""
    let others = documents.map { $0.setting(field, to: $0[field].flatMap(changed) ?? .null) }
    guard try collection.replace(documents, by: others) else { return nil }
    return Planted(
      description:
        "`\(field)` turned from \(before) into \(after) in \(Count.text(documents.count, "document"))",
      field: field, undo: { try collection.put(documents) })
  }

  /// The same to a person, of another type.
  private static func changed(_ value: Value) -> Value? {
    switch value {
    case .int32(let number): .string("\(number)")
    case .int64(let number): .string("\(number)")
    case .double(let number): .string("\(number)")
    case .string(let text): ["value": .string(text)]
    case .date(let milliseconds): .int64(milliseconds)
    case .bool(let flag): .string(flag ? "true" : "false")
    default: nil
    }
  }

  private static func typeName(_ value: Value) -> String {
    switch value {
    case .int32, .int64, .double: "a number"
    case .string: "a text"
    case .date: "a date"
    case .bool: "a boolean"
    case .document: "a document"
    default: "another type"
    }
  }
}

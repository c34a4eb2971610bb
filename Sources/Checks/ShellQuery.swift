internal import BSON
internal import Platform

extension Namespace {
  /// The collection in mongosh: `db.getSiblingDB("shop").getCollection("orders")`.
  var shellText: String {
    "db.getSiblingDB(\(JSON.string(database).text())).getCollection(\(JSON.string(collection).text()))"
  }
}

extension CheckContext {
  /// A line that finds documents again: those that match `filter` and the check's own `where`.
  func shellFind(_ filter: Document) -> String {
    var all = filter
    if let own = common.filter, !own.isEmpty {
      all = filter.isEmpty ? own : ["$and": [.document(own), .document(filter)]]
    }
    return "\(namespace.shellText).find(\(all.shellText))"
  }
}

extension Document {
  /// As a literal that mongosh reads: `{status: "new"}`.
  var shellText: String {
    "{" + map { "\(Document.shellName($0.name)): \($0.value.shellText)" }.joined(separator: ", ") + "}"
  }

  private static func shellName(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { $0 == 0x5F || $0 == 0x24 || (0x61...0x7A).contains($0 | 0x20) }
    return isPlain && !name.isEmpty ? name : JSON.string(name).text()
  }
}

extension Value {
  /// As a literal that mongosh reads: `ObjectId("…")`, `Long("5")`.
  var shellText: String {
    switch self {
    case .double(let value) where value.isNaN: return "NaN"
    case .double(let value) where value.isInfinite: return value < 0 ? "-Infinity" : "Infinity"
    case .double(let value): return Int64(exactly: value) == nil ? "\(value)" : "Double(\(value))"
    case .string(let text): return JSON.string(text).text()
    case .document(let document): return document.shellText
    case .array(let array): return "[" + array.map(\.value.shellText).joined(separator: ", ") + "]"
    case .binary(let subtype, let bytes):
      return subtype == 4 && bytes.count == 16
        ? "UUID(\"\(hexText(bytes))\")" : "HexData(\(subtype), \"\(hexText(bytes))\")"
    case .undefined: return "undefined"
    case .objectID(let id): return "ObjectId(\"\(id)\")"
    case .bool(let value): return value ? "true" : "false"
    case .date(let milliseconds): return Value.shellDate(milliseconds)
    case .null: return "null"
    case .regex(let pattern, let options):
      return "new RegExp(\(JSON.string(pattern).text()), \(JSON.string(options).text()))"
    case .dbPointer(let name, let id): return "DBPointer(\(JSON.string(name).text()), ObjectId(\"\(id)\"))"
    case .code(let text): return "Code(\(JSON.string(text).text()))"
    case .symbol(let text): return "BSONSymbol(\(JSON.string(text).text()))"
    case .codeWithScope(let text, let scope): return "Code(\(JSON.string(text).text()), \(scope.shellText))"
    case .int32(let value): return "\(value)"
    case .timestamp(let time): return "Timestamp({t: \(time.seconds), i: \(time.increment)})"
    case .int64(let value): return "Long(\"\(value)\")"
    case .decimal128:
      // `{ "$numberDecimal" : "1.5" }`
      let parts = extendedJSON(relaxed: false).split(separator: "\"")
      return "Decimal128(\"\(parts.count > 3 ? parts[3] : "NaN")\")"
    case .maxKey: return "MaxKey()"
    case .minKey: return "MinKey()"
    }
  }

  /// Years of four digits in a form that a person reads, others as a number.
  private static func shellDate(_ milliseconds: Int64) -> String {
    guard (0...253_402_300_799_999).contains(milliseconds) else { return "new Date(\(milliseconds))" }
    let time = WallTime(
      seconds: Int(milliseconds / 1000), nanoseconds: Int(milliseconds % 1000) * 1_000_000)
    return "ISODate(\"\(time.textWithMilliseconds)\")"
  }
}

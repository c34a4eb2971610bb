package import BSON
package import Platform

extension Node {
  /// The BSON value that it stands for: whole numbers are int32 where they fit, else int64; others are doubles; the
  /// wrappers of Extended JSON v2 (`{$date: …}`, `{$numberLong: …}`) are decoded by libbson. Nil when something was
  /// wrong, and reported.
  package func bsonValue(_ diagnostics: Diagnostics) -> Value? {
    switch content {
    case .scalar(let scalar):
      switch scalar.coreValue {
      case .null: return .null
      case .bool(let value): return .bool(value)
      case .integer(let value): return Value(integerLiteral: value)
      case .float(let value): return .double(value)
      case .string(let text): return .string(text)
      case .hugeInteger:
        diagnostics.report(
          .invalid(
            "number-too-large", "\(scalar.text) is beyond 64 bits", at: place,
            hint: "Write {$numberDecimal: \"\(scalar.text)\"}, or quote it to make it a string."))
        return nil
      }
    case .sequence(let nodes):
      let values = nodes.map { $0.bsonValue(diagnostics) }
      return values.contains(nil) ? nil : .list(values.compactMap(\.self))
    case .mapping(let entries):
      if let first = entries.first, wrappers.contains(first.key) { return wrapped(diagnostics) }
      var good = true
      var elements: [(String, Value)] = []
      for entry in entries {
        if let value = entry.value.bsonValue(diagnostics) {
          elements.append((entry.key, value))
        } else {
          good = false
        }
      }
      return good ? .document(Document(elements)) : nil
    }
  }

  private func wrapped(_ diagnostics: Diagnostics) -> Value? {
    let text = JSON.record(["v": wrapperJSON]).text()
    do throws(MalformedBSON) {
      if let value = try Document(extendedJSON: text)["v"] { return value }
    } catch {
      diagnostics.report(
        .invalid("malformed-extended-json", "not valid Extended JSON", at: place, cause: error.reason))
    }
    return nil
  }

  /// As JSON for libbson, which wants the numbers in wrappers as strings.
  private var wrapperJSON: JSON {
    guard case .mapping(let entries) = content else { return json }
    return .object(
      entries.map { entry in
        if let text = entry.value.text, spelledAsText.contains(entry.key) {
          return .init(entry.key, .string(text))
        }
        return .init(entry.key, entry.value.wrapperJSON)
      })
  }

  /// As JSON: scalars by the core schema (a whole number beyond 64 bits as a double).
  package var json: JSON {
    switch content {
    case .sequence(let nodes): .array(nodes.map(\.json))
    case .mapping(let entries): .object(entries.map { .init($0.key, $0.value.json) })
    case .scalar(let scalar):
      switch scalar.coreValue {
      case .null: .null
      case .bool(let value): .bool(value)
      case .integer(let value): .integer(value)
      case .hugeInteger: .double(Double(scalar.text) ?? .nan)
      case .float(let value): .double(value)
      case .string(let text): .string(text)
      }
    }
  }
}

/// The first keys of Extended JSON's wrappers. `$regex` is not among them: in a filter it is an operator, which
/// means the same.
private let wrappers: Set<String> = [
  "$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$binary", "$uuid",
  "$timestamp",
  "$regularExpression", "$code", "$symbol", "$minKey", "$maxKey", "$undefined", "$dbPointer",
]

/// Wrappers whose value is a string in canonical Extended JSON, whatever it looks like in YAML.
private let spelledAsText: Set<String> = [
  "$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid", "$code", "$symbol",
]

package import Platform

extension String: RecordValue {
  package static var recordShape: RecordShape { .plain("text") }
  package var recordJSON: JSON { .string(self) }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard case .string(let text) = json else { throw MalformedRecord(wanted: "a string") }
    self = text
  }
}

extension Bool: RecordValue {
  package static var recordShape: RecordShape { .plain("`true` or `false`") }
  package var recordJSON: JSON { .bool(self) }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard case .bool(let value) = json else { throw MalformedRecord(wanted: "true or false") }
    self = value
  }
}

extension Int: RecordValue {
  package static var recordShape: RecordShape { .plain("whole number") }
  package var recordJSON: JSON { .integer(Int64(self)) }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard case .integer(let value) = json else { throw MalformedRecord(wanted: "a whole number") }
    self = Int(value)
  }
}

extension Double: RecordValue {
  package static var recordShape: RecordShape { .plain("number") }
  package var recordJSON: JSON { .double(self) }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    switch json {
    case .double(let value): self = value
    case .integer(let value): self = Double(value)
    default: throw MalformedRecord(wanted: "a number")
    }
  }
}

extension WallTime: RecordValue {
  package static var recordShape: RecordShape { .plain("time, UTC") }
  package var recordJSON: JSON { .string(textWithMilliseconds) }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard case .string(let text) = json, let time = WallTime(rfc3339: text) else {
      throw MalformedRecord(wanted: "a time such as 2026-11-21T13:04:49.250Z")
    }
    self = time
  }

  /// Now, to the millisecond: as precise as a record is.
  package static var nowInRecord: WallTime {
    var now = WallTime.now
    now.nanoseconds -= now.nanoseconds % 1_000_000
    return now
  }
}

extension JSON: RecordValue {
  package static var recordShape: RecordShape { .plain("any value") }
  package var recordJSON: JSON { self }
  package init(recordJSON json: JSON?) throws(MalformedRecord) { self = json ?? .null }
}

extension Optional: RecordValue where Wrapped: RecordValue {
  package static var recordShape: RecordShape { .optional(Wrapped.recordShape) }
  package var recordJSON: JSON { map(\.recordJSON) ?? .null }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    self = if json == nil || json == .null { nil } else { try Wrapped(recordJSON: json) }
  }
}

extension Array: RecordValue where Element: RecordValue {
  package static var recordShape: RecordShape { .list(Element.recordShape) }
  package var recordJSON: JSON { .array(map(\.recordJSON)) }
  /// A list that an earlier version's record didn't have is empty.
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard json != nil else {
      self = []
      return
    }
    guard case .array(let values) = json else { throw MalformedRecord(wanted: "an array") }
    self = []
    for (index, value) in values.enumerated() {
      do throws(MalformedRecord) { append(try Element(recordJSON: value)) } catch {
        throw error.under("[\(index)]")
      }
    }
  }
}

extension Dictionary: RecordValue where Key == String, Value: RecordValue {
  package static var recordShape: RecordShape { .map(Value.recordShape) }
  /// In the order of the keys, so that the same record is always the same text.
  package var recordJSON: JSON {
    .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.recordJSON) })
  }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    guard case .object(let members) = json else { throw MalformedRecord(wanted: "an object") }
    self = [:]
    for member in members {
      do throws(MalformedRecord) { self[member.key] = try Value(recordJSON: member.value) } catch {
        throw error.under(member.key)
      }
    }
  }
}

extension RecordValue where Self: RawRepresentable & CaseIterable, RawValue: RecordValue {
  package static var recordShape: RecordShape {
    .plain("one of " + allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
  }
  package var recordJSON: JSON { rawValue.recordJSON }
  package init(recordJSON json: JSON?) throws(MalformedRecord) {
    let raw = try RawValue(recordJSON: json)
    guard let value = Self(rawValue: raw) else {
      throw MalformedRecord(
        wanted: "one of " + Self.allCases.map { "\($0.rawValue)" }.joined(separator: ", "))
    }
    self = value
  }
}

extension ExitCode: RecordValue {}
extension Outcome.Result: RecordValue {}

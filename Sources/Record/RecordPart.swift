package import Platform

/// A part of a record: a structure whose JSON is declared once, field by field, and goes both ways.
package protocol RecordPart: RecordValue, Sendable, Hashable {
  /// A value to read the fields into.
  init()
  /// Its keys in the order in which they are written. All of them are always written, null where there is no
  /// value, so that whoever reads a record need not tell "absent" from "none"; flags alone only where they hold.
  static var fields: [RecordField<Self>] { get }
}

/// One key of a part, and how its value is written and read.
package struct RecordField<Part> {
  let key: String
  let shape: RecordShape
  /// Nil where the key is left out.
  let write: (Part) -> JSON?
  let read: (JSON?, inout Part) throws(MalformedRecord) -> Void

  /// A field kept in a property.
  package init<Value: RecordValue>(_ key: String, _ property: WritableKeyPath<Part, Value>) {
    self.key = key
    shape = Value.recordShape
    write = { $0[keyPath: property].recordJSON }
    read = { (json, part) throws(MalformedRecord) in
      do throws(MalformedRecord) { part[keyPath: property] = try Value(recordJSON: json) } catch {
        throw error.under(key)
      }
    }
  }

  /// A flag that is written where it holds, and left out otherwise. `unwritten` says what it is where the key is absent,
  /// of a part whose fields before this one were read.
  package init(
    flag key: String, _ property: WritableKeyPath<Part, Bool>, unwritten: @escaping (Part) -> Bool
  ) {
    self.key = key
    shape = Bool.recordShape
    write = { $0[keyPath: property] ? true : nil }
    read = { (json, part) throws(MalformedRecord) in
      guard let json else {
        part[keyPath: property] = unwritten(part)
        return
      }
      do throws(MalformedRecord) { part[keyPath: property] = try Bool(recordJSON: json) } catch {
        throw error.under(key)
      }
    }
  }

  /// A field that follows from others: written for those who read the JSON, not read back.
  package init<Value: RecordValue>(derived key: String, _ value: @escaping (Part) -> Value) {
    self.key = key
    shape = Value.recordShape
    write = { value($0).recordJSON }
    read = { (_, _) throws(MalformedRecord) in }
  }
}

extension RecordPart {
  package static var recordShape: RecordShape {
    .part("\(Self.self)") { fields.map { ($0.key, $0.shape) } }
  }

  package var recordJSON: JSON { json }
  package init(recordJSON json: JSON?) throws(MalformedRecord) { try self.init(json: json ?? .null) }

  /// The part as JSON.
  package var json: JSON {
    .object(Self.fields.compactMap { field in field.write(self).map { JSON.Member(field.key, $0) } })
  }

  /// Reads a part; keys that it doesn't know are passed over, as later versions add some.
  package init(json: JSON) throws(MalformedRecord) {
    guard case .object(let members) = json else { throw MalformedRecord(wanted: "an object") }
    let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    self.init()
    for field in Self.fields { try field.read(values[field.key], &self) }
  }
}

/// A JSON value that is no record, or not one that this version can read.
package struct MalformedRecord: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where in the record: `checks[3].result`; empty for the whole.
  package var path: String
  /// What should stand there.
  package var wanted: String
  /// Whether it is only a number's size that is wrong.
  package var isRange: Bool

  package init(wanted: String, path: String = "", isRange: Bool = false) {
    self.path = path
    self.wanted = wanted
    self.isRange = isRange
  }

  /// `checks[3].result should be a string`.
  package var description: String { "\(path.isEmpty ? "a record" : path) should be \(wanted)" }

  func under(_ key: String) -> MalformedRecord {
    let joined = path.isEmpty ? key : path.hasPrefix("[") ? key + path : "\(key).\(path)"
    return MalformedRecord(wanted: wanted, path: joined, isRange: isRange)
  }
}

/// What a field can hold.
package protocol RecordValue {
  /// What it looks like, for the reference.
  static var recordShape: RecordShape { get }
  var recordJSON: JSON { get }
  /// Reads it; `json` is nil where the key is absent.
  init(recordJSON json: JSON?) throws(MalformedRecord)
}

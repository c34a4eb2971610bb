internal import CBSON

// Why not libbson's parser: it takes the operator `{$regex: "^a"}` of a validator for a regular expression,
// refuses `{$regex: "^a", $nin: […]}`, and doesn't see what follows the object.

extension Document {
  /// Reads Extended JSON v2, canonical or relaxed; numeric types, as spelled, are kept, and so are names that
  /// occur twice. An object that starts with `$` and is none of the types' spellings (an operator) stays one.
  package init(extendedJSON text: String) throws(MalformedBSON) {
    guard case .object(let members) = try JSONText(text) else { throw MalformedBSON("not an object", at: 0) }
    self = try Document(json: members)
  }

  fileprivate init(json members: [(name: String, value: JSONText)]) throws(MalformedBSON) {
    var writer = DocumentWriter()
    for (name, json) in members {
      if name.utf8.contains(0) { throw MalformedBSON("a name with a NUL in it", at: 0) }
      writer.append(try Value(json: json), name)
    }
    self = writer.finished()
  }
}

extension Value {
  fileprivate init(json: JSONText) throws(MalformedBSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .string(let text): self = .string(text)
    case .number(let text):
      if let value = Int32(text) {
        self = .int32(value)
      } else if let value = Int64(text) {
        self = .int64(value)
      } else {
        self = .double(Double(text) ?? .nan)
      }
    case .array(let values):
      var writer = DocumentWriter()
      for (index, value) in values.enumerated() { writer.append(try Value(json: value), String(index)) }
      self = .array(writer.finished())
    case .object(let members):
      if let value = try Value(typed: members) {
        self = value
      } else {
        self = .document(try Document(json: members))
      }
    }
  }

  /// The value that a type's spelling stands for; nil when the object is an ordinary one.
  private init?(typed members: [(name: String, value: JSONText)]) throws(MalformedBSON) {
    guard let first = members.first?.name, first.utf8.first == UInt8(ascii: "$") else { return nil }
    let names = members.map(\.name)
    func malformed() -> MalformedBSON { MalformedBSON("malformed \(first)", at: 0) }
    func member(_ name: String) -> JSONText? { members.first { $0.name == name }?.value }
    if Set(names) == ["$code", "$scope"], case .string(let text)? = member("$code"),
      case .object(let scope)? = member("$scope")
    {
      self = .codeWithScope(text, try Document(json: scope))
      return
    }
    if Set(names) == ["$binary", "$type"], case .string(let data)? = member("$binary"),
      case .string(let type)? = member("$type")
    {
      // Extended JSON v1, in the metadata of old dumps.
      guard let value = Value(base64: data, subtype: type) else { throw malformed() }
      self = value
      return
    }
    guard members.count == 1, let read = Self.spellings[first] else { return nil }
    guard let value = try read(members[0].value) else { throw malformed() }
    self = value
  }

  private typealias Reading = @Sendable (JSONText) throws(MalformedBSON) -> Value?

  /// How each type is spelled: an object whose one name is this.
  private static let spellings: [String: Reading] = [
    "$oid": { json in
      guard let bytes = json.text.flatMap({ hexBytes($0) }), bytes.count == 12 else { return nil }
      return .objectID(ObjectID(bytes: bytes))
    },
    "$symbol": { json in json.text.map { .symbol($0) } },
    "$code": { json in json.text.map { .code($0) } },
    "$numberInt": { json in json.text.flatMap { Int32($0) }.map { .int32($0) } },
    "$numberLong": { json in json.text.flatMap { Int64($0) }.map { .int64($0) } },
    "$numberDouble": { json in json.text.flatMap { double($0) }.map { .double($0) } },
    "$numberDecimal": { json in json.text.flatMap { decimal($0) } },
    "$binary": { json in
      guard let data = json.members(["base64", "subType"]), let text = data[0].text, let type = data[1].text
      else { return nil }
      return Value(base64: text, subtype: type)
    },
    "$uuid": { json in json.text.flatMap { UUIDBytes($0) }?.value },
    "$timestamp": { json in
      guard let parts = json.members(["t", "i"]),
        let seconds = parts[0].integer.flatMap({ UInt32(exactly: $0) }),
        let increment = parts[1].integer.flatMap({ UInt32(exactly: $0) })
      else { return nil }
      return .timestamp(Timestamp(seconds: seconds, increment: increment))
    },
    "$regularExpression": { json in
      guard let parts = json.members(["pattern", "options"]), let pattern = parts[0].text,
        let options = parts[1].text, !pattern.utf8.contains(0), !options.utf8.contains(0)
      else { return nil }
      return .regex(pattern: pattern, options: options)
    },
    "$dbPointer": { json throws(MalformedBSON) in
      guard let parts = json.members(["$ref", "$id"]), let name = parts[0].text,
        case .objectID(let id) = try Value(json: parts[1])
      else { return nil }
      return .dbPointer(name, id)
    },
    "$date": { json throws(MalformedBSON) in
      if let milliseconds = json.integer { return .date(milliseconds) }
      if let text = json.text { return ISODate.milliseconds(text).map { .date($0) } }
      if case .int64(let milliseconds) = try Value(json: json) { return .date(milliseconds) }
      return nil
    },
    "$minKey": { json in json.integer == 1 ? .minKey : nil },
    "$maxKey": { json in json.integer == 1 ? .maxKey : nil },
    "$undefined": { json in if case .bool(true) = json { .undefined } else { nil } },
  ]

  private static func double(_ text: String) -> Double? {
    switch text {
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    case "NaN": .nan
    default: if case .number(let number)? = try? JSONText(text) { Double(number) } else { nil }
    }
  }

  private static func decimal(_ text: String) -> Value? {
    var low: UInt64 = 0
    var high: UInt64 = 0
    return unsafe mongodrill_decimal128_parse(text, &low, &high) == 1
      ? .decimal128(low: low, high: high) : nil
  }

  /// Binary data in base64, its subtype in one or two hexadecimal digits.
  private init?(base64 text: String, subtype: String) {
    guard let bytes = base64Bytes(text), 1...2 ~= subtype.utf8.count, let type = UInt8(subtype, radix: 16)
    else {
      return nil
    }
    self = .binary(subtype: type, bytes)
  }
}

extension JSONText {
  fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }

  fileprivate var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }

  /// The values of these members, in this order, when there are no others.
  fileprivate func members(_ names: [String]) -> [JSONText]? {
    guard case .object(let members) = self, members.count == names.count else { return nil }
    var values: [JSONText] = []
    for name in names {
      guard let member = members.first(where: { $0.name == name }) else { return nil }
      values.append(member.value)
    }
    return values
  }
}

/// The bytes that base64 (RFC 4648, section 4) spells, with or without padding; nil when it is something else.
private func base64Bytes(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var bits: UInt32 = 0
  var count = 0
  var digits = Substring(text).utf8
  while digits.last == UInt8(ascii: "=") { digits.removeLast() }
  guard digits.count % 4 != 1, text.utf8.count - digits.count <= 2 else { return nil }
  for digit in digits {
    let value: UInt8
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    bits = bits << 6 | UInt32(value)
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}

/// Dates as relaxed Extended JSON spells them.
enum ISODate {
  /// Milliseconds since 1970 of `2026-11-21T14:30:00.123Z` or with an offset such as `+01:00`; nil when the text
  /// is something else.
  static func milliseconds(_ text: String) -> Int64? {
    var rest = Substring(text)
    func number(_ digits: Int) -> Int64? {
      let part = rest.prefix(digits)
      guard part.utf8.count == digits, part.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
      rest = rest.dropFirst(digits)
      return Int64(part)
    }
    func skip(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2), skip("T"),
      let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
      1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second < 60
    else { return nil }
    var milliseconds: Int64 = 0
    if skip(".") {
      let fraction = rest.prefix { "0"..."9" ~= $0 }
      guard 1...9 ~= fraction.count, let value = Int64((fraction + "00").prefix(3)) else { return nil }
      milliseconds = value
      rest = rest.dropFirst(fraction.count)
    }
    var offset: Int64 = 0
    if !skip("Z") {
      let isWest = rest.first == "-"
      guard skip("-") || skip("+"), let hours = number(2) else { return nil }
      _ = skip(":")
      guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
      offset = (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    // Days from 1970 (Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = month <= 2 ? year - 1 : year
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days =
      shifted / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + milliseconds
  }
}

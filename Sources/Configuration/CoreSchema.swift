/// A scalar by the core schema of YAML 1.2 (section 10.3.2 of its specification): `no`, `on`, `1:30` and
/// `2024-01-01` are strings.
package enum CoreValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A whole number beyond 64 bits.
  case hugeInteger
  case float(Double)
  case string(String)
}

extension Node.Scalar {
  /// What its text stands for; a quoted one is a string.
  package var coreValue: CoreValue {
    guard isPlain else { return .string(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .float(.nan)
    default: break
    }
    let bytes = Array(text.utf8)
    return number(bytes) ?? .string(text)
  }

  private func number(_ bytes: [UInt8]) -> CoreValue? {
    if bytes.starts(with: "0x".utf8) { return integer(bytes.dropFirst(2), radix: 16) }
    if bytes.starts(with: "0o".utf8) { return integer(bytes.dropFirst(2), radix: 8) }
    let sign = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") ? 1 : 0
    let unsigned = bytes[sign...]
    switch String(decoding: unsigned, as: UTF8.self) {
    case ".inf", ".Inf", ".INF": return .float(text.hasPrefix("-") ? -.infinity : .infinity)
    default: break
    }
    // [0-9]+ is an integer; (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? is a float.
    let whole = unsigned.prefix(while: isDigit)
    var rest = unsigned.dropFirst(whole.count)
    if rest.isEmpty, !whole.isEmpty {
      return Int64(text).map { .integer($0) } ?? .hugeInteger
    }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(fraction)
    }
    guard !whole.isEmpty || fraction > 0 else { return nil }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
      rest = []
    }
    guard rest.isEmpty else { return nil }
    // Swift's reader wants a digit on both sides of the point.
    let exponent = unsigned.firstIndex { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    var spelled = sign == 1 && bytes[0] == UInt8(ascii: "-") ? "-" : ""
    spelled += whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self)
    if fraction > 0, let point = unsigned.firstIndex(of: UInt8(ascii: ".")) {
      spelled += String(decoding: unsigned[point...point + fraction], as: UTF8.self)
    }
    if let exponent { spelled += String(decoding: unsigned[exponent...], as: UTF8.self) }
    return Double(spelled).map { .float($0) }
  }

  private func integer(_ digits: ArraySlice<UInt8>, radix: Int) -> CoreValue? {
    let text = String(decoding: digits, as: UTF8.self)
    guard !text.isEmpty, text.utf8.allSatisfy({ isDigit($0) || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x66 })
    else { return nil }
    if let value = Int64(text, radix: radix) { return .integer(value) }
    let allDigits = text.utf8.allSatisfy { radix == 16 || $0 < 0x38 }
    return allDigits ? .hugeInteger : nil
  }
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

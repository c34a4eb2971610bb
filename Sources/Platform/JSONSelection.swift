/// Which parts of a JSON text are wanted: the rest is passed over at the speed of reading it, and nothing is made of it.
package indirect enum JSONSelection: Sendable {
  case all
  /// Of an object these members, by their keys; the others are left out.
  case members([String: JSONSelection])
  /// Of an array every element, of each what is said.
  case elements(JSONSelection)
}

extension JSON {
  /// Reads what is wanted of one JSON text. What is passed over is only looked at so far that its end is found: a slip
  /// inside of it goes unseen. A value of another type than the selection's is read whole.
  package static func parse(_ bytes: [UInt8], only selection: JSONSelection) throws(MalformedJSON) -> JSON {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0, only: selection)
    parser.skipSpace()
    guard parser.at == bytes.count else { throw parser.error("text after the value's end") }
    return value
  }
}

extension JSONParser {
  fileprivate mutating func value(depth: Int, only selection: JSONSelection) throws(MalformedJSON) -> JSON {
    skipSpace()
    switch (selection, next) {
    case (.members(let wanted), UInt8(ascii: "{")):
      guard depth <= JSON.deepestNesting else { throw error("nested too deeply") }
      return try object(depth: depth, only: wanted)
    case (.elements(let wanted), UInt8(ascii: "[")):
      guard depth <= JSON.deepestNesting else { throw error("nested too deeply") }
      at += 1
      var values: [JSON] = []
      if take(UInt8(ascii: "]")) { return .array(values) }
      repeat { values.append(try value(depth: depth + 1, only: wanted)) } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw error("a comma or a closing bracket should stand here") }
      return .array(values)
    default: return try value(depth: depth)
    }
  }

  private mutating func object(
    depth: Int, only wanted: [String: JSONSelection]
  ) throws(MalformedJSON) -> JSON {
    at += 1
    var members: [JSON.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let start = at
      guard next == UInt8(ascii: "\"") else { throw error("a key should stand here") }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw error("a colon should stand here") }
      guard let selection = wanted[key] else {
        try skipValue()
        continue
      }
      guard !members.contains(where: { $0.key == key }) else {
        throw error("a key stands twice", at: start)
      }
      members.append(JSON.Member(key, try value(depth: depth + 1, only: selection)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("a comma or a closing brace should stand here") }
    return .object(members)
  }

  /// Goes to the end of the value that begins here.
  private mutating func skipValue() throws(MalformedJSON) {
    skipSpace()
    let start = at
    let end = unsafe bytes.withUnsafeBufferPointer { unsafe JSONParser.end(of: $0, from: start) }
    guard let end, end > start else { throw error("a value without an end", at: start) }
    at = end
  }

  /// Where the value that begins at `start` ends; nil when the text ends before.
  private static func end(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var at = start
    var depth = 0
    while at < bytes.count {
      switch unsafe bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        while at < bytes.count, unsafe bytes[at] != UInt8(ascii: "\"") {
          at += unsafe bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < bytes.count else { return nil }
        at += 1
        if depth == 0 { return at }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return at }
        depth -= 1
        at += 1
        if depth == 0 { return at }
      case UInt8(ascii: ","):
        if depth == 0 { return at }
        at += 1
      default: at += 1
      }
    }
    return nil
  }
}

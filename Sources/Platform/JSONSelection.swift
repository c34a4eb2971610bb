internal import Glibc

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
      // By bytes: Swift takes other spellings of a letter for the same.
      guard let found = wanted.index(forKey: key), wanted[found].key.utf8.elementsEqual(key.utf8) else {
        try skipValue()
        continue
      }
      guard !members.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) else {
        throw error("a key stands twice", at: start)
      }
      members.append(JSON.Member(key, try value(depth: depth + 1, only: wanted[found].value)))
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

  /// Where the value that begins at `start` ends; nil when the text ends before. Most bytes of a folder of records pass
  /// here, in builds for debugging, too: the characters stand there as numbers.
  private static func end(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    let count = bytes.count
    var at = start
    var depth = 0
    while at < count {
      let byte = unsafe bytes[at]
      at += 1
      // A space, and whatever else comes before all that matters.
      if byte < 0x22 { continue }
      if byte == 0x22 {
        guard let close = unsafe closingQuote(of: bytes, from: at) else { return nil }
        at = close + 1
        if depth == 0 { return at }
      } else if byte == 0x2C {  // ,
        if depth == 0 { return at - 1 }
      } else if byte == 0x7B || byte == 0x5B {  // { [
        depth += 1
      } else if byte == 0x7D || byte == 0x5D {  // } ]
        if depth == 0 { return at - 1 }
        depth -= 1
        if depth == 0 { return at }
      }
    }
    return nil
  }

  /// The system looks for the quote, many bytes at a time.
  private static func closingQuote(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard let base = unsafe UnsafeRawPointer(bytes.baseAddress) else { return nil }
    var from = start
    while from < bytes.count {
      guard let found = unsafe memchr(base + from, 0x22, bytes.count - from) else { return nil }
      let quote = unsafe UnsafeRawPointer(found) - base
      var before = quote
      while before > start, unsafe bytes[before - 1] == 0x5C { before -= 1 }
      if (quote - before) & 1 == 0 { return quote }
      from = quote + 1
    }
    return nil
  }
}

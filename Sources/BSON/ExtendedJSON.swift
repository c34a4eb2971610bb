internal import CBSON

extension Document {
  /// Reads Extended JSON v2, canonical or relaxed, through libbson; numeric types, as spelled, are kept.
  /// Throws with libbson's own words when it is not a JSON object.
  package init(extendedJSON text: String) throws(MalformedBSON) {
    var text = text
    var message = [CChar](repeating: 0, count: 512)
    var length: UInt32 = 0
    let bytes = text.withUTF8 { text in
      unsafe message.withUnsafeMutableBufferPointer { message in
        unsafe text.withMemoryRebound(to: CChar.self) { text in
          unsafe mongodrill_bson_from_json(
            text.baseAddress, text.count, &length, message.baseAddress, message.count)
        }
      }
    }
    guard let bytes = unsafe bytes else {
      throw MalformedBSON(
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), at: 0)
    }
    defer { unsafe bson_free(bytes) }
    self = try unsafe Document(copying: UnsafeRawBufferPointer(start: bytes, count: Int(length)))
  }

  /// Canonical Extended JSON v2 (or the relaxed form, in which a person reads numbers and dates), through libbson.
  package func extendedJSON(relaxed: Bool = false) -> String {
    unsafe withBytes { bytes in
      var length = 0
      guard
        let text = unsafe mongodrill_bson_to_json(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, relaxed ? 1 : 0, &length)
      else { return "{ malformed document of \(bytes.count) bytes }" }
      defer { unsafe bson_free(text) }
      return unsafe String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }
  }
}

extension Value {
  /// The value alone as Extended JSON.
  package func extendedJSON(relaxed: Bool = true) -> String {
    // libbson writes whole documents: `{ "v" : VALUE }`.
    let text = Document([("v", self)]).extendedJSON(relaxed: relaxed)
    guard let colon = text.firstIndex(of: ":") else { return text }
    return text[text.index(after: colon)...].dropLast().trimmingSpaces
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

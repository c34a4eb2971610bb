internal import CBSON

extension Document {
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

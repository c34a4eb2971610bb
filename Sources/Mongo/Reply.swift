internal import BSON
internal import CMongoC

/// A reply in the memory that libbson allocated for it: freed with it.
@safe struct Reply: ~Copyable {
  private let bytes: UnsafeMutablePointer<UInt8>?
  private let length: Int

  init(_ bytes: UnsafeMutablePointer<UInt8>?, _ length: UInt32) {
    unsafe self.bytes = bytes
    self.length = Int(length)
  }

  deinit { unsafe bson_free(bytes) }

  /// Its bytes, which nobody has checked.
  private borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    try unsafe body(UnsafeRawBufferPointer(start: bytes, count: length))
  }

  /// A copy of it; empty when it is malformed.
  var document: Document {
    (try? unsafe withBytes { bytes in try unsafe Document(copying: bytes) }) ?? [:]
  }

  /// What a cursor's reply says of the cursor.
  struct Cursor {
    var id: Int64 = 0
    var namespace = ""
  }

  /// Lends each document of the `firstBatch` or `nextBatch` of a cursor's reply to `body`, until it returns false;
  /// nothing of them is copied. Throws `MalformedBSON` for a reply that isn't BSON.
  borrowing func forEach(
    _ cursor: inout Cursor, _ body: (UnsafeRawBufferPointer) throws -> Bool
  ) throws -> Bool {
    unsafe try withBytes { bytes in
      _ = try unsafe validateBSON(bytes, limit: .max)
      guard let base = bytes.baseAddress, let own = unsafe Reply.field("cursor", of: base),
        own.type == .document
      else { return false }
      let start = unsafe base + own.value.lowerBound
      if let id = unsafe Reply.field("id", of: start), id.type == .int64 {
        cursor.id = unsafe start.loadUnaligned(fromByteOffset: id.value.lowerBound, as: Int64.self)
      } else {
        cursor.id = 0
      }
      if let name = unsafe Reply.field("ns", of: start), name.type == .string {
        let text = unsafe UnsafeRawBufferPointer(
          start: start + name.value.lowerBound + 4, count: name.value.count - 5)
        cursor.namespace = unsafe String(decoding: text, as: UTF8.self)
      }
      var batch = unsafe Reply.field("firstBatch", of: start)
      if batch == nil { batch = unsafe Reply.field("nextBatch", of: start) }
      guard let batch, batch.type == .array else { return false }
      let array = unsafe start + batch.value.lowerBound
      var at = 4
      while let element = unsafe elementOfValidBSON(array, at: at) {
        at = element.value.upperBound
        guard element.type == .document else { continue }
        let document = unsafe UnsafeRawBufferPointer(
          start: array + element.value.lowerBound, count: element.value.count)
        if unsafe try !body(document) { return false }
      }
      return true
    }
  }

  /// The element of that name in the well-formed document at `base`.
  private static func field(_ name: StaticString, of base: UnsafeRawPointer) -> RawElement? {
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      let bytes = unsafe UnsafeRawBufferPointer(
        start: base + element.name.lowerBound, count: element.name.count)
      if unsafe bytes.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
      {
        return element
      }
      at = element.value.upperBound
    }
    return nil
  }
}

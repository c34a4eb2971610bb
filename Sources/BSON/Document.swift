internal import Glibc

/// A well-formed BSON document that owns its bytes (or shares those of the document it lies in).
package struct Document: Sendable {
  /// Its bytes, from the length to the last NUL.
  package let bytes: ArraySlice<UInt8>

  /// The empty document.
  package init() { self.init(unchecked: [5, 0, 0, 0, 0]) }

  /// Checks `bytes`, which have to be one document from the first to the last, of `limit` bytes at most.
  package init(_ bytes: ArraySlice<UInt8>, limit: Int = BSONLimits.internalDocument) throws(MalformedBSON) {
    let length: Int
    do {
      length = try unsafe bytes.withUnsafeBytes { bytes in try unsafe validateBSON(bytes, limit: limit) }
    } catch {
      throw error as? MalformedBSON ?? MalformedBSON("\(error)", at: 0)
    }
    guard length == bytes.count else { throw MalformedBSON("bytes after the document's end", at: length) }
    self.bytes = bytes
  }

  /// Copies a document out of borrowed memory and checks it.
  package init(copying bytes: UnsafeRawBufferPointer) throws(MalformedBSON) {
    try self.init(unsafe ArraySlice(bytes))
  }

  /// Takes bytes that are known to be well-formed.
  init(unchecked bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Takes bytes that `validateBSON` accepted.
  package init(validated bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Writes elements in their order.
  package init(_ elements: some Sequence<(String, Value)>) {
    var writer = DocumentWriter()
    for (name, value) in elements { writer.append(value, name) }
    self = writer.finished()
  }

  /// Whether it has no element.
  package var isEmpty: Bool { bytes.count == 5 }

  /// The first element of that name, compared byte by byte.
  package subscript(name: String) -> Value? { first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

  /// The names of its elements, in order.
  package var names: [String] { map(\.name) }

  /// The document without the elements whose names are given, compared byte by byte.
  package func removing(_ names: Set<String>) -> Document {
    let names = Set(names.map { Array($0.utf8) })
    return Document(lazy.filter { !names.contains(Array($0.name.utf8)) }.map { ($0.name, $0.value) })
  }

  /// The document with `value` in place of the first element of that name, or at the end.
  package func setting(_ name: String, to value: Value) -> Document {
    var found = false
    var writer = DocumentWriter()
    for element in self {
      if !found, element.name.utf8.elementsEqual(name.utf8) {
        found = true
        writer.append(value, name)
      } else {
        writer.append(element.value, element.name)
      }
    }
    if !found { writer.append(value, name) }
    return writer.finished()
  }

  /// Lends its bytes.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try unsafe bytes.withUnsafeBytes { bytes in try unsafe body(bytes) }
  }
}

extension Document: Hashable {
  package static func == (left: Document, right: Document) -> Bool {
    unsafe left.withBytes { left in
      unsafe right.withBytes { right in
        guard left.count == right.count, let a = left.baseAddress, let b = right.baseAddress else {
          return false
        }
        return unsafe memcmp(a, b, left.count) == 0
      }
    }
  }
  package func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
  }
}

extension Document: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}

extension Document: Sequence {
  /// A name and the value it stands for.
  package struct Element: Sendable, Hashable {
    /// The field's name.
    package var name: String
    /// The field's value.
    package var value: Value
  }

  /// Walks the elements in order.
  package struct Iterator: IteratorProtocol {
    let bytes: ArraySlice<UInt8>
    var at = 4

    package mutating func next() -> Element? {
      let position = at
      let element: RawElement? = unsafe bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress, position < bytes.count else { return nil }
        return unsafe elementOfValidBSON(base, at: position)
      }
      guard let element else { return nil }
      at = element.value.upperBound
      let start = bytes.startIndex
      func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[start + range.lowerBound..<start + range.upperBound]
      }
      return Element(
        name: String(decoding: slice(element.name), as: UTF8.self),
        value: Value(type: element.type, slice(element.value)))
    }
  }

  package func makeIterator() -> Iterator { Iterator(bytes: bytes) }
}

extension Value {
  /// Reads a value of a well-formed document.
  init(type: ElementType, _ bytes: ArraySlice<UInt8>) {
    let start = bytes.startIndex
    func integer<Number: FixedWidthInteger>(_ at: Int, _ type: Number.Type) -> Number {
      var number: Number = 0
      for index in 0..<MemoryLayout<Number>.size {
        number |= Number(truncatingIfNeeded: UInt64(bytes[start + at + index])) << (8 * index)
      }
      return number
    }
    func text(_ at: Int) -> String {
      String(
        decoding: bytes[(start + at + 4)..<(start + at + 3 + Int(integer(at, Int32.self)))], as: UTF8.self)
    }
    switch type {
    case .double: self = .double(Double(bitPattern: integer(0, UInt64.self)))
    case .string: self = .string(text(0))
    case .document: self = .document(Document(unchecked: bytes))
    case .array: self = .array(Document(unchecked: bytes))
    case .binary: self = .binary(subtype: bytes[start + 4], Array(bytes[(start + 5)...]))
    case .undefined: self = .undefined
    case .objectID: self = .objectID(ObjectID(bytes: Array(bytes)))
    case .bool: self = .bool(bytes[start] != 0)
    case .date: self = .date(integer(0, Int64.self))
    case .null: self = .null
    case .regex:
      let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
      self = .regex(
        pattern: String(decoding: parts[0], as: UTF8.self), options: String(decoding: parts[1], as: UTF8.self)
      )
    case .dbPointer: self = .dbPointer(text(0), ObjectID(bytes: Array(bytes.suffix(12))))
    case .code: self = .code(text(0))
    case .symbol: self = .symbol(text(0))
    case .codeWithScope:
      let scope = start + 8 + Int(integer(4, Int32.self))
      self = .codeWithScope(text(4), Document(unchecked: bytes[scope...]))
    case .int32: self = .int32(integer(0, Int32.self))
    case .timestamp: self = .timestamp(Timestamp(bits: integer(0, UInt64.self)))
    case .int64: self = .int64(integer(0, Int64.self))
    case .decimal128: self = .decimal128(low: integer(0, UInt64.self), high: integer(8, UInt64.self))
    case .maxKey: self = .maxKey
    case .minKey: self = .minKey
    }
  }
}

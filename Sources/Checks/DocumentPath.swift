internal import BSON

extension Document {
  /// The value at the end of a path: names of fields, and positions in arrays. A field whose own name has dots is
  /// found, too, where nothing else is. Nil where there is none.
  func value(at path: FieldPath) -> Value? { value(at: path.names[...]) }

  private func value(at names: ArraySlice<[UInt8]>) -> Value? {
    for end in names.indices {
      let name = names[...end].joined(separator: [UInt8(ascii: ".")])
      guard let value = first(where: { $0.name.utf8.elementsEqual(name) })?.value else { continue }
      let rest = names[(end + 1)...]
      if rest.isEmpty { return value }
      let inner: Document? =
        switch value {
        // The elements of an array have their positions for names.
        case .document(let document), .array(let document): document
        default: nil
        }
      if let found = inner?.value(at: rest) { return found }
    }
    return nil
  }
}

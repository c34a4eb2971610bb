package import BSON

/// A pattern over namespaces: `*` stands for any text (dots too), `\*` and `\\` for themselves; a pattern
/// without a dot names a whole database. It has to match from the first byte to the last.
package struct NamespacePattern: Sendable, Hashable {
  /// Literal pieces of bytes; between each two of them stands one `*`.
  private let pieces: [[UInt8]]

  /// Reads a pattern.
  package init(_ text: String) {
    var pieces: [[UInt8]] = [[]]
    var bytes = Array(text.utf8)[...]
    var hasDot = false
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "\\"), let next = bytes.first, next == UInt8(ascii: "*") || next == byte {
        bytes.removeFirst()
        pieces[pieces.count - 1].append(next)
      } else if byte == UInt8(ascii: "*") {
        pieces.append([])
      } else {
        hasDot = hasDot || byte == UInt8(ascii: ".")
        pieces[pieces.count - 1].append(byte)
      }
    }
    if !hasDot && pieces.count == 1 {
      pieces[0].append(UInt8(ascii: "."))
      pieces.append([])
    }
    self.pieces = pieces
  }

  /// How many `*` it has.
  package var wildcards: Int { pieces.count - 1 }

  /// Whether it matches a namespace.
  package func matches(_ namespace: Namespace) -> Bool { captures(in: namespace) != nil }

  /// What each `*` stands for in `namespace`, as little as possible from left to right; nil when it doesn't match.
  package func captures(in namespace: Namespace) -> [String]? {
    match(Array(namespace.description.utf8)[...], from: 0)?.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The text with captures in place of the `*`.
  package func filled(with captures: [String]) -> String {
    var text = pieces[0]
    for (piece, capture) in zip(pieces.dropFirst(), captures) { text += Array(capture.utf8) + piece }
    return String(decoding: text, as: UTF8.self)
  }

  private func match(_ text: ArraySlice<UInt8>, from piece: Int) -> [ArraySlice<UInt8>]? {
    guard text.starts(with: pieces[piece]) else { return nil }
    let rest = text.dropFirst(pieces[piece].count)
    if piece == pieces.count - 1 { return rest.isEmpty ? [] : nil }
    // The last `*` must take what is left but for the last piece, so only one length can match.
    let shortest = piece == pieces.count - 2 ? rest.count - pieces[piece + 1].count : 0
    if shortest < 0 { return nil }
    for length in shortest...rest.count {
      if let others = match(rest.dropFirst(length), from: piece + 1) { return [rest.prefix(length)] + others }
    }
    return nil
  }
}

/// A name in which each `*` stands for any text.
struct NamePattern: Sendable, Hashable {
  /// As it was written.
  let text: String
  private let pieces: [[UInt8]]

  init(_ text: String) {
    self.text = text
    pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { Array($0) }
  }

  /// Compares byte by byte.
  func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    guard pieces.count > 1 else { return name == pieces[0] }
    let (first, last) = (pieces[0], pieces[pieces.count - 1])
    guard name.count >= first.count + last.count, name.starts(with: first),
      name.suffix(last.count) == last[...]
    else { return false }
    // Each piece in between at its first place: nothing is lost by taking as little as possible.
    var rest = name[first.count..<(name.count - last.count)]
    for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
      guard let start = rest.indices.first(where: { rest[$0...].starts(with: piece) }) else { return false }
      rest = rest[(start + piece.count)...]
    }
    return true
  }
}

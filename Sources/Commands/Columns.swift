/// Text as a terminal shows it.
package enum Columns {
  /// How many columns it takes: 2 for East Asian wide characters and emoji, 0 for marks.
  package static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

  /// The text, cut to `width` columns; where something is missing, an ellipsis says so.
  package static func cut(_ text: String, to width: Int) -> String {
    guard self.width(of: text) > width else { return text }
    var result = ""
    var used = 1
    for character in text {
      used += self.width(of: character)
      if used > width { break }
      result.append(character)
    }
    return width > 0 ? result + "…" : ""
  }

  /// Filled with spaces to `width` columns, at the right or, for figures, at the left.
  package static func pad(_ text: String, to width: Int, atLeft: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - self.width(of: text)))
    return atLeft ? spaces + text : text + spaces
  }

  private static func width(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default:
      return scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }
}

internal import Platform

/// Text that comes from data, made safe to stand in Markdown (CommonMark with GitHub's tables): it shows as it is
/// and can neither format, nor link, nor open HTML, nor leave its line or its cell.
enum MarkdownText {
  /// As running text, on one line.
  static func escaped(_ text: String) -> String {
    let characters = Array(text.visible)
    var escaped = ""
    for (index, character) in characters.enumerated() {
      if needsBackslash(character, at: index, in: characters) { escaped.append("\\") }
      escaped.append(character)
    }
    // GitHub makes links of these without being asked.
    return escaped.replacing("://", with: ":\\//").replacing("www.", with: "www\\.")
  }

  private static func needsBackslash(_ character: Character, at index: Int, in text: [Character]) -> Bool {
    switch character {
    case "\\", "`", "*", "[", "]", "<", "|", "~": return true
    case "&": return index + 1 < text.count && (text[index + 1].isLetter || text[index + 1] == "#")
    case "_":
      func isWord(_ index: Int) -> Bool {
        text.indices.contains(index) && (text[index].isLetter || text[index].isNumber || text[index] == "_")
      }
      // Between letters it is no emphasis, and names are easier to read without backslashes.
      return !(isWord(index - 1) && isWord(index + 1))
    case "#", "+", "-", ">", "=": return index == 0
    case ".", ")":
      // A number at the start of a list, such as `1. `.
      return index > 0 && text[..<index].allSatisfy(\.isNumber)
        && (index + 1 == text.count || text[index + 1] == " ")
    default: return false
    }
  }

  /// As a code span, on one line. In a table a pipe needs a backslash even there.
  static func code(_ text: String, inTable: Bool = true) -> String {
    var text = text.visible
    if text.isEmpty { return "(empty)" }
    if inTable { text = text.replacing("|", with: "\\|") }
    let fence = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
    // A space on both sides is taken away again; it keeps a backtick at the edge, and spaces that are the name's.
    let needsSpace = text.hasPrefix("`") || text.hasSuffix("`") || text.hasPrefix(" ") || text.hasSuffix(" ")
    return needsSpace ? "\(fence) \(text) \(fence)" : fence + text + fence
  }

  /// As a block of code, whose lines are kept.
  static func block(_ text: String, language: String = "") -> [String] {
    let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { String($0).visible }
    while lines.last == "" { lines.removeLast() }
    return [fence + language] + lines + [fence]
  }

  private static func longestRun(of wanted: Character, in text: String) -> Int {
    var (longest, current) = (0, 0)
    for character in text {
      current = character == wanted ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }
}

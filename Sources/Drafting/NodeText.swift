internal import BSON
package import Configuration
internal import Platform

extension Node {
  /// Where what nobody wrote stands.
  static let drafted = Place("draft")

  /// A text, which stays one however it looks.
  static func text(_ text: String) -> Node { Node(.scalar(Scalar(text, isPlain: false)), at: drafted) }

  /// A number, a duration or another scalar that is written without quotes.
  static func plain(_ text: String) -> Node { Node(.scalar(Scalar(text, isPlain: true)), at: drafted) }

  static func list(_ nodes: [Node]) -> Node { Node(.sequence(nodes), at: drafted) }

  static func mapping(_ entries: [(String, Node)]) -> Node {
    Node(.mapping(entries.map { Entry($0.0, at: drafted, $0.1) }), at: drafted)
  }

  /// YAML on one line that a scenario reads as this node: `{field: lines.productId, to: shop.products}`.
  package var scenarioText: String {
    switch content {
    case .scalar(let scalar):
      scalar.isPlain ? scalar.text : quoted(scalar.text.replacing("${", with: "$${"))
    case .sequence(let nodes): "[" + nodes.map(\.scenarioText).joined(separator: ", ") + "]"
    case .mapping(let entries):
      // Keys hold no parameters.
      "{" + entries.map { "\(quoted($0.key)): \($0.value.scenarioText)" }.joined(separator: ", ") + "}"
    }
  }
}

/// Words that readers of YAML 1.1, many an editor among them, take for a boolean.
private let booleans: Set<String> = ["y", "n", "yes", "no", "on", "off"]

/// A text as a YAML scalar, without quotes where it is one word that can't be anything else.
func quoted(_ text: String) -> String {
  let isWord = text.utf8.allSatisfy { byte in
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "_./-".utf8.contains(byte)
  }
  let first = text.utf8.first ?? 0
  let startsPlainly = (0x61...0x7A).contains(first | 0x20) || first == UInt8(ascii: "_") || first == 0x2F
  if isWord, startsPlainly, !booleans.contains(text.lowercased()),
    Node.Scalar(text, isPlain: true).coreValue == .string(text)
  {
    return text
  }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    case "\n": quoted += "\\n"
    case "\t": quoted += "\\t"
    default:
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0: quoted += "\\x" + hexadecimal(scalar.value, digits: 2)
      // Breaks of a line, marks of byte order, what is no character.
      case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: quoted += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
  }
  return quoted + "\""
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

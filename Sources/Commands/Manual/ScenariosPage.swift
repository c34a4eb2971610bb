internal import Drills
internal import Platform

/// `docs/reference/scenarios.md`: every key of a scenario, from its JSON Schema, which the keys themselves make up.
enum ScenariosPage {
  static var text: String {
    var page = MarkdownPage("Keys of scenarios", from: "mongodrill manual --page scenarios")
    page.paragraph(
      "What they are for stands in [scenarios](../scenarios.md); kinds of checks in [their reference](checks.md). Where a "
        + "mapping can be written in several ways, the keys of all of them are listed; a key of a list stands for each "
        + "of its elements.")
    guard let top = SchemaNode(scenarioSchema).ownKeys.first else { return page.text }
    let keys = top.map(SchemaKey.init)
    page.table(
      ["key", "value", "default", "meaning"],
      keys.map { $0.row(linked: $0.node.hasKeys && $0.name != "checks") })
    for key in keys where key.name != "checks" && key.node.hasKeys { section(key, &page) }
    return page.text
  }

  private static func section(_ key: SchemaKey, _ page: inout MarkdownPage) {
    page.heading(2, key.name)
    page.paragraph(MarkdownPage.prose(key.node.description))
    guard key.name == "steps" else {
      page.table(["key", "value", "default", "meaning"], key.rows(under: "").map { $0.row })
      return
    }
    let keys = key.node.keys.map(SchemaKey.init)
    let kinds = Set(StepKindNames.all)
    page.table(
      ["key", "value", "default", "meaning"],
      keys.filter { !kinds.contains($0.name) }.map { $0.row(linked: false) })
    for step in keys where kinds.contains(step.name) {
      page.heading(3, step.name)
      page.paragraph(MarkdownPage.prose(step.node.description))
      page.paragraph("Written as \(step.node.form).")
      page.table(["key", "value", "default", "meaning"], step.rows(under: "").map { $0.row })
    }
  }
}

/// The names of the kinds of steps.
private enum StepKindNames {
  static var all: [String] { Steps.kinds.map { $0.name } }
}

/// A key in a JSON Schema.
private struct SchemaKey {
  var name: String
  var node: SchemaNode
  var isRequired: Bool

  init(_ member: (name: String, schema: JSON, isRequired: Bool)) {
    name = member.name
    node = SchemaNode(member.schema)
    isRequired = member.isRequired
  }

  /// A row of a table.
  var row: [String] { row(linked: false) }

  func row(linked: Bool) -> [String] {
    let literal = MarkdownPage.literal(name)
    return [
      linked ? "[\(literal)](#\(name.replacing(".", with: "")))" : literal, node.form,
      isRequired ? "required" : node.fallback.map(MarkdownPage.literal) ?? "",
      MarkdownPage.prose(node.description),
    ]
  }

  /// The keys below it, each followed by those below itself, with their paths.
  func rows(under path: String) -> [SchemaKey] {
    node.keys.flatMap { member -> [SchemaKey] in
      var key = SchemaKey(member)
      key.name = path + key.name
      return [key] + key.rows(under: key.name + ".")
    }
  }
}

/// A JSON Schema, as far as shapes make them: types, choices, lists, mappings, alternatives.
private struct SchemaNode {
  private let schema: JSON

  init(_ schema: JSON) { self.schema = schema }

  var description: String {
    if case .string(let text)? = schema["description"] { text } else { "" }
  }

  /// The default as it would be written.
  var fallback: String? {
    switch schema["default"] {
    case nil: nil
    case .string(let text)?: text
    case let other?: other.text()
    }
  }

  /// Whether there are keys to list.
  var hasKeys: Bool { !keys.isEmpty }

  private var alternatives: [SchemaNode] {
    guard case .array(let nodes)? = schema["anyOf"] else { return [] }
    // A parameter may stand anywhere: not worth a word each time.
    return nodes.filter { $0["pattern"] != .string(parameterPattern) }.map(SchemaNode.init)
  }

  private var parameterPattern: String { #"\$\{[A-Za-z_][A-Za-z0-9_.]*\}"# }

  /// The keys of this mapping itself, none where it is none.
  var ownKeys: [[(name: String, schema: JSON, isRequired: Bool)]] {
    guard case .object(let members)? = schema["properties"] else { return [] }
    var required: [JSON] = []
    if case .array(let names)? = schema["required"] { required = names }
    return [members.map { ($0.key, $0.value, required.contains(.string($0.key))) }]
  }

  /// The keys of this mapping, of the elements of this list, and of the ways in which it may be written, each once;
  /// required are those that are so in every way.
  var keys: [(name: String, schema: JSON, isRequired: Bool)] {
    var mappings = ownKeys
    if let items = schema["items"] { mappings.append(SchemaNode(items).keys) }
    if let values = schema["additionalProperties"], case .object = values {
      mappings.append(SchemaNode(values).keys)
    }
    mappings += alternatives.map(\.keys).filter { !$0.isEmpty }
    mappings.removeAll(where: \.isEmpty)
    var found: [(name: String, schema: JSON, isRequired: Bool)] = []
    for mapping in mappings {
      for key in mapping where !found.contains(where: { $0.name == key.name }) {
        let isAlways = mappings.allSatisfy { other in other.contains { $0.name == key.name && $0.isRequired }
        }
        found.append((key.name, key.schema, isAlways))
      }
    }
    return found
  }

  /// What its value looks like, in Markdown.
  var form: String {
    let forms = alternatives.map(\.form)
    if !forms.isEmpty {
      var different: [String] = []
      for form in forms where !different.contains(form) { different.append(form) }
      return different.joined(separator: " or ")
    }
    // What is written in a way of its own says so by its title.
    if case .string(let title)? = schema["title"] { return MarkdownPage.prose(title) }
    if case .array(let values)? = schema["enum"] {
      return values.map { value in
        if case .string(let text) = value {
          MarkdownPage.literal(text)
        } else {
          MarkdownPage.literal(value.text())
        }
      }.joined(separator: ", ")
    }
    switch type {
    case .string("object")?: return "mapping"
    case .string("array")?:
      let element = schema["items"].map { SchemaNode($0).form } ?? "value"
      return "list of \(element == "mapping" ? "mappings" : element)"
    case .string(let type)?: return SchemaNode.words[type] ?? type
    case .array(let types)?:
      return types.map { if case .string(let type) = $0 { SchemaNode.words[type] ?? type } else { "" } }
        .filter { !$0.isEmpty }.joined(separator: " or ")
    default: return schema["properties"] == nil ? "any value" : "mapping"
    }
  }

  /// Its type, without the text that stands for a parameter. What takes any scalar takes it as text.
  private var type: JSON? {
    guard case .array(var types)? = schema["type"] else { return schema["type"] }
    if schema["pattern"] == .string(parameterPattern) { types.removeAll { $0 == "string" } }
    if types.contains("string"), types.contains("boolean") { types = ["string"] }
    return .array(types)
  }

  private static let words = [
    "string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`",
    "null": "nothing",
  ]
}

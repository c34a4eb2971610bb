package import BSON
package import Backups
internal import Facts
package import Platform
internal import Restore

/// A description of an operation in the oplog: what it does, to which collection, and fields of it.
package struct OplogMatch: Sendable, Hashable, CustomStringConvertible {
  /// A field that has to have a value.
  private struct Field: Sendable, Hashable {
    let path: [String]
    let value: Value
  }

  private let kind: OplogOperation.Kind?
  private let command: String?
  private let namespace: NamespacePattern?
  private let fields: [Field]
  private let document: Document

  /// Reads `{op: …, ns: …, o.…: …, o2.…: …, _id: …}`; `op` is `i`, `u`, `d`, `n`, `c` or a command's name, `ns` a
  /// namespace, a database, or a pattern with `*`. Throws `Failure` of kind `usage`.
  package init(_ document: Document) throws(Failure) {
    var kind: OplogOperation.Kind?
    var command: String?
    var namespace: NamespacePattern?
    var fields: [Field] = []
    for element in document {
      let path = element.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      switch path[0] {
      case "op" where path.count == 1:
        guard let text = element.value.string else { throw .invalidMatch("op is a word", element.name) }
        if let known = Self.kinds[text] {
          kind = known
        } else if Self.commands.contains(text) {
          (kind, command) = (.command, text)
        } else {
          throw .invalidMatch(
            "there is no operation \"\(text)\"", element.name,
            hint: Suggestion.hint(for: text, among: Self.kinds.keys.sorted() + Self.commands)
              ?? "One of i, u, d, n, c, or a command: \(Self.commands.joined(separator: ", ")).")
        }
      case "ns" where path.count == 1:
        guard let text = element.value.string, !text.isEmpty else {
          throw .invalidMatch("ns is a name or a pattern", element.name)
        }
        namespace = NamespacePattern(text)
      case "o", "o2", "_id": fields.append(Field(path: path, value: element.value))
      default:
        throw .invalidMatch(
          "there is no \"\(element.name)\" in an operation", element.name,
          hint: Suggestion.hint(for: element.name, among: ["op", "ns", "o", "o2", "_id"])
            ?? "Fields of the operation are written o.NAME or o2.NAME.")
      }
    }
    if document.isEmpty { throw .invalidMatch("it says nothing", nil) }
    self.kind = kind
    self.command = command
    self.namespace = namespace
    self.fields = fields
    self.document = document
  }

  /// Reads the same as text, in JSON or as a line of YAML.
  package init(text: String) throws(Failure) {
    var reader = FlowText(text)
    try self.init(try reader.document())
  }

  /// The match as Extended JSON.
  package var description: String { document.extendedJSON(relaxed: true) }

  private static let kinds: [String: OplogOperation.Kind] = [
    "i": .insert, "u": .update, "d": .delete, "n": .noop, "c": .command,
  ]
  private static let commands = [
    "create", "drop", "dropDatabase", "renameCollection", "collMod", "createIndexes", "startIndexBuild",
    "commitIndexBuild", "abortIndexBuild", "dropIndexes", "convertToCapped", "emptycapped", "dbCheck",
  ]

  /// Whether an operation is one of those described.
  package func matches(_ operation: OplogOperation) -> Bool {
    if let kind, operation.kind != kind { return false }
    if let command, operation.commandName?.utf8.elementsEqual(command.utf8) != true { return false }
    if let namespace, !operation.names.contains(where: namespace.matches) { return false }
    return fields.allSatisfy { field in
      switch field.path[0] {
      case "o": has(operation.object, field.path.dropFirst(), field.value)
      case "o2": has(operation.object2, field.path.dropFirst(), field.value)
      default: has(operation.identity, field.path[...], field.value)
      }
    }
  }

  private func has(_ document: Document?, _ path: ArraySlice<String>, _ wanted: Value) -> Bool {
    guard let document else { return false }
    var value = Value.document(document)
    for name in path {
      switch value {
      case .document(let inner), .array(let inner):
        guard let next = inner[name] else { return false }
        value = next
      default: return false
      }
    }
    return value.matches(wanted)
  }
}

extension OplogOperation {
  /// What it may be called by: its namespace, the collection that a command is about, and the time series of
  /// buckets.
  var names: [Namespace] {
    guard let namespace else { return [] }
    var names = [namespace]
    if kind == .command, let first = object?.first(where: { _ in true }), let text = first.value.string {
      if first.name == "renameCollection" {
        if let name = Namespace(text) { names = [name] }
      } else {
        names = [Namespace(namespace.database, text)]
      }
    }
    return names + names.compactMap(\.bucketsOf)
  }

  /// `{_id: …}` of the document that it is about.
  fileprivate var identity: Document? {
    guard let id = documentID else { return nil }
    var writer = DocumentWriter()
    writer.append(raw: id.bytes, type: id.type, "_id")
    return writer.finished()
  }
}

extension Value {
  /// Whether it is the same: numbers by value, documents when they have the fields of `wanted`.
  fileprivate func matches(_ wanted: Value) -> Bool {
    if let integer, let other = wanted.integer { return integer == other }
    if let number, let other = wanted.number { return number == other }
    switch (self, wanted) {
    case (.document(let own), .document(let wanted)):
      return wanted.allSatisfy { field in own[field.name].map { $0.matches(field.value) } ?? false }
    case (.string(let own), .string(let wanted)): return own.utf8.elementsEqual(wanted.utf8)
    default: return self == wanted
    }
  }
}

extension Failure {
  static func invalidMatch(_ what: String, _ field: String?, hint: String? = nil) -> Failure {
    Failure(
      .usage, "invalid-match",
      "the match of before-first: is not understood: \(what)"
        + (field.map { " (at \"\($0)\")" } ?? ""),
      hint: hint
        ?? "Write it as before-first:{op: drop, ns: shop.products} or {op: d, ns: shop.orders, _id: 7}.")
  }
}

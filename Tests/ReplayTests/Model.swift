import BSON
import Backups
import Facts
import Platform
import Testing

/// An oplog's interpreter as simple as can be, to compare the replay with: entries one at a time, documents in
/// memory, collections by the names they have at that moment.
struct Model {
  private(set) var collections: [Namespace: [[UInt8]: Document]] = [:]
  private var transactions: [Document: [Document]] = [:]

  /// Begins with the documents of a base.
  init(base: any LogicalBackup) throws {
    let batches = Monitor<[DocumentBatch]>([])
    let restored = base.collections.indices.filter {
      if case .notRestored = base.collections[$0].treatment { return false }
      return base.collections[$0].facts.kind != .view
    }
    for index in restored { collections[Model.stored(base.collections[index].facts)] = [:] }
    _ = try base.read(Set(restored), options: ReadOptions(memory: 1 << 30)) { batch in
      batches.update { $0.append(batch) }
    }
    for batch in batches.withLock({ $0 }) {
      let name = Model.stored(base.collections[batch.collection].facts)
      for document in try batch.withBytes({ bytes in try Model.documents(Array(bytes)[...]) }) {
        put(document, in: name)
      }
    }
  }

  /// Documents that lie back to back.
  private static func documents(_ all: ArraySlice<UInt8>) throws -> [Document] {
    var documents: [Document] = []
    var at = 0
    while at < all.count {
      let length = all[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      documents.append(try Document(all[at..<at + length]))
      at += length
    }
    return documents
  }

  private static func stored(_ facts: CollectionFacts) -> Namespace {
    facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace
  }

  private mutating func put(_ document: Document, in name: Namespace) {
    guard let id = document["_id"] else { return }
    collections[name, default: [:]][id.canonicalKey] = document
  }
}

// MARK: - Entries

extension Model {
  /// Takes one entry, or one operation of a transaction.
  mutating func apply(_ entry: Document) throws {
    let name = try #require(Namespace(entry["ns"]?.string ?? "none."))
    let object = entry["o"]?.document ?? [:]
    if name.database == "config" || name.collection == "system.views" { return }
    switch entry["op"]?.string {
    case "i": put(object, in: name)
    case "d": collections[name]?[try #require(object["_id"]).canonicalKey] = nil
    case "u":
      let key = try #require(entry["o2"]?.document?["_id"]).canonicalKey
      guard let old = collections[name]?[key] else { return }
      collections[name]?[key] = try updated(old, by: object)
    case "c": try command(object, entry, in: name.database)
    default: #expect(entry["op"]?.string == "n")
    }
  }

  private mutating func command(_ command: Document, _ entry: Document, in database: String) throws {
    let first = try #require(command.first { _ in true })
    let name = Namespace(database, first.value.string ?? "")
    switch first.name {
    case "create":
      if name.collection != "system.views", collections[name] == nil { collections[name] = [:] }
    case "drop": collections[name] = nil
    case "dropDatabase": collections = collections.filter { $0.key.database != database }
    case "renameCollection":
      let from = try #require(Namespace(first.value.string ?? ""))
      let to = try #require(Namespace(command["to"]?.string ?? ""))
      collections[to] = collections.removeValue(forKey: from)
    case "applyOps":
      let operations = (command["applyOps"]?.elements ?? []).compactMap(\.document)
      let transaction = Document(["lsid", "txnNumber"].compactMap { name in entry[name].map { (name, $0) } })
      let all = transactions.removeValue(forKey: transaction).map { $0 + operations } ?? operations
      if command["partialTxn"] == true {
        transactions[transaction] = all
      } else {
        for operation in all { try apply(operation) }
      }
    case "collMod", "createIndexes", "startIndexBuild", "commitIndexBuild", "dropIndexes": break
    default: Issue.record("the model doesn't know \(first.name)")
    }
  }
}

// MARK: - Updates

/// A document's fields, to be changed one after the other.
private struct Fields {
  var list: [(name: String, value: Value)]

  init(_ document: Document) { list = document.map { ($0.name, $0.value) } }
  var document: Document { Document(list.map { ($0.name, $0.value) }) }

  subscript(name: String) -> Value? {
    get { list.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }
    set {
      let at = list.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
      switch (at, newValue) {
      case (let at?, let value?): list[at].value = value
      case (let at?, nil): list.remove(at: at)
      case (nil, let value?): list.append((name, value))
      case (nil, nil): break
      }
    }
  }
}

private func updated(_ old: Document, by update: Document) throws -> Document {
  if update["$v"]?.integer == 2, let diff = update["diff"]?.document { return try updated(old, by: diff, []) }
  guard let first = update.first(where: { _ in true }), first.name.hasPrefix("$") else {
    // A replacement keeps the _id, which stands in it.
    return update
  }
  Issue.record("the model doesn't know \(first.name)")
  return old
}

/// A diff of an object; `path` is for messages.
private func updated(_ old: Document, by diff: Document, _ path: [String]) throws -> Document {
  var fields = Fields(old)
  for part in diff {
    let changes = part.value.document ?? [:]
    switch part.name {
    case "d": for field in changes { fields[field.name] = nil }
    case "u": for field in changes { fields[field.name] = field.value }
    case "i":
      for field in changes {
        fields[field.name] = nil
        fields[field.name] = field.value
      }
    default:
      #expect(part.name.hasPrefix("s"), "\(path)")
      let name = String(part.name.dropFirst())
      fields[name] = try updated(fields[name], by: changes, path + [name])
    }
  }
  return fields.document
}

/// A field that a diff goes into; one of another kind than it was becomes null until a later entry sets it.
private func updated(_ value: Value?, by diff: Document, _ path: [String]) throws -> Value {
  switch (value, diff["a"] == true) {
  case (.document(let inner)?, false): return .document(try updated(inner, by: diff, path))
  case (.array(let inner)?, true):
    var elements = inner.map(\.value)
    if let length = diff["l"]?.integer { elements = Array(elements.prefix(Int(length))) }
    for part in diff where part.name != "a" && part.name != "l" {
      let index = try #require(Int(part.name.dropFirst()), "\(path)")
      while elements.count <= index { elements.append(.null) }
      elements[index] =
        part.name.hasPrefix("u")
        ? part.value : try updated(elements[index], by: part.value.document ?? [:], path + [part.name])
    }
    return .list(elements)
  default: return .null
  }
}

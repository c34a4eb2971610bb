internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record

/// A collection is gone.
enum CollectionRemoved: SandboxFault {
  static let kind = "collection-removed"

  static func remedy(_ planted: Planted) -> String { "count: {min: 1}" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    // Renamed, and not dropped, for it comes back; a time series can't be.
    guard collection.facts.kind == .collection else { return nil }
    let name = collection.namespace
    let aside = Namespace(name.database, "mongodrill_removed")
    func rename(_ from: Namespace, _ to: Namespace) throws {
      try collection.pool.run(["renameCollection": .string(from.description), "to": .string(to.description)])
    }
    try rename(name, aside)
    return Planted(description: "the collection removed", undo: { try rename(aside, name) })
  }
}

/// An index is missing.
enum IndexLeftOut: SandboxFault {
  static let kind = "index-left-out"

  static func remedy(_ planted: Planted) -> String { "indexes" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    guard let index = collection.facts.indexes.first(where: { !$0.isIDIndex }) else { return nil }
    try collection.drop(index)
    return Planted(description: "the index \(index.name) left out", undo: { try collection.build(index) })
  }
}

/// An index has lost an option, or is hidden.
enum IndexChanged: SandboxFault {
  static let kind = "index-changed"

  static func remedy(_ planted: Planted) -> String { "indexes" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    let indexes = collection.facts.indexes.filter { !$0.isIDIndex }
    if let unique = indexes.first(where: { $0.document["unique"]?.isTrue == true }) {
      let plain = IndexSpec(unique.document.removing(["unique"]))
      try collection.drop(unique)
      try collection.build(plain)
      return Planted(description: "the index \(unique.name) no longer unique") {
        try collection.drop(plain)
        try collection.build(unique)
      }
    }
    guard let index = indexes.first else { return nil }
    let isHidden = index.document["hidden"]?.isTrue == true
    func hide(_ hidden: Bool) throws {
      try collection.write([
        "collMod": .string(collection.namespace.collection),
        "index": ["name": .string(index.name), "hidden": .bool(hidden)],
      ])
    }
    try hide(!isHidden)
    return Planted(
      description: "the index \(index.name) \(isHidden ? "no longer hidden" : "hidden")",
      undo: { try hide(isHidden) })
  }
}

/// A collection has lost its validator, or another option.
enum OptionLost: SandboxFault {
  static let kind = "option-lost"

  static func remedy(_ planted: Planted) -> String { "options" }

  static func plant(in collection: DamagedCollection) throws -> Planted? {
    let options = collection.facts.options
    func set(_ name: String, _ value: Value) throws {
      try collection.write(
        Document([("collMod", .string(collection.namespace.collection)), (name, value)]))
    }
    if let validator = options["validator"], validator.document?.isEmpty == false {
      try set("validator", [:])
      return Planted(description: "the validator lost", undo: { try set("validator", validator) })
    }
    if let images = options["changeStreamPreAndPostImages"], images.document?["enabled"]?.isTrue == true {
      try set("changeStreamPreAndPostImages", ["enabled": false])
      return Planted(
        description: "changeStreamPreAndPostImages lost",
        undo: { try set("changeStreamPreAndPostImages", images) })
    }
    return nil
  }
}

extension DamagedCollection {
  fileprivate func drop(_ index: IndexSpec) throws {
    try write(["dropIndexes": .string(namespace.collection), "index": .string(index.name)])
  }

  fileprivate func build(_ index: IndexSpec) throws {
    try write([
      "createIndexes": .string(namespace.collection),
      "indexes": [.document(index.document.removing(["ns", "background"]))],
    ])
  }
}

internal import BSON
internal import Facts
internal import Platform

/// What mongodump writes beside a collection's documents: `{options?, indexes, uuid?, collectionName, type?}` in
/// canonical Extended JSON.
struct CollectionMetadata: Sendable {
  /// The collection's name; nil in files from before mongodump 100.
  var collectionName: String?
  var kind: CollectionFacts.Kind
  var options: Document
  var indexes: [IndexSpec]
  var uuid: UUIDBytes?
  /// Keys that are not known: something newer, or a slip.
  var unknownKeys: [String]

  /// Reads it; `type` is what an archive's prelude says beside it. Fails with `damagedBackup`.
  init(json: [UInt8], type outerType: String? = nil, at place: Place) throws(Failure) {
    guard json.contains(where: { !Self.blanks.contains($0) }) else { throw .emptyMetadata(place) }
    guard let text = String(validating: json, as: UTF8.self) else {
      throw .metadataNotJSON(place, cause: "not UTF-8")
    }
    let document: Document
    do { document = try Document(extendedJSON: text) } catch {
      throw .metadataNotJSON(place, cause: "\(error.reason), at byte \(error.offset) of it")
    }
    try self.init(document, type: outerType, at: place)
  }

  private static let blanks = Set(" \t\r\n".utf8)
  private static let keys = ["options", "indexes", "uuid", "collectionName", "type"]

  private init(_ document: Document, type outerType: String?, at place: Place) throws(Failure) {
    var found: [String: Value] = [:]
    for element in document {
      guard found.updateValue(element.value, forKey: element.name) == nil else {
        throw .badMetadata(place, "the key \"\(element.name)\" occurs twice")
      }
    }
    unknownKeys = document.names.filter { !Self.keys.contains($0) }
    for key in unknownKeys {
      // A slip in "indexes" would lose them.
      if let meant = Suggestion.nearest(to: key, among: Self.keys), found[meant] == nil {
        throw .badMetadata(place, "the key \"\(key)\" is none, \"\(meant)\" may be meant")
      }
    }
    switch found["options"] {
    case nil, .null: options = [:]
    case .document(let value): options = value
    default: throw .badMetadata(place, "\"options\" is not an object")
    }
    switch found["collectionName"] {
    case nil: collectionName = nil
    case .string(let name) where !name.isEmpty: collectionName = name
    default: throw .badMetadata(place, "\"collectionName\" is not a name")
    }
    switch found["uuid"] {
    case nil, .string(""): uuid = nil
    case .string(let text):
      guard let value = UUIDBytes(text) else { throw .badMetadata(place, "\"uuid\" is not a UUID") }
      uuid = value
    default: throw .badMetadata(place, "\"uuid\" is not a UUID")
    }
    kind = try Self.kind(found["type"], outerType, options, at: place)
    indexes = try Self.indexes(found["indexes"], at: place)
  }

  /// Archives say the type beside the metadata as well, old files nowhere: then the options tell.
  private static func kind(
    _ value: Value?, _ outerType: String?, _ options: Document, at place: Place
  ) throws(Failure) -> CollectionFacts.Kind {
    var text = outerType ?? ""
    if let value {
      guard let inner = value.string else { throw .badMetadata(place, "\"type\" is not a string") }
      if !inner.isEmpty { text = inner }
    }
    if text.isEmpty {
      return options["viewOn"] != nil ? .view : options["timeseries"] != nil ? .timeseries : .collection
    }
    guard let kind = CollectionFacts.Kind(rawValue: text) else {
      throw .badMetadata(place, "\"\(text)\" is no type of collection that is known")
    }
    return kind
  }

  private static func indexes(_ value: Value?, at place: Place) throws(Failure) -> [IndexSpec] {
    let specifications: [Value]
    switch value {
    case .null: specifications = []
    case .array(let array): specifications = array.map(\.value)
    case nil: throw .badMetadata(place, "\"indexes\" is missing")
    default: throw .badMetadata(place, "\"indexes\" is not an array")
    }
    var indexes: [IndexSpec] = []
    var names: Set<[UInt8]> = []
    for (number, specification) in specifications.enumerated() {
      guard let document = specification.document else {
        throw .badMetadata(place, "index \(number) is not an object")
      }
      guard let name = document["name"]?.string, !name.isEmpty else { throw .indexWithoutName(place, number) }
      guard let key = document["key"]?.document, !key.isEmpty else {
        throw .badMetadata(place, "index \"\(name)\" has no key")
      }
      guard names.insert(Array(name.utf8)).inserted else { throw .indexTwice(place, name) }
      indexes.append(IndexSpec(document))
    }
    return indexes
  }

  /// The facts of the collection under the name that it has.
  func facts(_ namespace: Namespace) -> CollectionFacts {
    CollectionFacts(namespace, kind: kind, options: options, uuid: uuid, indexes: indexes)
  }
}

extension Failure {
  static func emptyMetadata(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "metadata-empty", "the metadata file is empty: options and indexes are lost", at: place,
      hint: "Take this file from another copy of the backup, or dump again.")
  }

  static func metadataNotJSON(_ place: Place, cause: String) -> Failure {
    Failure(.damagedBackup, "metadata-not-json", "the metadata is not Extended JSON", at: place, cause: cause)
  }

  static func badMetadata(_ place: Place, _ what: String) -> Failure {
    Failure(.damagedBackup, "metadata-malformed", "the metadata is malformed: \(what)", at: place)
  }

  static func indexWithoutName(_ place: Place, _ number: Int) -> Failure {
    Failure(
      .damagedBackup, "index-without-name", "the metadata is malformed: index \(number) has no name",
      at: place)
  }

  static func indexTwice(_ place: Place, _ name: String) -> Failure {
    Failure(
      .damagedBackup, "index-twice", "the metadata is malformed: two indexes are named \"\(name)\"", at: place
    )
  }
}

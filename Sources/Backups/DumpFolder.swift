internal import BSON
internal import Compression
internal import Facts
internal import Platform

/// The files of one database as mongodump lays them down, paired up.
struct DumpFolder {
  /// A file that belongs to a collection, by its name's extension. Upper case counts too: a file system may have
  /// changed it, and passing the file over would lose its documents.
  struct Part: Sendable {
    enum Kind: Sendable { case documents, metadata }
    var kind: Kind
    /// The name without its extension.
    var stem: [UInt8]
    var entry: Folder.Entry
    /// Whether the name says that it is compressed; the content decides.
    var isNamedCompressed: Bool

    /// Nil when the name is not that of a collection's file.
    init?(_ entry: Folder.Entry) {
      guard entry.kind != .folder else { return nil }
      var name = Substring(entry.name)
      func removeSuffix(_ suffix: String) -> Bool {
        guard name.lowercased().hasSuffix(suffix), name.utf8.count > suffix.utf8.count else { return false }
        name = Substring(name.utf8.dropLast(suffix.utf8.count))
        return true
      }
      isNamedCompressed = [".gz", ".zst", ".lz4"].contains(where: removeSuffix)
      if !isNamedCompressed { _ = [".snappy", ".s2"].contains(where: removeSuffix) }
      if removeSuffix(".metadata.json") {
        kind = .metadata
      } else if removeSuffix(".bson") {
        kind = .documents
      } else {
        return nil
      }
      stem = Array(name.utf8)
      self.entry = entry
    }
  }

  let database: String
  private(set) var collections: [BackedUpCollection] = []
  private(set) var notes: [String] = []
  private(set) var damage: [Failure] = []
  private(set) var isCompressed = false

  /// The parts that no collection has claimed yet.
  private var documents: [[UInt8]: Part] = [:]
  private var metadata: [[UInt8]: Part] = [:]
  /// The collections that were added.
  private var names: Set<Namespace> = []
  /// The stems of files of documents by the collection's name that they spell; made when a file isn't named as expected.
  private var spellings: [[UInt8]: [[UInt8]]]?

  /// Pairs up the files of a database's folder. Throws on interruption alone.
  init(database: String, path: String, parts: [Part]) throws(Failure) {
    self.database = database
    if let reason = Namespace(database, "x").illegality {
      damage.append(.illegalNamespace(Place(path), reason))
      return
    }
    for part in parts { sort(part) }
    for part in metadata.values.sorted(by: { $0.entry.name < $1.entry.name }) {
      try Interruption.check()
      do throws(Failure) { try pair(part) } catch { damage.append(error) }
    }
    for part in documents.values.sorted(by: { $0.entry.name < $1.entry.name }) {
      do throws(Failure) { try addUnpaired(part) } catch { damage.append(error) }
    }
  }

  private mutating func sort(_ part: Part) {
    guard part.entry.kind == .file else {
      damage.append(.notAFile(part.entry.path))
      return
    }
    let other: Part?
    switch part.kind {
    case .documents: other = documents.updateValue(part, forKey: part.stem)
    case .metadata: other = metadata.updateValue(part, forKey: part.stem)
    }
    if let other { damage.append(.twoFiles(part.entry.path, other.entry.name)) }
    if part.kind == .documents, part.isNamedCompressed, part.entry.size == 0 {
      damage.append(.emptyGzip(part.entry.path))
    }
  }

  /// Reads a metadata file and finds the documents that belong to it.
  private mutating func pair(_ part: Part) throws(Failure) {
    let place = Place(part.entry.path)
    let json: [UInt8]
    let metadata: CollectionMetadata
    let name: String
    do throws(Failure) {
      let reader = try openDecompressed(part.entry.path)
      if reader.compression != nil { isCompressed = true }
      json = try reader.readAll(limit: 64 << 20)
      metadata = try CollectionMetadata(json: json, at: place)
      name = try metadata.collectionName(ofFile: part.stem, at: place)
    } catch {
      // Its documents are no second fault; they are checked all the same.
      if let file = documents.removeValue(forKey: part.stem) { addBare(file) }
      throw error
    }
    if !metadata.unknownKeys.isEmpty {
      notes.append("\(place): unknown keys: \(metadata.unknownKeys.joined(separator: ", "))")
    }
    let namespace = Namespace(database, name)
    let facts = metadata.facts(namespace)
    let file = takeDocuments(of: namespace, kind: metadata.kind)
    if let reason = namespace.illegality { throw .illegalNamespace(place, reason) }
    if names.contains(namespace) { throw .twoCollections(place, namespace) }
    if metadata.kind == .view {
      if let file { throw .viewWithDocuments(file.entry.path, namespace) }
      add(BackedUpCollection(facts: facts, place: nil, fileBytes: 0, treatment: Treatment(namespace)))
      return
    }
    guard let file else { throw .documentsMissing(place, namespace) }
    add(
      BackedUpCollection(
        facts: facts, place: Place(file.entry.path), fileBytes: file.entry.size,
        treatment: Treatment(namespace)))
  }

  /// The file of a collection's documents, which is claimed by that. For a time series it is named for its
  /// buckets, or plainly (servers from 8.3).
  private mutating func takeDocuments(of namespace: Namespace, kind: CollectionFacts.Kind) -> Part? {
    var names = [namespace.collection]
    if kind == .timeseries { names.insert(namespace.buckets.collection, at: 0) }
    for name in names {
      // As mongodump names it, or in another spelling of the same name.
      if let part = documents.removeValue(forKey: CollectionFileName.stem(of: name)) { return part }
      if let part = takeSpelled(Array(name.utf8)) { return part }
    }
    return nil
  }

  private mutating func takeSpelled(_ name: [UInt8]) -> Part? {
    var known =
      spellings
      ?? Dictionary(grouping: documents.keys.filter { !CollectionFileName.isCut($0) }) {
        CollectionFileName.collection(of: $0)
      }
    // Not copied while it is changed.
    spellings = nil
    defer { spellings = known }
    while let stem = known[name]?.popLast() {
      if let part = documents.removeValue(forKey: stem) { return part }
    }
    return nil
  }

  private mutating func add(_ collection: BackedUpCollection) {
    names.insert(collection.facts.namespace)
    collections.append(collection)
  }

  /// A file of documents without metadata: those of `--dumpDbUsersAndRoles` have none, others must.
  private mutating func addUnpaired(_ part: Part) throws(Failure) {
    let namespace = addBare(part)
    if namespace.collection.hasPrefix("$admin.") { return }
    throw .metadataMissing(part.entry.path, isBuckets: namespace.bucketsOf != nil)
  }

  /// Adds a collection of which only the documents are known, and the name as far as the file's tells it.
  @discardableResult private mutating func addBare(_ part: Part) -> Namespace {
    let name = String(decoding: CollectionFileName.collection(of: part.stem), as: UTF8.self)
    let namespace = Namespace(database, name)
    add(
      BackedUpCollection(
        facts: CollectionFacts(namespace), place: Place(part.entry.path), fileBytes: part.entry.size,
        treatment: Treatment(namespace)))
    return namespace
  }
}

extension CollectionMetadata {
  /// The collection's name, which the metadata and its file's name have to agree on.
  func collectionName(ofFile stem: [UInt8], at place: Place) throws(Failure) -> String {
    guard let collectionName else {
      if CollectionFileName.isCut(stem) { throw .nameUnknown(place) }
      guard let name = String(validating: CollectionFileName.collection(of: stem), as: UTF8.self) else {
        throw .nameUnknown(place)
      }
      return name
    }
    guard
      CollectionFileName.stem(of: collectionName) == stem
        || CollectionFileName.collection(of: stem) == Array(collectionName.utf8)
    else { throw .metadataOfAnother(place, collectionName) }
    return collectionName
  }
}

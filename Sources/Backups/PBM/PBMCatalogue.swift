internal import BSON
internal import Compression
internal import Facts
internal import Platform

/// The collections of a snapshot's replica set, out of `metadata.json`, by which PBM restores, and of `meta.pbm`,
/// out of which PBM makes it and which knows more: UUIDs of buckets.
///
/// Source: PBM 2.15, `pbm/archive/backup.go` and `conv.go`.
struct PBMCatalogue {
  /// A collection and what its file has to hold.
  struct Entry {
    var facts: CollectionFacts
    var content: DocumentFile.Content
  }

  private(set) var entries: [Entry] = []
  private(set) var serverVersion: String?
  private(set) var toolVersion: String?
  private(set) var notes: [String] = []
  private(set) var damage: [Failure] = []

  /// Reads both files of a replica set's folder, which have to lie in the store.
  init(_ folder: String, in store: PBMStore) throws(Failure) {
    let metadata = Files.join(folder, "metadata.json")
    try store.checkLinks(metadata)
    try readMetadata(metadata)
    let specifications = Files.join(folder, "meta.pbm")
    do throws(Failure) {
      try store.checkLinks(specifications)
      // PBM before 2.4 didn't write it.
      if Files.exists(specifications) { try readSpecifications(specifications) }
    } catch { damage.append(error) }
  }

  private mutating func readMetadata(_ path: String) throws(Failure) {
    let place = Place(path)
    guard Files.exists(path) else { throw .snapshotFileMissing(path) }
    let json = try openDecompressed(path).readAll(limit: 256 << 20)
    let document: Document
    do throws(MalformedBSON) {
      document = try Document(extendedJSON: String(decoding: json, as: UTF8.self))
    } catch {
      throw .metadataNotJSON(place, cause: "\(error.reason), at byte \(error.offset) of it")
    }
    serverVersion = document["server_version"]?.string
    toolVersion = document["tool_version"]?.string
    guard let namespaces = document["namespaces"]?.elements else {
      throw .badMetadata(place, "\"namespaces\" is missing")
    }
    var names: Set<Namespace> = []
    for value in namespaces {
      do throws(Failure) {
        let entry = try self.entry(value.document ?? [:], at: place)
        guard names.insert(entry.facts.namespace).inserted else {
          throw .twoCollections(place, entry.facts.namespace)
        }
        entries.append(entry)
      } catch { damage.append(error) }
    }
  }

  private mutating func entry(_ document: Document, at place: Place) throws(Failure) -> Entry {
    guard let database = document["db"]?.string, let collection = document["collection"]?.string,
      let metadata = document["metadata"]?.string
    else { throw .badMetadata(place, "a namespace without a name or its metadata") }
    let namespace = Namespace(database, collection)
    if let reason = namespace.illegality { throw .illegalNamespace(place, reason) }
    guard let size = document["size"]?.integer, size >= 0, let checksum = document["crc"]?.integer else {
      throw .badMetadata(place, "\(namespace) has no size or no checksum")
    }
    let read = try CollectionMetadata(
      json: Array(metadata.utf8), type: document["type"]?.string, at: place)
    if let name = read.collectionName, !name.utf8.elementsEqual(collection.utf8) {
      throw .metadataOfAnother(place, name)
    }
    if !read.unknownKeys.isEmpty {
      notes.append("\(namespace): unknown keys: \(read.unknownKeys.joined(separator: ", "))")
    }
    return Entry(
      facts: read.facts(namespace).markingClusteredIndex(),
      content: .init(bytes: Int(size), checksum: UInt64(bitPattern: checksum), of: namespace))
  }

  /// Takes the UUIDs of buckets from `meta.pbm`, and sees whether it says the same as the other file.
  private mutating func readSpecifications(_ path: String) throws(Failure) {
    let place = Place(path)
    let bytes = try openDecompressed(path).readAll(limit: 256 << 20)
    let document: Document
    do throws(MalformedBSON) { document = try Document(bytes[...], limit: .max) } catch {
      throw .malformed(path, document: 0, error)
    }
    var specifications: [Namespace: Document] = [:]
    for value in document["specifications"]?.elements ?? [] {
      guard let document = value.document, let database = document["db"]?.string,
        let name = document["name"]?.string
      else { throw .badMetadata(place, "a namespace without a name") }
      specifications[Namespace(database, name)] = document
    }
    for index in entries.indices {
      let facts = entries[index].facts
      var specification = specifications.removeValue(forKey: facts.namespace)
      if facts.kind == .timeseries, let buckets = specifications.removeValue(forKey: facts.namespace.buckets)
      {
        entries[index].facts.uuid = buckets["uuid"]?.string.flatMap { UUIDBytes($0) }
        specification = buckets
      }
      let content = entries[index].content
      guard let specification, specification["size"]?.integer == Int64(content.bytes),
        specification["crc"]?.integer.map({ UInt64(bitPattern: $0) }) == content.checksum
      else { throw .metadataDisagree(place, facts.namespace) }
    }
    // PBM leaves these out, and nothing else.
    if let left = specifications.keys.sorted().first(where: { !$0.collection.hasPrefix("system.") }) {
      throw .metadataDisagree(place, left)
    }
  }
}

extension CollectionFacts {
  /// The same with the mark `clustered` on the index that a clustered collection is itself: PBM doesn't keep it.
  fileprivate func markingClusteredIndex() -> CollectionFacts {
    guard let key = options["clusteredIndex"]?.document?["key"]?.document else { return self }
    var facts = self
    facts.indexes = indexes.map { index in
      guard index.document["clustered"] == nil, index.document["key"]?.document == key else { return index }
      return IndexSpec(Document(index.document.map { ($0.name, $0.value) } + [("clustered", true)]))
    }
    return facts
  }
}

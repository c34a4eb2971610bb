internal import BSON
internal import Facts
package import Platform

extension WitnessRecord {
  /// The most bytes that a file may have: that of 4 million ranges.
  package static let largest = 1 << 30

  /// Reads a file that `write` made. Failures: `no-witness` and `newer-witness` (of kind `invalidScenario`),
  /// `damaged-witness` (of kind `damagedBackup`), `not-readable`.
  package static func read(_ path: String) throws(Failure) -> WitnessRecord {
    guard Files.exists(path) else { throw .noWitness(path) }
    let bytes = try Files.read(path, limit: largest)
    let json: JSON
    do throws(MalformedJSON) { json = try JSON.parse(bytes) } catch {
      throw .damagedWitness(path, offset: error.offset, error.message)
    }
    guard case .object(let members) = json else {
      throw .damagedWitness(path, offset: 0, "there is no object")
    }
    let reader = MemberReader(json: json, file: path, name: "")
    let version = try reader.integer("schema_version")
    guard version <= schemaVersion else { throw .newerWitness(path, version) }
    let recorded = try reader.string("sha256")
    guard sha256(of: members.filter { $0.key != "sha256" }) == recorded else {
      throw .damagedWitness(path, offset: nil, "its content doesn't match its SHA-256")
    }
    return try WitnessRecord(reader, folder: Files.folder(of: path))
  }

  private init(_ reader: MemberReader, folder: String) throws(Failure) {
    let (source, selection) = (try reader.object("source"), try reader.object("selection"))
    let hosts = try source.strings("hosts")
    let choice = Selection(
      include: try selection.strings("include"), exclude: try selection.strings("exclude"),
      sharePerMillion: try selection.integer("share_per_million"),
      seed: try selection.parsed("seed") { UInt64($0) })
    var batches: [Batch] = []
    for batch in try reader.objects("batches") {
      batches.append(Batch(try batch.parsed("timestamp") { Timestamp($0) }))
    }
    var collections: [WitnessedCollection] = []
    for collection in try reader.objects("collections") {
      collections.append(try WitnessedCollection(collection, batches: batches.count))
    }
    self.init(
      tool: try reader.string("tool"), startedAt: try reader.parsed("started_at") { WallTime(rfc3339: $0) },
      endedAt: try reader.parsed("ended_at") { WallTime(rfc3339: $0) },
      source: Source(hosts: hosts, set: try source.string("set"), version: try source.string("version")),
      selection: choice, batches: batches, collections: collections,
      documentsFile: reader["documents_file"] == nil
        ? nil : Files.join(folder, try reader.string("documents_file")))
    for query in try reader.objects("queries") {
      queries.append(
        Query(
          namespace: try query.parsed("namespace") { Namespace($0) }, name: try query.string("name"),
          seconds: try query.double("seconds"), examined: try query.integer("examined")))
    }
  }
}

extension WitnessedCollection {
  fileprivate init(_ reader: MemberReader, batches: Int) throws(Failure) {
    var facts = CollectionFacts(
      try reader.parsed("namespace") { Namespace($0) },
      kind: try reader.parsed("kind") { CollectionFacts.Kind(rawValue: $0) },
      options: try reader.parsed("options") { try? Document(extendedJSON: $0) },
      uuid: reader["uuid"] == nil ? nil : try reader.parsed("uuid") { UUIDBytes($0) })
    for index in try reader.strings("indexes") {
      guard let document = try? Document(extendedJSON: index) else { throw reader.wrong("indexes") }
      facts.indexes.append(IndexSpec(document))
    }
    var sizes: Sizes?
    if reader["sizes"] != nil {
      let object = try reader.object("sizes")
      sizes = Sizes(
        documents: try object.integer("documents"), data: try object.integer("data"),
        storage: try object.integer("storage"), indexes: try object.integer("indexes"))
    }
    var ranges: [WitnessedRange] = []
    for range in try reader.objects("ranges") { ranges.append(try WitnessedRange(range, batches: batches)) }
    self.init(
      facts, sizes: sizes, way: try reader.parsed("way") { Way(rawValue: $0) },
      content: try reader.parsed("content") { Content(rawValue: $0) },
      reason: reader["reason"] == nil ? nil : try reader.string("reason"),
      changed: reader["changed"] == nil ? [] : try reader.strings("changed"),
      cuts: try reader.integer("cuts"),
      ranges: ranges)
  }
}

extension WitnessedRange {
  fileprivate init(_ reader: MemberReader, batches: Int) throws(Failure) {
    func bound(_ name: String) throws(Failure) -> Value? {
      guard reader[name] != nil else { return nil }
      return try reader.parsed(name) { text in
        (try? Document(extendedJSON: "{\"v\":\(text)}"))?["v"]
      }
    }
    var detail: DetailPlace?
    if reader["detail"] != nil {
      let object = try reader.object("detail")
      detail = DetailPlace(
        level: try object.parsed("level") { DetailLevel(rawValue: $0) }, offset: try object.integer("offset"),
        length: try object.integer("length"), sha256: try object.string("sha256"))
    }
    let batch = try reader.integer("batch")
    guard 0..<batches ~= batch else { throw reader.wrong("batch") }
    self.init(
      batch: batch, range: IDRange(from: try bound("min"), to: try bound("max")),
      digest: ContentDigest(
        documents: try reader.integer("documents"), bytes: try reader.integer("bytes"),
        sum: try reader.parsed("sum") { SHA256Sum($0) }),
      detail: detail)
  }
}

/// Takes the members of an object of the file, and says where one isn't as it should be.
private struct MemberReader {
  let json: JSON
  let file: String
  /// Where the object stands, such as `collections[3].`; empty for the outermost.
  let name: String

  subscript(key: String) -> JSON? { json[key] }

  func wrong(_ key: String) -> Failure {
    .damagedWitness(
      file, offset: nil,
      json[key] == nil ? "\(name)\(key) is missing" : "\(name)\(key) is not as it should be")
  }

  func string(_ key: String) throws(Failure) -> String {
    guard case .some(.string(let text)) = json[key] else { throw wrong(key) }
    return text
  }

  func integer(_ key: String) throws(Failure) -> Int {
    guard case .some(.integer(let number)) = json[key], number >= 0 else { throw wrong(key) }
    return Int(number)
  }

  func double(_ key: String) throws(Failure) -> Double {
    switch json[key] {
    case .some(.double(let number)): return number
    case .some(.integer(let number)): return Double(number)
    default: throw wrong(key)
    }
  }

  func parsed<Value>(_ key: String, _ parse: (String) -> Value?) throws(Failure) -> Value {
    guard let value = parse(try string(key)) else { throw wrong(key) }
    return value
  }

  func strings(_ key: String) throws(Failure) -> [String] {
    guard case .some(.array(let values)) = json[key] else { throw wrong(key) }
    var texts: [String] = []
    for value in values {
      guard case .string(let text) = value else { throw wrong(key) }
      texts.append(text)
    }
    return texts
  }

  func object(_ key: String) throws(Failure) -> MemberReader {
    guard let value = json[key], case .object = value else { throw wrong(key) }
    return MemberReader(json: value, file: file, name: "\(name)\(key).")
  }

  func objects(_ key: String) throws(Failure) -> [MemberReader] {
    guard case .some(.array(let values)) = json[key] else { throw wrong(key) }
    var readers: [MemberReader] = []
    for (index, value) in values.enumerated() {
      guard case .object = value else { throw wrong(key) }
      readers.append(MemberReader(json: value, file: file, name: "\(name)\(key)[\(index)]."))
    }
    return readers
  }
}

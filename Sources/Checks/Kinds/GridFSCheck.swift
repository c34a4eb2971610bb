internal import BSON
package import Configuration
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Witness

/// `gridfs`: whether each file of a bucket has all of its chunks.
package struct GridFSCheck: Check {
  private static let bucket = Key("bucket", .string, default: "fs", "The bucket's name.")

  package static let declaration = CheckDeclaration(
    "gridfs",
    "Reads every chunk of a GridFS bucket: each file has all of its chunks, of the right sizes, and no chunk is "
      + "without its file.", scope: .database, figure: "incomplete files", keys: [bucket],
    example: "gridfs: {bucket: fs}")

  private let bucket: String

  package init(_ fields: Fields, _ common: CommonKeys) {
    bucket = fields[Self.bucket]
    if bucket.isEmpty { fields.reject(Self.bucket, "a bucket has a name") }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let databases = try databases(context)
    guard !databases.isEmpty else {
      var finding = Finding(
        figure: 1, least: .fail, message: "there is no bucket `\(bucket)` in \(context.subject)",
        measured: .null)
      finding.expected = "\(bucket).files and \(bucket).chunks"
      finding.observed = "neither"
      return finding
    }
    var inspection = BucketInspection(samples: context.common.samples, isWhole: databases.count > 1)
    var empty: [String] = []
    for database in databases {
      let before = inspection.files
      try inspect(database, &inspection, context)
      if inspection.files == before { empty.append(database) }
    }
    return finding(inspection, empty: empty)
  }

  /// Those that have the bucket: on the server or, so that one that is missing is noticed, in the backup.
  private func databases(_ context: CheckContext) throws -> [String] {
    if case .database(let name) = context.subject {
      let there = try Catalogue(listedOn: context.server.pool, databases: [name])
      return there.sorted.contains(where: isPart) ? [name] : []
    }
    var all = try Catalogue(listedOn: context.server.pool).sorted
    all += context.server.expected?.sorted ?? []
    return Set(all.filter(isPart).map(\.namespace.database)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  private func isPart(_ facts: CollectionFacts) -> Bool {
    ["files", "chunks"].contains { facts.namespace.collection.utf8.elementsEqual("\(bucket).\($0)".utf8) }
  }

  /// Files and chunks in one stream, by the file's `_id`: first the file, then its chunks. The server sorts short
  /// documents, on disk where they are many; chunks themselves never travel.
  private func inspect(_ database: String, _ inspection: inout BucketInspection, _ context: CheckContext)
    throws
  {
    let size: Value = [
      "$cond": [
        ["$in": [["$type": "$data"], ["binData", "string"]]], ["$binarySize": "$data"], -1,
      ]
    ]
    let chunks: Value = [
      "$unionWith": [
        "coll": .string("\(bucket).chunks"),
        "pipeline": [
          ["$project": ["_id": 0, "file": "$files_id", "part": .literal(1), "n": "$n", "size": size]]
        ],
      ]
    ]
    let command: Document = [
      "aggregate": .string("\(bucket).files"),
      "pipeline": [
        [
          "$project": [
            "_id": 0, "file": "$_id", "part": .literal(0), "length": "$length", "chunkSize": "$chunkSize",
          ]
        ],
        chunks, ["$sort": ["file": 1, "part": 1, "n": 1]],
      ],
      "allowDiskUse": true, "cursor": [:], "collation": ["locale": "simple"],
    ]
    var seen = inspection
    seen.begin(database, bucket)
    try context.forEach(command, on: database) { document in
      seen.see(document)
      return true
    }
    seen.endFile()
    inspection = seen
  }

  /// `empty`: databases whose bucket holds no file; those of another prove nothing of it.
  private func finding(_ seen: BucketInspection, empty: [String]) -> Finding {
    let bad = seen.incomplete + seen.orphans
    let all = "\(Count.text(seen.files, "file")) in \(Count.text(seen.chunks, "chunk"))"
    var parts: [String] = []
    if seen.incomplete > 0 {
      parts.append("\(Count.text(seen.incomplete)) of \(Count.text(seen.files, "file")) incomplete")
      for (fault, count) in seen.faults { parts.append("\(Count.text(count)) \(fault.rawValue)") }
    }
    if seen.orphans > 0 {
      parts.append(
        "chunks of \(Count.text(seen.orphans, "file")) that \(seen.orphans == 1 ? "isn't" : "aren't") there")
    }
    var finding = Finding(
      figure: bad, of: seen.files, examined: bad == 0 ? (empty.isEmpty ? seen.files : 0) : nil,
      message: (parts.isEmpty ? "\(all), each complete" : parts.joined(separator: ", "))
        + (empty.isEmpty || seen.files == 0 ? "" : "; no file in \(empty.joined(separator: ", "))"),
      measured: .object(
        [
          .init("files", .integer(Int64(seen.files))), .init("chunks", .integer(Int64(seen.chunks))),
          .init("bytes", .integer(seen.bytes)), .init("incomplete", .integer(Int64(seen.incomplete))),
          .init("without_file", .integer(Int64(seen.orphans))),
        ] + seen.faults.map { .init($0.fault.key, .integer(Int64($0.count))) }))
    guard bad > 0 else { return finding }
    finding.expected = "each file with all of its chunks"
    finding.observed = parts.joined(separator: ", ")
    finding.samples = seen.samples
    finding.query = seen.query
    return finding
  }
}

/// What was seen of a bucket's files and chunks, which come ordered by file.
private struct BucketInspection {
  /// What can be wrong with a file.
  enum Fault: String, CaseIterable {
    case malformed = "without a length or a chunk size"
    case lacking = "lacking chunks"
    case extra = "with chunks too many"
    case wrongSize = "with a chunk of another size"

    var key: String {
      switch self {
      case .malformed: "malformed"
      case .lacking: "lacking_chunks"
      case .extra: "extra_chunks"
      case .wrongSize: "wrong_sizes"
      }
    }
  }

  private let limit: Int
  private let isWhole: Bool
  private(set) var files = 0
  private(set) var chunks = 0
  private(set) var bytes: Int64 = 0
  private(set) var incomplete = 0
  /// `files_id`s of chunks that have no file.
  private(set) var orphans = 0
  private(set) var samples: [String] = []
  /// Shows the chunks of the first file that something is wrong with.
  private(set) var query: String?
  private var counts: [Fault: Int] = [:]
  private var place = Namespace("", "")
  private var file: File?

  /// The file, or the chunks without one, that is being looked at.
  private struct File {
    let id: Value
    let key: [UInt8]
    let isThere: Bool
    /// nil when it is malformed.
    let size: (length: Int64, chunk: Int64)?
    var faults: Set<Fault> = []
    var next: Int64 = 0
    var sum: Int64 = 0

    /// How many chunks it has to have.
    var wanted: Int64 {
      guard let size else { return 0 }
      return size.length / size.chunk + (size.length % size.chunk == 0 ? 0 : 1)
    }
  }

  init(samples: Int, isWhole: Bool) {
    limit = samples
    self.isWhole = isWhole
  }

  /// Faults and how many files have them.
  var faults: [(fault: Fault, count: Int)] {
    Fault.allCases.compactMap { fault in counts[fault].map { (fault, $0) } }
  }

  /// Goes on with the bucket of another database.
  mutating func begin(_ database: String, _ bucket: String) {
    place = Namespace(database, "\(bucket).chunks")
  }

  mutating func see(_ document: Document) {
    let id = document["file"] ?? .null
    let key = id.canonicalKey
    let isFile = document["part"]?.integer == 0
    if isFile || file?.key != key {
      endFile()
      file = File(id: id, key: key, isThere: isFile, size: isFile ? size(document) : nil)
    }
    if isFile { files += 1 } else { seeChunk(document) }
  }

  private func size(_ document: Document) -> (Int64, Int64)? {
    guard let length = document["length"]?.integer, length >= 0, let chunk = document["chunkSize"]?.integer,
      chunk > 0
    else { return nil }
    return (length, chunk)
  }

  private mutating func seeChunk(_ document: Document) {
    chunks += 1
    let size = document["size"]?.integer ?? -1
    bytes += max(0, size)
    guard var current = file else { return }
    defer { file = current }
    guard let wanted = current.size else { return }
    // One empty chunk of an empty file is what some drivers write.
    let last = max(1, current.wanted) - 1
    guard let n = document["n"]?.integer, n <= last, n >= current.next else {
      current.faults.insert(.extra)
      return
    }
    if n > current.next { current.faults.insert(.lacking) }
    current.next = n + 1
    current.sum += max(0, size)
    if size != (n == last ? wanted.length - last * wanted.chunk : wanted.chunk) {
      current.faults.insert(.wrongSize)
    }
  }

  /// After the last document of a bucket.
  mutating func endFile() {
    guard var current = file.take() else { return }
    if !current.isThere {
      orphans += 1
    } else {
      if current.size == nil { current.faults.insert(.malformed) }
      if current.next < current.wanted { current.faults.insert(.lacking) }
      if current.faults.isEmpty { return }
      incomplete += 1
      for fault in current.faults { counts[fault, default: 0] += 1 }
    }
    if samples.count < limit {
      samples.append(isWhole ? "\(place.database): \(current.id.extendedJSON())" : current.id.extendedJSON())
    }
    if query == nil {
      let filter: Document = ["files_id": current.id]
      query = "\(place.shellText).find(\(filter.shellText), {n: 1}).sort({n: 1})"
    }
  }
}

extension Value {
  /// A number in a projection, where a plain one would mean to take a field along.
  fileprivate static func literal(_ number: Int32) -> Value { ["$literal": .int32(number)] }
}

package import BSON
package import Facts
package import Platform

/// What was recorded of a source: what a restored copy of it has to hold.
///
/// The catalogue holds for all of the time in which the source was read; the content of each range of documents for
/// the moment of its batch. A copy that stands at that moment can be compared with it (`compare`).
package struct WitnessRecord: Sendable, Hashable {
  /// The version of the file's format that this one reads and writes.
  package static let schemaVersion = 1

  /// What was read.
  package struct Source: Sendable, Hashable {
    /// The members of the set, as it names them: no credentials.
    package var hosts: [String]
    /// The name of the replica set.
    package var set: String
    /// The server's version.
    package var version: String
    package init(hosts: [String], set: String, version: String) {
      self.hosts = hosts
      self.set = set
      self.version = version
    }
  }

  /// What of it was asked for.
  package struct Selection: Sendable, Hashable {
    /// Patterns of namespaces; none for all.
    package var include: [String]
    package var exclude: [String]
    /// The share of the ranges that was read, in parts of a million.
    package var sharePerMillion: Int
    /// What the choice of these ranges follows from.
    package var seed: UInt64
    package init(include: [String], exclude: [String], sharePerMillion: Int, seed: UInt64) {
      self.include = include
      self.exclude = exclude
      self.sharePerMillion = sharePerMillion
      self.seed = seed
    }
  }

  /// Ranges that were read at one moment.
  package struct Batch: Sendable, Hashable {
    /// The cluster time: the copy has to hold the operations through this one.
    package var timestamp: Timestamp
    package init(_ timestamp: Timestamp) { self.timestamp = timestamp }
  }

  /// A query that was run on the source.
  package struct Query: Sendable, Hashable {
    package var namespace: Namespace
    /// What a person calls it: the name of the check that runs it.
    package var name: String
    /// How long it took.
    package var seconds: Double
    /// How many documents the server looked at for it.
    package var examined: Int
    package init(namespace: Namespace, name: String, seconds: Double, examined: Int) {
      self.namespace = namespace
      self.name = name
      self.seconds = seconds
      self.examined = examined
    }
  }

  package var tool: String
  package var startedAt: WallTime
  package var endedAt: WallTime
  package var source: Source
  package var selection: Selection
  /// In the order of time.
  package var batches: [Batch]
  /// Ordered by namespace.
  package var collections: [WitnessedCollection]
  /// The file of what is known of single documents; nil when nothing is.
  package var documentsFile: String?
  /// Queries that were timed on the source.
  package var queries: [Query] = []

  package init(
    tool: String, startedAt: WallTime, endedAt: WallTime, source: Source, selection: Selection,
    batches: [Batch], collections: [WitnessedCollection], documentsFile: String? = nil
  ) {
    self.tool = tool
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.source = source
    self.selection = selection
    self.batches = batches
    self.collections = collections
    self.documentsFile = documentsFile
  }

  /// The collection of that name, as it was witnessed.
  package subscript(namespace: Namespace) -> WitnessedCollection? {
    collections.first { $0.facts.namespace == namespace }
  }

  /// The catalogue, which holds for every batch: options and indexes of collections that didn't change while the
  /// source was read. With a batch, the numbers of documents, their bytes and digests are those of collections that
  /// were read wholly in it; others have none.
  package func catalogue(at batch: Int? = nil) -> Catalogue {
    Catalogue(
      collections.map { collection in
        var facts = collection.facts
        (facts.documents, facts.bytes, facts.digest) = (nil, nil, nil)
        (facts.storageBytes, facts.indexBytes) = (collection.sizes?.storage, collection.sizes?.indexes)
        if let batch, collection.content != .measurements, let digest = collection.digest(in: batch) {
          (facts.documents, facts.bytes, facts.digest) = (digest.documents, digest.bytes, digest)
        }
        return facts
      })
  }
}

/// One collection, view or time series of a source.
package struct WitnessedCollection: Sendable, Hashable {
  /// How its documents were read.
  package enum Way: String, Sendable, Hashable, CaseIterable {
    /// As they were at the moment of the batch.
    case snapshot
    /// Before and after the moment of the batch, with the same result.
    case repeated
    /// Not at all: a view, or for the reason that is given.
    case none
  }

  /// What its ranges are ranges of.
  package enum Content: String, Sendable, Hashable, CaseIterable {
    case documents
    /// A time series' buckets, as they lie in its backup, too.
    case buckets
    /// What a time series shows: how they are bucketed isn't known.
    case measurements
  }

  /// Sizes in bytes, as the server reports them at about the time of the reading.
  package struct Sizes: Sendable, Hashable {
    /// The server's own running count.
    package var documents: Int
    package var data: Int
    package var storage: Int
    package var indexes: Int
    package init(documents: Int, data: Int, storage: Int, indexes: Int) {
      self.documents = documents
      self.data = data
      self.storage = storage
      self.indexes = indexes
    }
  }

  /// Its definition and indexes.
  package var facts: CollectionFacts
  /// Nil where the server didn't tell, and for views.
  package var sizes: Sizes?
  package var way: Way
  package var content: Content
  /// Why it wasn't read, or is known less well than others; nil when there is nothing to say.
  package var reason: String?
  /// What of its definition changed while the source was read and is not compared: `options`, `indexes`.
  package var changed: [String]
  /// In how many ranges it was cut, of which `ranges` may be a share.
  package var cuts: Int
  /// Those that were read, in the order of `_id`.
  package var ranges: [WitnessedRange]

  package init(
    _ facts: CollectionFacts, sizes: Sizes? = nil, way: Way = .none, content: Content = .documents,
    reason: String? = nil, changed: [String] = [], cuts: Int = 0, ranges: [WitnessedRange] = []
  ) {
    self.facts = facts
    self.sizes = sizes
    self.way = way
    self.content = content
    self.reason = reason
    self.changed = changed
    self.cuts = cuts
    self.ranges = ranges
  }

  /// Where its documents lie on a server.
  var place: Namespace { WitnessedCollection.place(of: facts.namespace, content) }

  static func place(of namespace: Namespace, _ content: Content) -> Namespace {
    content == .buckets ? namespace.buckets : namespace
  }

  /// The digest of all that it holds, when all of it was read in that batch.
  package func digest(in batch: Int) -> ContentDigest? {
    guard way != .none, cuts > 0, ranges.count == cuts, ranges.allSatisfy({ $0.batch == batch }) else {
      return nil
    }
    return ranges.reduce(ContentDigest()) { $0.adding($1.digest) }
  }
}

/// The documents of a part of a collection at the moment of a batch.
package struct WitnessedRange: Sendable, Hashable {
  /// Which of the record's batches it belongs to.
  package var batch: Int
  package var range: IDRange
  package var digest: ContentDigest
  /// Where it is written what is known of the single documents; nil where that is nothing.
  package var detail: DetailPlace?

  package init(batch: Int, range: IDRange, digest: ContentDigest, detail: DetailPlace? = nil) {
    self.batch = batch
    self.range = range
    self.digest = digest
    self.detail = detail
  }
}

/// Where the file of documents tells of those of one range.
package struct DetailPlace: Sendable, Hashable {
  package var level: DetailLevel
  package var offset: Int
  package var length: Int
  /// The SHA-256 of these bytes in hexadecimal digits.
  package var sha256: String

  package init(level: DetailLevel, offset: Int, length: Int, sha256: String) {
    self.level = level
    self.offset = offset
    self.length = length
    self.sha256 = sha256
  }
}

/// What is known of single documents.
package enum DetailLevel: String, Sendable, Hashable, CaseIterable {
  /// Nothing: a difference is known by its range alone.
  case ranges
  /// Their `_id`s and 8 bytes of their digests: which of them differ.
  case documents
  /// Besides, 4 bytes for each of their fields: in which fields they differ.
  case fields
}

package import BSON

/// What a database holds: one model for a backup, a live server, a witness and a baseline, so that any two can
/// be compared.
package struct Catalogue: Sendable, Hashable {
  /// The collections, views and time series, by name.
  package private(set) var collections: [Namespace: CollectionFacts]

  package init(_ collections: some Sequence<CollectionFacts> = []) {
    self.collections = [:]
    for facts in collections { self[facts.namespace] = facts }
  }

  /// The facts of one collection; nil where there is none.
  package subscript(namespace: Namespace) -> CollectionFacts? {
    get { collections[namespace] }
    set { collections[namespace] = newValue }
  }

  /// All of them, ordered by namespace.
  package var sorted: [CollectionFacts] { collections.values.sorted { $0.namespace < $1.namespace } }
}

/// What is known of one collection, view or time series.
package struct CollectionFacts: Sendable, Hashable {
  /// What it is.
  package enum Kind: String, Sendable, Hashable {
    case collection
    case view
    case timeseries
  }

  package var namespace: Namespace
  package var kind: Kind
  /// The options that `create` takes, as `listCollections` gives them.
  package var options: Document
  /// The collection's UUID; views have none, and a dump doesn't record that of a time series.
  package var uuid: UUIDBytes?
  /// The indexes, `_id_` among them; empty for views.
  package var indexes: [IndexSpec]
  /// How many documents it holds (for a time series: how many buckets); nil when not counted.
  package var documents: Int?
  /// Their size in BSON bytes; nil when not summed.
  package var bytes: Int?
  /// What the documents are (of a time series: the buckets); nil when not computed.
  package var digest: ContentDigest?
  /// What its documents take in the server's files, in bytes; nil when that isn't known.
  package var storageBytes: Int?
  /// What its indexes take there; nil when that isn't known.
  package var indexBytes: Int?

  package init(
    _ namespace: Namespace, kind: Kind = .collection, options: Document = [:], uuid: UUIDBytes? = nil,
    indexes: [IndexSpec] = [], documents: Int? = nil, bytes: Int? = nil
  ) {
    self.namespace = namespace
    self.kind = kind
    self.options = options
    self.uuid = uuid
    self.indexes = indexes
    self.documents = documents
    self.bytes = bytes
  }
}

/// One index: its specification as `listIndexes` gives it.
package struct IndexSpec: Sendable, Hashable {
  /// All of it: `v`, `key`, `name` and the options, in the order in which they came.
  package var document: Document

  package init(_ document: Document) { self.document = document }

  /// Its name; empty when the specification has none.
  package var name: String { document["name"]?.string ?? "" }
  /// The key pattern.
  package var key: Document { document["key"]?.document ?? [:] }
  /// Whether it is the index that every collection has: named `_id_`, on `_id` alone.
  package var isIDIndex: Bool { name == "_id_" }
}

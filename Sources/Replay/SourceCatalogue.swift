package import BSON
package import Backups
package import Facts

/// The source's collections, as the oplog changes them: which exist, what they are called, their options, views
/// and indexes. Only definitions are followed here; documents are not looked at.
///
/// A collection is known by its UUID, so a rename, a drop and a namesake created later are told apart. Those whose
/// UUID no dump records (the buckets of a time series, users, roles) are known by name until an entry tells it.
package struct SourceCatalogue: Sendable {
  /// A number for each collection that was ever there, in the order in which they came up.
  package typealias ID = Int

  /// One collection of the source. A time series stands under the name of its buckets.
  package struct Collection: Sendable {
    /// Where it comes from.
    package enum Origin: Sendable, Hashable {
      /// The base, by the index of the collection in the backup.
      case base(Int)
      /// A `create` of the oplog.
      case created(Timestamp)
    }

    package let origin: Origin
    /// Its name now, or the last one it had.
    package var name: Namespace
    package var kind: CollectionFacts.Kind
    package var uuid: UUIDBytes?
    /// Its options now.
    package var options: Document
    /// `collMod` commands since its beginning, without their index part, in order; none of a time series, whose
    /// options say it all.
    package var modifications: [Document] = []
    /// The largest size it had, where a `collMod` changed how much a capped collection holds.
    package var largestSize: Value?
    /// Its indexes as `listIndexes` of this name gives them; those of a time series by raw keys are in `rawIndexes`.
    package var indexes: [IndexSpec]
    /// Indexes that the oplog made on the buckets of a time series: they are built there.
    package var rawIndexes: [IndexSpec] = []
    /// Whether it exists.
    package var isAlive = true
    /// Whether it is taken for gone only because another one had its name, or its database was dropped: in the window of
    /// the base that may have been before it was made, or before it had this name.
    var isDisplaced = false

    /// Whether it throws out its oldest documents.
    var isCapped: Bool { options["capped"]?.isTrue == true }

    /// Whether all of its operations have to stay in order: capped, and collections whose collation only the
    /// server can compare `_id`s by.
    package var isOrdered: Bool {
      isCapped
        || options["collation"]?.document.map { $0["locale"]?.string != "simple" } == true
    }

    /// The name that a user sees: a time series' own rather than its buckets'.
    package var logicalName: Namespace { kind == .timeseries ? name.bucketsOf ?? name : name }
  }

  package internal(set) var collections: [Collection] = []
  /// Views by name, as documents of `system.views`.
  package internal(set) var views: [Namespace: Document] = [:]
  /// Collections that entries speak of and that were neither in the base nor created: their name and first entry.
  /// A drop takes them out again.
  package internal(set) var strangers: [UUIDBytes: (name: Namespace, first: Timestamp)] = [:]
  var byUUID: [UUIDBytes: ID] = [:]
  var byName: [Namespace: ID] = [:]

  /// After this moment it is told of everything in its order: what contradicts it then is an entry that lacks. Before, in
  /// the window of the base, and everywhere when nil, a collection may be listed as of a later moment.
  var exactAfter: Timestamp?

  /// Begins with what the base holds, index by index, as of `exactAfter` at the latest.
  package init(base: [BackedUpCollection], exactAfter: Timestamp? = nil) {
    self.exactAfter = exactAfter
    for (index, backedUp) in base.enumerated() {
      if case .notRestored = backedUp.treatment { continue }
      let facts = backedUp.facts
      if facts.kind == .view {
        views[facts.namespace] = facts.options
        continue
      }
      let name = facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace
      add(
        Collection(
          origin: .base(index), name: name, kind: facts.kind, uuid: facts.uuid, options: facts.options,
          indexes: facts.indexes))
    }
  }

  /// The collection by its number.
  package subscript(id: ID) -> Collection { collections[id] }

  mutating func add(_ collection: Collection) {
    let id = collections.count
    collections.append(collection)
    byName[collection.name] = id
    if let uuid = collection.uuid { byUUID[uuid] = id }
  }

  /// Ends a collection, of which an entry says so by its UUID.
  mutating func remove(_ id: ID) {
    collections[id].isAlive = false
    collections[id].isDisplaced = false
    if byName[collections[id].name] == id { byName[collections[id].name] = nil }
  }

  /// Takes one that is alive for gone because of its name, until an entry with its UUID says otherwise.
  mutating func displace(_ id: ID) {
    remove(id)
    collections[id].isDisplaced = true
  }

  /// Takes back that a collection was displaced: an entry is about it, under this name.
  mutating func revive(_ id: ID, as name: Namespace) {
    guard collections[id].isDisplaced else { return }
    collections[id].isDisplaced = false
    collections[id].isAlive = true
    if let other = byName[name], other != id { displace(other) }
    collections[id].name = name
    byName[name] = id
  }

  /// Whether there is no collection whose UUID is still to be told; users and roles are the server's own.
  var knowsUUIDs: Bool {
    collections.allSatisfy { $0.uuid != nil || !$0.isAlive || $0.name.database == "admin" }
  }

  /// Takes the UUIDs that a later state of this catalogue knows of its collections.
  mutating func learn(from later: SourceCatalogue) {
    for id in collections.indices where collections[id].uuid == nil {
      guard let uuid = later.collections[id].uuid else { continue }
      collections[id].uuid = uuid
      byUUID[uuid] = id
    }
  }

  /// The collection that an operation is about: by its UUID, else by name. Learns the UUID of one that has none.
  mutating func find(_ operation: OplogOperation, named name: Namespace) -> ID? {
    guard let uuid = operation.uuid else { return byName[name] }
    if let id = byUUID[uuid] { return id }
    if let id = byName[name], collections[id].uuid == nil {
      collections[id].uuid = uuid
      byUUID[uuid] = id
      return id
    }
    return nil
  }
}

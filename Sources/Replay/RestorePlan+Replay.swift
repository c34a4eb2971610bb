package import BSON
package import Backups
internal import Facts
package import Platform
package import Restore

/// A restore whose collections are those that exist at the target, under the names and with the definitions that
/// they have there, and where the replay finds each of them.
package struct ReplayedRestore: Sendable {
  /// What is created, loaded and finished.
  package private(set) var plan = RestorePlan(items: [])
  /// Where the operations on a collection of the source go; those on a time series go to its buckets.
  package private(set) var destinations: [SourceCatalogue.ID: Namespace] = [:]
  /// The collection of the source that stands at a place of the plan.
  private(set) var places: [Int: SourceCatalogue.ID] = [:]
  /// The collections of the source whose documents the replay changes.
  let changed: Set<SourceCatalogue.ID>

  /// What each collection of the source is in the sandbox; those that are left out aren't there.
  var facts: [SourceCatalogue.ID: CollectionFacts] {
    places.reduce(into: [:]) { facts, place in facts[place.value] = plan.items[place.key].facts }
  }

  /// The item of a collection of the source.
  func item(_ id: SourceCatalogue.ID) -> RestorePlan.Item? {
    places.first { $0.value == id }.map { plan.items[$0.key] }
  }

  /// Selection and renames go by the names at the target. Throws `Failure` of kind `usage` like `RestorePlan`.
  package init(_ replay: ReplayPlan, of backup: any LogicalBackup, _ options: RestoreOptions) throws(Failure)
  {
    changed = replay.changed
    var ids: [SourceCatalogue.ID] = []
    for (id, collection) in replay.catalogue.collections.enumerated() where collection.isAlive {
      ids.append(id)
      var item = RestorePlan.Item(collection)
      item.insertedMeanwhile = replay.insertedMeanwhile[id] ?? .init()
      plan.items.append(item)
    }
    for (name, view) in replay.catalogue.views.sorted(by: { $0.key < $1.key }) {
      plan.items.append(
        .init(index: nil, CollectionFacts(name, kind: .view, options: view)))
    }
    try plan.name(Naming(options), options, in: backup.path)
    for (at, id) in ids.enumerated() {
      guard let facts = plan.items[at].facts else { continue }
      places[at] = id
      destinations[id] = facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace
    }
    for (index, collection) in backup.collections.enumerated() {
      var item = RestorePlan.Item(index: index, collection.facts, fileBytes: collection.fileBytes)
      if case .notRestored(let reason) = collection.treatment {
        item.leaveOut(reason)
      } else if !replay.catalogue.collections.contains(where: { $0.origin == .base(index) && $0.isAlive }),
        collection.facts.kind != .view
      {
        item.leaveOut("dropped before the target")
        item.isGone = true
      } else {
        continue
      }
      plan.items.append(item)
    }
  }
}

extension RestorePlan.Item {
  /// A collection as it is at the target.
  fileprivate init(_ collection: SourceCatalogue.Collection) {
    let facts = CollectionFacts(
      collection.logicalName, kind: collection.kind, options: collection.options, uuid: collection.uuid,
      indexes: collection.indexes)
    var index: Int?
    if case .base(let at) = collection.origin { index = at }
    self.init(index: index, facts)
    modifications = collection.modifications
    if let size = collection.largestSize {
      // A smaller one would throw out what the source still held.
      loadOptions = facts.options.setting("size", to: size).removing(["max"])
      for (option, name) in [("size", "cappedSize"), ("max", "cappedMax")] {
        guard let value = facts.options[option] else { continue }
        modifications.append(Document([("collMod", ""), (name, value)]))
      }
    }
    rawIndexes = collection.rawIndexes
    let name = collection.name
    if name.database == "admin" && (name.collection == "system.users" || name.collection == "system.roles") {
      markAsServers()
    }
  }
}

internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Sharding

/// A part's backup with what `config` says of where data lies among its data: elsewhere that is left out.
struct RoutedBackup: LogicalBackup {
  private let base: any LogicalBackup
  let collections: [BackedUpCollection]

  /// The collections of `config` that say it; with those in which moves are noted (`Moving`).
  static let routing: Set<String> = ["shards", "databases", "collections", "chunks"]

  init(_ base: any LogicalBackup) {
    self.base = base
    collections = base.collections.map { collection in
      var collection = collection
      let namespace = collection.facts.namespace
      if namespace.database == "config",
        RoutedBackup.routing.contains(namespace.collection) || Moving.isNoted(in: namespace)
      {
        collection.treatment = .data
      }
      return collection
    }
  }

  var form: BackupForm { base.form }
  var path: String { base.path }
  var origin: BackupOrigin { base.origin }
  var oplog: BackedUpOplog? { base.oplog }
  var slices: [BackedUpSlice] { base.slices }
  var notes: [String] { base.notes }
  var damage: [Failure] { base.damage }

  func scan(_ request: ReadRequest) throws -> ReadSummary { try base.scan(request) }

  /// Whether it holds a collection of that name.
  func holds(_ namespace: Namespace) -> Bool { collections.contains { $0.facts.namespace == namespace } }
}

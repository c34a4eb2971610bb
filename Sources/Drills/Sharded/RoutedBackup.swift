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
  /// With the cluster's id.
  private static let more: Set<String> = ["version"]

  init(_ base: any LogicalBackup) {
    self.base = base
    collections = base.collections.map { collection in
      var collection = collection
      let namespace = collection.facts.namespace
      if namespace.database == "config",
        RoutedBackup.routing.union(RoutedBackup.more).contains(namespace.collection)
          || Moving.isNoted(in: namespace)
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

  /// What the server that it was taken of said of itself. Nil where that isn't known: in archives, which would have to be
  /// read for it, and in dumps without `admin`.
  func identity() throws -> ShardIdentity? {
    let name = Namespace("admin", "system.version")
    guard form == .dumpDirectory,
      let file = collections.first(where: { $0.facts.namespace == name })?.place?.file
    else {
      return nil
    }
    let found = Monitor<[Document]>([])
    _ = try openBackup(file).read([0], options: ReadOptions()) { batch in
      var documents: [Document] = []
      unsafe batch.withBytes { bytes in
        var at = 0
        while at + 4 < bytes.count {
          let length = Int(
            Int32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: at, as: Int32.self)))
          documents.append(Document(validated: unsafe ArraySlice(bytes[at..<at + length])))
          at += length
        }
      }
      found.withLock { [documents] in $0 += documents }
    }
    return ShardIdentity(found.withLock(\.self))
  }

  /// Whether it holds a collection of that name.
  func holds(_ namespace: Namespace) -> Bool { collections.contains { $0.facts.namespace == namespace } }
}

internal import BSON
internal import Compression
internal import Facts
package import Platform

/// An archive of mongodump: one stream that holds the collections interleaved, after a prelude that lists them.
///
/// Source: mongo-tools, `common/archive`, and archives that mongodump 100.18 wrote.
package final class Archive: LogicalBackup {
  package let form = BackupForm.archive
  package let path: String
  package let collections: [BackedUpCollection]
  package let origin: BackupOrigin
  package let oplog: BackedUpOplog?
  package let notes: [String]
  package let damage: [Failure]
  /// For each namespace that blocks may have, its index in `collections`; nil for the oplog.
  let namespaces: [Namespace: Int?]
  /// The stream behind the prelude, until the first scan takes it.
  private let stream: Monitor<ArchiveStream?>
  private let canBeReadAgain: Bool
  /// What writes it, where it is a command's output.
  let command: ArchiveCommand?

  /// What every archive starts with.
  static let magic: [UInt8] = [0x6D, 0xE2, 0x99, 0x81]

  /// Reads the prelude of an archive; `command` is what writes it, which can be started again.
  init(_ source: FileReader, from command: ArchiveCommand? = nil) throws(Failure) {
    self.command = command
    let reader = try decompressed(source)
    let stream = ArchiveStream(reader)
    let prelude = try ArchivePrelude(stream)
    let catalogue = try ArchiveCatalogue(prelude)
    path = source.file
    collections = catalogue.collections
    namespaces = catalogue.namespaces
    notes = catalogue.notes
    damage = catalogue.damage
    oplog = catalogue.hasOplog ? BackedUpOplog(place: Place(source.file), fileBytes: 0) : nil
    origin = BackupOrigin(
      serverVersion: prelude.serverVersion, toolVersion: prelude.toolVersion,
      isCompressed: reader.compression != nil, bytes: Int(source.size ?? 0))
    canBeReadAgain = source.size != nil
    self.stream = Monitor(stream)
  }

  package func scan(_ request: ReadRequest) throws -> ReadSummary {
    var reading = ArchiveReading(self, try takeStream(), request)
    do { try reading.run() } catch let failure as Failure where failure.kind == .damagedBackup {
      guard request.collectsDamage else { throw failure }
      reading.summary.damage.append(failure)
    }
    return reading.summary
  }

  private func takeStream() throws(Failure) -> ArchiveStream {
    if let first = stream.update({ $0.take() }) { return first }
    let source: FileReader
    if let command {
      source = try command.open()
    } else {
      guard canBeReadAgain else { throw .archiveReadTwice(path) }
      source = try FileReader(opening: path)
    }
    let again = ArchiveStream(try decompressed(source))
    _ = try ArchivePrelude(again)
    return again
  }
}

/// The collections of an archive, out of its prelude.
private struct ArchiveCatalogue {
  var collections: [BackedUpCollection] = []
  var namespaces: [Namespace: Int?] = [:]
  var hasOplog = false
  var notes: [String] = []
  var damage: [Failure] = []
  private var names: Set<Namespace> = []

  /// Throws on interruption alone.
  init(_ prelude: ArchivePrelude) throws(Failure) {
    for declared in prelude.declared {
      try Interruption.check()
      do throws(Failure) { try add(declared) } catch { damage.append(error) }
    }
    collections.sort {
      ($0.facts.kind == .view) == ($1.facts.kind == .view)
        ? $0.facts.namespace < $1.facts.namespace : $1.facts.kind == .view
    }
    for (index, collection) in collections.enumerated() {
      namespaces[collection.facts.namespace] = .some(index)
      // The blocks of a time series are named for its buckets, or plainly (servers from 8.3).
      let buckets = collection.facts.namespace.buckets
      if collection.facts.kind == .timeseries, namespaces[buckets] == nil {
        namespaces[buckets] = .some(index)
      }
    }
    if hasOplog { namespaces[Namespace("", "oplog")] = .some(nil) }
  }

  private mutating func add(_ declared: ArchivePrelude.Declared) throws(Failure) {
    let (namespace, place) = (declared.namespace, declared.place)
    if declared.isOplog {
      if hasOplog { throw .twoCollections(place, namespace) }
      hasOplog = true
      return
    }
    if let reason = namespace.illegality { throw .illegalNamespace(place, reason) }
    guard names.insert(namespace).inserted else { throw .twoCollections(place, namespace) }
    // Also when its metadata is no good: the blocks that follow are checked against the list.
    var facts = CollectionFacts(namespace)
    defer {
      collections.append(
        BackedUpCollection(
          facts: facts, place: facts.kind == .view ? nil : Place(place.file), fileBytes: 0,
          treatment: Treatment(namespace)))
    }
    if !declared.metadata.isEmpty || !namespace.collection.hasPrefix("$admin.") {
      let metadata = try CollectionMetadata(
        json: Array(declared.metadata.utf8), type: declared.type, at: place)
      if let name = metadata.collectionName, !name.utf8.elementsEqual(namespace.collection.utf8) {
        throw .metadataOfAnother(place, name)
      }
      if !metadata.unknownKeys.isEmpty {
        notes.append("\(namespace): unknown keys: \(metadata.unknownKeys.joined(separator: ", "))")
      }
      facts = metadata.facts(namespace)
    }
  }
}

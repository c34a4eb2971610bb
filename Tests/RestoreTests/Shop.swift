import BSON
import Backups
import Facts
import Mongo
import Platform
import Restore
import Sandbox
import Testing
import Witness

/// The real backup set of `Tests/Fixtures`: one base, dumped four times while orders came in.
enum Shop: String, CaseIterable, CustomTestStringConvertible {
  case directory = "dump"
  case gzippedDirectory = "dump-gzip"
  case archive = "full.archive"
  case gzippedArchive = "full.archive.gz"

  static let folder = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/shop"

  var path: String { Shop.folder + "/base/" + rawValue }
  var testDescription: String { rawValue }

  /// One server with all of it restored, for all tests that only look.
  var restored: RestoredShop { get throws { try servers.get() } }

  private var servers: Result<RestoredShop, any Error> {
    switch self {
    case .directory: Shop.fromDirectory
    case .gzippedDirectory: Shop.fromGzippedDirectory
    case .archive: Shop.fromArchive
    case .gzippedArchive: Shop.fromGzippedArchive
    }
  }
  private static let fromDirectory = Result { try RestoredShop(.directory) }
  private static let fromGzippedDirectory = Result { try RestoredShop(.gzippedDirectory) }
  private static let fromArchive = Result { try RestoredShop(.archive) }
  private static let fromGzippedArchive = Result { try RestoredShop(.gzippedArchive) }
}

/// A form of the shop as it was dumped, and as it was restored.
struct RestoredShop: Sendable {
  let sandbox: Sandbox
  let result: RestoreResult
  /// What the server says it holds, every document counted.
  let live: Catalogue
  /// The documents in the backup.
  let documents: [Namespace: [Document]]
  /// What the backup says of its collections.
  let facts: Catalogue

  init(_ form: Shop) throws {
    sandbox = try sharedSandbox()
    result = try sandbox.restore(form.path)
    live = try Catalogue(of: sandbox.pool, counting: .exact)
    let backup = try openBackup(form.path)
    documents = try RestoreTests.documents(of: backup)
    facts = Catalogue(backup.collections.map(\.facts))
  }
}

/// What the source held when the dumps were done, as it said itself (`truth.json`): none of it comes from a dump.
struct Truth {
  let catalogue: Catalogue
  /// The server's own digest of a collection's documents (`dbHash`).
  let hashes: [Namespace: String]

  /// Collections that were written to while the dumps were taken.
  static let changing: Set = ["shop.orders", "shop.metrics"]
  static let afterBase = Result { try Truth(point: 0) }

  init(point: Int) throws {
    let all = try Document(extendedJSON: Files.text(of: Shop.folder + "/truth.json"))
    let state = try #require(all["points"]?.elements?[point].document?["databases"]?.document)
    var catalogue = Catalogue()
    var hashes: [Namespace: String] = [:]
    for database in state {
      for element in try #require(database.value.document) {
        let namespace = Namespace(database.name, element.name)
        let truth = try #require(element.value.document)
        var facts = CollectionFacts(
          namespace, kind: try #require(truth["type"]?.string.flatMap(CollectionFacts.Kind.init)),
          options: truth["options"]?.document ?? [:], uuid: truth["uuid"]?.string.flatMap { UUIDBytes($0) },
          indexes: (truth["indexes"]?.elements ?? []).compactMap(\.document).map(IndexSpec.init))
        // Of a time series the source counted the measurements, not the buckets.
        if facts.kind == .collection { facts.documents = truth["count"]?.integer.map { Int($0) } }
        catalogue[namespace] = facts
        hashes[namespace] = truth["dbHash"]?.string
      }
    }
    self.catalogue = catalogue
    self.hashes = hashes
  }
}

/// Expects a collection to be restored as the backup holds it: kind, every option and index, UUID, count, every
/// byte of every document; and as the source itself said. Returns the server that it is on, and its name.
@discardableResult
func expectRestored(
  _ name: String, from form: Shop, sourceLocation: SourceLocation = #_sourceLocation
) throws -> (Sandbox, Namespace) {
  let shop = try form.restored
  let namespace = try #require(Namespace(name))
  let live = try #require(shop.live[namespace], "\(name) is not there", sourceLocation: sourceLocation)
  let backedUp = try #require(shop.facts[namespace], sourceLocation: sourceLocation)
  let expected = try #require(shop.result.expected[namespace], sourceLocation: sourceLocation)
  #expect(live.differences(from: backedUp) == [], sourceLocation: sourceLocation)
  #expect(live.differences(from: expected) == [], sourceLocation: sourceLocation)
  #expect(backedUp.uuid == nil || live.uuid == backedUp.uuid, sourceLocation: sourceLocation)
  if live.kind != .view {
    let stored = live.kind == .timeseries ? namespace.buckets : namespace
    let documents = shop.documents[namespace] ?? []
    expectSame(
      try shop.sandbox.documents(stored), documents, "\(name) of \(form.rawValue)",
      sourceLocation: sourceLocation)
    #expect(expected.documents == documents.count, sourceLocation: sourceLocation)
    #expect(live.documents == documents.count, sourceLocation: sourceLocation)
    if !Truth.changing.contains(name) {
      let hash = try shop.sandbox.pool.run(
        ["dbHash": 1, "collections": [.string(stored.collection)]], on: namespace.database)
      #expect(
        try hash["collections"]?.document?[stored.collection]?.string == Truth.afterBase.get().hashes[stored],
        sourceLocation: sourceLocation)
    }
  }
  let truth = try #require(try Truth.afterBase.get().catalogue[namespace], sourceLocation: sourceLocation)
  let aspects: Catalogue.Aspects = Truth.changing.contains(name) ? .all.subtracting(.documents) : .all
  #expect(live.differences(from: truth, comparing: aspects) == [], sourceLocation: sourceLocation)
  return (shop.sandbox, namespace)
}

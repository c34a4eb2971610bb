internal import BSON
internal import Facts
internal import Mongo

/// The form in which a server takes operations by `applyOps`.
struct ApplyForm: Sendable {
  /// What goes beside the operations: not as one transaction, never inserting what an update doesn't find, past validators.
  let options: Document
  private let setsByDifference: Bool

  /// For a server of that version.
  init(_ version: ServerVersion) {
    let never: Document = ServerTrait.upsertOption.holds(for: version) ? ["alwaysUpsert": false] : [:]
    options = Document(
      [("allowAtomic", false)] + never.map { ($0.name, $0.value) } + [("bypassDocumentValidation", true)])
    setsByDifference = ServerTrait.updatesAsDiffs.holds(for: version)
  }

  /// For the server that is connected to. Throws `MongoError`.
  init(of pool: ClientPool) throws(MongoError) {
    let version = try pool.run(["buildInfo": 1])["version"]?.string.flatMap { ServerVersion($0) }
    // One that doesn't say is none of a sandbox's.
    self.init(version ?? TriedSeries.newest)
  }

  /// The update that sets fields at the top of a document.
  func setting(_ fields: Document) -> Document {
    setsByDifference ? ["$v": 2, "diff": ["u": .document(fields)]] : ["$v": 1, "$set": .document(fields)]
  }
}

package import BSON
package import Configuration
package import Platform
package import Replay

/// `export`: writes a dump of what the sandbox holds, or of a part of it, for the live system.
package struct ExportStep: StepKind {
  package static let name = "export"
  package static let summary =
    "Writes what the sandbox holds, or a part of it, as a dump that mongorestore takes: collections, the documents that "
    + "match a filter, or those that were deleted or changed after this moment."
  package static let abortsOnFailure = true

  /// Which changes after the sandbox's moment are looked for.
  package struct Changes: Sendable {
    /// Through when; nil: through the last entry.
    package var target: Target?
    package var kinds: Set<ChangedDocuments.Kind>
    package var place: Place
  }

  /// The folder; nil: named for the step.
  package var folder: String?
  /// Collections, with `*`; empty for all.
  package var include: [String] = []
  /// Filters of collections.
  package var filters: [Named<Document>] = []
  /// nil: documents are written whether they were changed or not.
  package var changes: Changes?
  package var isCompressed = false
  /// How many documents there have to be of a collection.
  package var expected: [Named<Int>] = []

  init() {}

  private static let toKey = Key(
    "to", .string,
    "The folder of the dump: relative to `exports` in the run's report folder, or absolute; the step's id when left out. "
      + "One that is there has to be empty.")
  private static let includeKey = Key(
    "include", .list(of: .string, orOne: true),
    "Collections by their names in the sandbox, with * for any text; all when left out.")
  private static let whereKey = Key(
    "where", .entries(of: .document, keys: "collection"),
    "Filters: of {shop.orders: {status: paid}} only the documents that match are written.")
  private static let changedKey = Key(
    "changed_by", changesShape,
    "Only documents that the oplog deletes or changes after the moment at which the sandbox stands, as they are at this "
      + "moment.")
  private static let gzipKey = Key("gzip", .boolean, default: "false", "Whether the files are compressed.")
  private static let expectKey = Key(
    "expect", .entries(of: .integer(0...Int.max), keys: "collection"),
    "How many documents there have to be of a collection: with another number nothing is written, and the step fails."
  )

  private static let throughKey = Key(
    "to", .target, "Through when: a target like that of `replay`; through the last entry when left out.")
  private static let opsKey = Key(
    "ops", .list(of: Shape<ChangedDocuments.Kind>.choice(), orOne: true),
    "Which operations count: d for deletes (drops too), u for updates; both when left out.")

  private static let changesShape = Shape<Changes>.record("changed_by", [throughKey, opsKey]) { fields in
    if fields[opsKey]?.isEmpty == true { fields.reject(opsKey, "it names no operation") }
    return Changes(
      target: fields[throughKey], kinds: Set(fields[opsKey] ?? ChangedDocuments.Kind.allCases),
      place: fields.node.place)
  }

  package static let shape = Shape<ExportStep>.orNothing(
    ExportStep(),
    .record("export", [toKey, includeKey, whereKey, changedKey, gzipKey, expectKey]) { fields in
      var step = ExportStep()
      step.folder = fields[toKey]
      step.include = fields[includeKey] ?? []
      step.filters = fields[whereKey] ?? []
      step.changes = fields[changedKey]
      step.isCompressed = fields[gzipKey]
      step.expected = fields[expectKey] ?? []
      if let folder = step.folder,
        folder.isEmpty || folder.split(separator: "/", omittingEmptySubsequences: false).contains("..")
      {
        fields.reject(toKey, "it has to be a path without `..`")
      }
      for named in step.filters where Namespace(named.name) == nil {
        fields.reject(whereKey, "\(named.name) is no collection", hint: "Write shop.orders: {…}.")
      }
      for named in step.expected where Namespace(named.name) == nil {
        fields.reject(expectKey, "\(named.name) is no collection", hint: "Write shop.orders: 310.")
      }
      return step
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { try run.export(self, step) }
}

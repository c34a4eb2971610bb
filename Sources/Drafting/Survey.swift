internal import BSON
package import Backups
package import Facts
internal import Platform
internal import Record

/// Reads along while a backup's documents pass by, in bounded memory, and knows afterwards which values of one
/// collection are those of another.
///
/// It holds hashes of values, never values: of each collection's `_id`s all, while there is room, and of the fields of
/// its first documents; then of those fields only that may refer to something.
package final class Survey: Sendable {
  /// How much is looked at.
  package struct Limits: Sendable {
    /// Memory for hashes of all collections together, in bytes; each field has a little more of its own.
    package var memory = 48 << 20
    /// Bytes of each collection's documents of which every field is looked at.
    package var wide = 8 << 20

    package init() {}
  }

  private let limits: Limits
  private let facts: [Int: CollectionFacts]
  private let state: Monitor<[Int: Monitor<CollectionSurvey>]>

  /// The collections that are to be read, by their place in the backup and with their names as they are to be in the
  /// draft. Views, time series and the server's own are passed over.
  package init(_ collections: [Int: CollectionFacts], limits: Limits = Limits()) {
    self.limits = limits
    facts = collections.filter { $0.value.kind == .collection && !$0.value.namespace.isSystems }
    state = Monitor([:])
    restart()
  }

  /// Forgets everything: the documents are about to be read once more.
  package func restart() {
    let memory = MemoryShare(limits.memory)
    let fresh = facts.mapValues { Monitor(CollectionSurvey($0, memory: memory)) }
    state.withLock { $0 = fresh }
  }

  /// Takes a batch; from any thread.
  package func take(_ batch: DocumentBatch) {
    guard let collection = state.withLock({ $0[batch.collection] }) else { return }
    let all = facts
    collection.withLock { survey in
      unsafe batch.withBytes { bytes in
        unsafe survey.take(bytes, wide: limits.wide) { field, own in matters(field, own, among: all) }
      }
    }
  }

  /// Whether a field of a collection may refer to another, or says when a document was made.
  private func matters(
    _ field: SurveyedField, _ own: CollectionFacts, among all: [Int: CollectionFacts]
  ) -> Bool {
    if field.depth == 1, field.dates > 0, field.keyless == field.values { return true }
    let indexed = own.indexes.lazy.filter(\.isPlainlyUnique).flatMap(\.key.names)
    if indexed.contains(where: { $0.utf8.elementsEqual(field.path.utf8) }) { return true }
    guard field.keyless == 0, field.values > 0, field.documents * 2 <= field.references else { return false }
    if own.uniqueFields.contains(where: { $0.utf8.elementsEqual(field.path.utf8) }) { return true }
    let name = FieldName(path: field.names)
    switch field.onlyClass {
    case .objectID, .uuid: return true
    default:
      return name.saysSo
        || all.values.contains { other in
          name.fit(other.namespace.collection, isOwn: other.namespace == own.namespace) > .none
            || other.uniqueFields.contains { name.fit(other.namespace.collection, field: $0) > .none }
        }
    }
  }

  /// What was seen, ordered by name.
  var collections: [CollectionSurvey] {
    state.withLock { Array($0.values) }.map { $0.withLock { $0 } }.sorted { $0.namespace < $1.namespace }
  }
}

extension Survey {
  /// Reads a backup through, all of it, and looks at the documents of `collections` (by their place in the backup, with
  /// their names as they are to be in the draft). Throws what `LogicalBackup.scan` throws. Also gives what was read of
  /// each collection.
  package static func read(
    _ backup: any LogicalBackup, as collections: [Int: CollectionFacts], limits: Limits = Limits(),
    progress: @escaping @Sendable (ReadProgress) -> Void = { _ in }
  ) throws -> (Survey, ReadSummary) {
    let survey = Survey(collections, limits: limits)
    let summary = try backup.scan(
      ReadRequest(
        Set(survey.facts.keys), options: ReadOptions(parallelFiles: max(2, min(8, Machine.cores))),
        deliver: { survey.take($0) }, progress: progress))
    return (survey, summary)
  }
}

extension Namespace {
  /// Whether it is the server's own, whatever it holds.
  var isSystems: Bool {
    ["admin", "config", "local"].contains(database) || collection.hasPrefix("system.")
  }
}

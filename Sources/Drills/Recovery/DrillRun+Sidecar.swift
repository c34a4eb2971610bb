internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Record

extension DrillRun {
  /// Compares the backup's files and the names of its collections with what lies with it and describes it. Throws the
  /// first difference.
  func compareWithSidecar(_ backup: any LogicalBackup) throws {
    guard let sidecar = try Sidecar.find(for: backup.path) else { return }
    self.sidecar = sidecar
    note(sidecar.summary)
    let comparison =
      sidecar.describesContent
      ? try phase("checksums") { try sidecar.compare(with: backup) } : try sidecar.compare(with: backup)
    if let words = comparison.summary(of: sidecar) { note(words) }
    for words in comparison.notes {
      note(words)
      record.notVerified.append(DrillRecord.NotVerified("backup", words))
    }
    if let failure = comparison.damage.firstOfAll(backup.path) { throw failure }
  }

  /// Compares how many documents were read with what the sidecar says. Throws the first difference.
  func compareWithSidecar(documents collections: [DrillRecord.Collection]) throws {
    guard let sidecar, let backup else { return }
    var read: [(namespace: Namespace, documents: Int?)] = []
    var isAll = true
    for collection in collections {
      guard let namespace = Namespace(collection.source) else { continue }
      let isView = backup.collections.contains { $0.facts.namespace == namespace && $0.facts.kind == .view }
      // What isn't restored may not have been counted.
      if collection.target == nil, !isView { isAll = false }
      read.append((namespace, isView || collection.target == nil ? nil : collection.documents))
    }
    let comparison = sidecar.compare(documents: read, isAll: isAll)
    if let words = comparison.summary(of: sidecar) { note(words) }
    if let failure = comparison.damage.firstOfAll(backup.path) { throw failure }
  }

  private func note(_ words: String) {
    events(.note(words))
    record.backup.notes.append(words)
  }
}

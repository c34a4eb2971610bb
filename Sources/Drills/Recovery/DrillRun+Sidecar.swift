package import BSON
package import Backups
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
    let comparison = sidecar.compare(
      backup,
      read: collections.compactMap { collection in
        Namespace(collection.source).map { ($0, collection.target == nil ? nil : collection.documents) }
      })
    if let words = comparison.summary(of: sidecar) { note(words) }
    if let failure = comparison.damage.firstOfAll(backup.path) { throw failure }
  }

  private func note(_ words: String) {
    events(.note(words))
    record.backup.notes.append(words)
  }
}

extension Sidecar {
  /// Compares how many documents of each collection were read with what is said of them; nil for those that were not
  /// restored, which may not have been counted.
  package func compare(
    _ backup: any LogicalBackup, read: [(source: Namespace, documents: Int?)]
  ) -> SidecarComparison {
    let views = Set(backup.collections.filter { $0.facts.kind == .view }.map(\.facts.namespace))
    return compare(
      documents: read.map { ($0.source, views.contains($0.source) ? nil : $0.documents) },
      isAll: read.allSatisfy { $0.documents != nil || views.contains($0.source) })
  }
}

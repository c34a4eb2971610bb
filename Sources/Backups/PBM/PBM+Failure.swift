internal import BSON
internal import Facts
internal import Platform

extension Failure {
  static func snapshotUnfinished(_ record: PBMRecord) -> Failure {
    Failure(
      .damagedBackup, "snapshot-unfinished",
      "the snapshot is not finished: its status is \"\(record.status)\"",
      at: record.place, hint: "Its documents and its oplog are not complete; take another snapshot.",
      cause: record.error)
  }

  static func snapshotNotLogical(_ record: PBMRecord) -> Failure {
    Failure(
      .damagedBackup, "snapshot-not-logical",
      "a snapshot of type \"\(record.type)\", of which mongodrill reads only \"logical\"", at: record.place)
  }

  static func snapshotSharded(_ record: PBMRecord) -> Failure {
    let names = record.replicaSets.map(\.name).joined(separator: ", ")
    return Failure(
      .damagedBackup, "snapshot-sharded", "a snapshot of a sharded cluster (\(names))", at: record.place,
      hint: "mongodrill reads those of a single replica set.")
  }

  static func snapshotTooOld(_ record: PBMRecord, file: String) -> Failure {
    Failure(
      .damagedBackup, "snapshot-too-old",
      "a snapshot of Percona Backup for MongoDB \(record.toolVersion ?? "1"), which kept an archive",
      at: record.place, hint: file.isEmpty ? nil : "Give the archive itself: \(file) in the store.")
  }

  static func snapshotCompression(_ record: PBMRecord) -> Failure {
    Failure(
      .damagedBackup, "snapshot-compression", "the compression \"\(record.compression)\" is not known",
      at: record.place)
  }

  static func snapshotWithoutRecord(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "snapshot-without-record",
      "a snapshot whose \(Files.name(of: path)).pbm.json is missing",
      at: Place(path),
      hint: "PBM writes it at the end: the snapshot was interrupted, or its copy lacks the file.")
  }

  static func noSnapshot(named name: String, in store: PBMStore) -> Failure {
    Failure(
      .backupNotFound, "backup-not-found", "the store holds no snapshot \"\(name)\"", at: Place(store.path),
      hint: store.snapshots.isEmpty ? nil : "It holds \(store.list(of: store.snapshots)).")
  }

  static func noUsableSnapshot(in store: PBMStore) -> Failure {
    let reasons = store.snapshots.prefix(3).map {
      "\($0.name): \($0.refusal?.message ?? "it holds only \($0.selectionText)")"
    }
    return Failure(
      .damagedBackup, "no-usable-snapshot",
      store.snapshots.isEmpty
        ? "a store of Percona Backup for MongoDB without a snapshot"
        : "none of the \(store.snapshots.count) snapshots in this store can be restored here",
      at: Place(store.path),
      hint: store.snapshots.isEmpty
        ? "PBM describes each in a NAME.pbm.json; was the whole store copied?" : nil,
      cause: reasons.isEmpty ? store.notes.first : reasons.joined(separator: "; "))
  }

  static func noSnapshot(endingBy target: Timestamp, earliest: PBMRecord, in store: PBMStore) -> Failure {
    Failure(
      .damagedBackup, "no-snapshot-before-target", "no snapshot in this store ends by \(target)",
      at: Place(store.path),
      hint: "The earliest target is \(earliest.lastWrite), with which \(earliest.name) ends.")
  }

  static func snapshotFileMissing(_ path: String, _ namespace: Namespace? = nil) -> Failure {
    Failure(
      .damagedBackup, "snapshot-file-missing",
      "a file of the snapshot is missing" + (namespace.map { ": the documents of \($0)" } ?? ""),
      at: Place(path), hint: "Copy the whole store, or take another snapshot.")
  }

  static func leavesStore(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "path-leaves-store", "the name \(namespace) leads out of the store, as a path",
      at: place)
  }

  static func splitFile(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "snapshot-split", "a file that was split into parts, which mongodrill doesn't join",
      at: Place(path),
      hint: "Join them in a copy of the store: the file itself, .pbmpart.1, .pbmpart.2 and so on.")
  }

  static func metadataDisagree(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "snapshot-metadata-disagree",
      "meta.pbm and metadata.json don't say the same of \(namespace)", at: place,
      hint: "One of them is damaged, or of another snapshot.")
  }

  static func snapshotOplogGap(_ place: Place, from: Timestamp, to: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "snapshot-oplog-gap",
      "the snapshot's own oplog doesn't reach from \(from) to \(to)", at: place,
      hint: "Without it the documents belong to no single moment; a file of it was lost.")
  }

  static func contentDiffers(_ path: String, _ content: DocumentFile.Content, bytes: Int, checksum: UInt64)
    -> Failure
  {
    bytes == content.bytes
      ? Failure(
        .damagedBackup, "snapshot-checksum",
        "the documents of \(content.namespace) are not those that were written (CRC-64 \(hex(checksum)), not "
          + "\(hex(content.checksum)))", at: Place(path))
      : Failure(
        .damagedBackup, "snapshot-size",
        "\(bytes) bytes of documents of \(content.namespace), where \(content.bytes) were written",
        at: Place(path))
  }

  static func outsideOfName(_ path: String, _ time: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "slice-misnamed",
      "holds an entry at \(time), outside of the interval that its name says",
      at: Place(path), hint: "Files were swapped or renamed.")
  }

  static func sliceCut(_ path: String, _ found: String, _ span: SliceSpan) -> Failure {
    Failure(
      .damagedBackup, "slice-cut",
      "\(found), where it is said to hold \(span.start) to \(span.end)", at: Place(path),
      hint: "Entries were lost: the file was cut short or filtered. Copy it again from the store.")
  }

  static func sliceEmpty(_ path: String, _ span: SliceSpan) -> Failure {
    Failure(
      .damagedBackup, "slice-cut",
      "holds no entry, where it is said to hold \(span.start) to \(span.end)", at: Place(path),
      hint: "PBM writes no slice without entries. Copy it again from the store.")
  }

  static func withoutWindow(_ record: PBMRecord, _ set: PBMRecord.ReplicaSet) -> Failure {
    .badMetadata(
      record.place,
      "nothing says from which write to which its oplog goes (\(set.name): first_write_ts, last_write_ts)")
  }
}

extension PBMStore {
  /// Names of snapshots, for people.
  fileprivate func list(of records: [PBMRecord]) -> String {
    records.prefix(5).map(\.name).joined(separator: ", ") + (records.count > 5 ? ", …" : "")
  }
}

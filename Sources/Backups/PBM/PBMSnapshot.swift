internal import BSON
internal import Compression
internal import Facts
internal import Platform

extension DumpFiles {
  /// A logical snapshot of one replica set in a store, with the store's slices that lead on from it.
  init(_ record: PBMRecord, in store: PBMStore) throws(Failure) {
    guard let set = record.replicaSets.first, let suffix = record.suffix else {
      throw record.refusal ?? .snapshotUnfinished(record)
    }
    self.init(.pbmSnapshot, path: Files.join(store.path, record.name))
    let relative = try store.cleaned(set.metadata, record)
    let folder = Files.folder(of: relative)
    let catalogue = try PBMCatalogue(Files.join(store.path, folder), in: store)
    damage = catalogue.damage
    for entry in catalogue.entries {
      do throws(Failure) { try add(entry, in: folder, of: store, suffix) } catch { damage.append(error) }
    }
    takeUsersFromCopies()
    var sliceNotes: [String] = []
    do throws(Failure) {
      try takeOplog(of: set, record, in: store, &sliceNotes)
      slices = try store.slices(of: set.name, after: set.lastWrite, &sliceNotes, &damage)
    } catch { damage.append(error) }
    notes = catalogue.notes + sliceNotes
    if !record.selection.isEmpty { notes.append("holds only \(record.selectionText): a part of the data") }
    if collections.contains(where: { $0.treatment == .data && $0.facts.indexes.contains { !$0.isIDIndex } }) {
      notes.append(
        "Percona Backup for MongoDB doesn't record whether an index is hidden: hidden ones come back visible")
    }
    finish()
    origin.serverVersion = catalogue.serverVersion ?? record.serverVersion
    origin.toolVersion = record.toolVersion ?? catalogue.toolVersion
    origin.isCompressed = !suffix.isEmpty
  }

  private mutating func add(
    _ entry: PBMCatalogue.Entry, in folder: String, of store: PBMStore, _ suffix: String
  ) throws(Failure) {
    let namespace = entry.facts.namespace
    var place: Place?
    var size = 0
    if entry.facts.kind != .view {
      // As PBM does it: the name is a path, in which `/`, `.` and `..` mean what they mean.
      guard let clean = PBMStore.cleaned("\(folder)/\(namespace)\(suffix)") else {
        throw .leavesStore(Place(Files.join(store.path, folder)), namespace)
      }
      let path = Files.join(store.path, clean)
      if Files.kind(of: path) == .file {
        try store.checkLinks(path)
        if Files.exists(path + PBMStore.partMark + "1") { throw .splitFile(path) }
        place = Place(path)
        size = try Files.size(of: path)
      } else if entry.content.bytes > 0 {
        damage.append(.snapshotFileMissing(path, namespace))
      }
    }
    let index = collections.count
    collections.append(
      BackedUpCollection(
        facts: entry.facts, place: place, fileBytes: size, treatment: Treatment(inSnapshot: namespace)))
    contents[index] = entry.content
  }

  /// In a snapshot of some namespaces the users and roles are there as PBM's copies alone.
  private mutating func takeUsersFromCopies() {
    for (copy, own) in [("pbmRUsers", "system.users"), ("pbmRRoles", "system.roles")] {
      let name = Namespace("admin", own)
      guard !collections.contains(where: { $0.facts.namespace == name }),
        let index = collections.firstIndex(where: { $0.facts.namespace == Namespace("admin", copy) })
      else { continue }
      collections[index].facts.namespace = name
      collections[index].facts.uuid = nil
      collections[index].treatment = .usersOrRoles
    }
  }

  /// Takes the files with what happened while the snapshot was made, which have to reach from its first write to
  /// its last.
  private mutating func takeOplog(
    of set: PBMRecord.ReplicaSet, _ record: PBMRecord, in store: PBMStore, _ notes: inout [String]
  ) throws(Failure) {
    let path = Files.join(store.path, try store.cleaned(set.oplog, record))
    try store.checkLinks(path)
    switch Files.kind(of: path) {
    case .folder?:
      let files = try store.slices(in: path, &notes, &damage)
      guard let first = files.first else { throw .snapshotFileMissing(path) }
      oplog = BackedUpOplog(
        place: Place(first.path), fileBytes: files.reduce(0) { $0 + $1.fileBytes }, slices: files)
      var reached = set.firstWrite
      for file in files where file.start <= reached { reached = max(reached, file.end) }
      if first.start > set.firstWrite { reached = set.firstWrite }
      if reached < set.lastWrite {
        damage.append(.snapshotOplogGap(Place(path), from: reached, to: set.lastWrite))
      }
    case .file?:
      // Its name says nothing; what the record says is as good.
      let size = try Files.size(of: path)
      let span = SliceSpan(start: set.firstWrite, end: set.lastWrite)
      oplog = BackedUpOplog(
        place: Place(path), fileBytes: size, slices: [BackedUpSlice(path, fileBytes: size, span)])
    default: throw .snapshotFileMissing(path)
    }
  }
}

extension PBMStore {
  /// A path out of a snapshot's record, which has to stay in the store.
  fileprivate func cleaned(_ path: String, _ record: PBMRecord) throws(Failure) -> String {
    guard let clean = Self.cleaned(path) else {
      throw .badMetadata(record.place, "the path \"\(path)\" leads out of the store")
    }
    return clean
  }

  /// A path without `.`, `..` and doubled slashes; nil when it leads out of where it starts.
  static func cleaned(_ path: String) -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  /// Sees to it that no link on the way leads out of the store, or nowhere. Nothing at the path is fine.
  func checkLinks(_ path: String) throws(Failure) {
    guard Files.exists(path) else {
      if Files.kind(of: path, followingLinks: false) == .symbolicLink { throw .linkBroken(path) }
      return
    }
    let target = try Files.realPath(path)
    if !target.utf8.starts(with: (root == "/" ? root : root + "/").utf8) {
      throw .linkLeaves(path, target: target)
    }
  }
}

extension Treatment {
  /// What becomes of a collection of a snapshot.
  fileprivate init(inSnapshot namespace: Namespace) {
    self =
      namespace.isOfPBM
      ? .notRestored(reason: "bookkeeping of Percona Backup for MongoDB on the source") : Treatment(namespace)
  }
}

extension Namespace {
  /// Whether it is one of the collections in which Percona Backup for MongoDB keeps its own state.
  ///
  /// Source: PBM 2.15, `pbm/defs/defs.go` and `pbm/snapshot/restore.go`.
  package var isOfPBM: Bool {
    database == "admin"
      && [
        "pbmAgents", "pbmBackups", "pbmBackups.old", "pbmCmd", "pbmConfig", "pbmLock", "pbmLockOp", "pbmLog",
        "pbmOpLog", "pbmPITR", "pbmPITRChunks", "pbmPITRChunks.old", "pbmRRoles", "pbmRUsers", "pbmRestores",
      ].contains(collection)
  }
}

internal import BSON
internal import Platform

/// Stores of Percona Backup for MongoDB.
extension ListingWalk {
  mutating func takeStore(_ path: String, _ names: [String], in root: String) throws(Failure) {
    let store = try PBMStore(path)
    let described = names.filter { $0.hasSuffix(PBMStore.recordSuffix) }
      .map { String($0.dropLast(PBMStore.recordSuffix.count)) }
    for name in described {
      let own = Files.join(path, name)
      do throws(Failure) {
        var entry = BackupListing.Entry(
          try DumpFiles(store.snapshot(named: name), in: store), at: own, in: root)
        let record = try store.snapshot(named: name)
        entry.isPart = !record.selection.isEmpty
        entries.append(entry)
      } catch {
        var entry = BackupListing.Entry(.snapshot, BackupForm.pbmSnapshot.rawValue, own)
        entry.bytes = Files.diskUsage(of: own)
        let status = store.snapshots.first { $0.name.utf8.elementsEqual(name.utf8) }?.status
        entry.fail(error)
        if status == "error" { entry.status = .failed }
        entry.date(in: root)
        entries.append(entry)
      }
    }
    for name in names where !described.contains(name) && name != PBMStore.sliceFolder && !name.hasPrefix(".")
    {
      let own = Files.join(path, name)
      guard Files.isDirectory(own) else { continue }
      var entry = BackupListing.Entry(.snapshot, BackupForm.pbmSnapshot.rawValue, own)
      entry.bytes = Files.diskUsage(of: own)
      entry.fail(.snapshotWithoutRecord(own))
      entry.date(in: root)
      entries.append(entry)
    }
    let folder = Files.join(path, PBMStore.sliceFolder)
    guard Files.isDirectory(folder) || Files.kind(of: folder, followingLinks: false) == .symbolicLink else {
      return
    }
    var notes: [String] = []
    var damage: [Failure] = []
    var slices: [BackedUpSlice] = []
    do throws(Failure) { slices = try store.slices(in: folder, &notes, &damage) } catch {
      guard error.kind == .damagedBackup else { throw error }
      damage.append(error)
    }
    for slice in slices {
      var entry = BackupListing.Entry(.slice, "oplog slice", slice.path)
      entry.bytes = slice.fileBytes
      entry.namespaces = []
      entry.oplog = OplogInterval(first: slice.start, last: slice.end)
      entry.time = BackupTime(WallTime(seconds: Int(slice.end.seconds)), .oplog)
      if slice.fileBytes == 0 { entry.fail(.emptyFile(slice.path)) }
      entries.append(entry)
    }
    for failure in damage {
      var entry = BackupListing.Entry(.slice, "oplog slice", failure.place?.file ?? folder)
      entry.fail(failure)
      entries.append(entry)
    }
    passedOver += notes.map { (folder, $0) }
  }
}

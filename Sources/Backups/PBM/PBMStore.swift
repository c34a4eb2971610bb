package import BSON
internal import Facts
package import Platform

/// A folder that Percona Backup for MongoDB keeps its snapshots and oplog slices in (storage of type
/// `filesystem`, or a copy of a bucket).
package struct PBMStore: Sendable {
  package let path: String
  /// What it holds, the latest first; snapshots that can't be restored here are among them.
  package let snapshots: [PBMRecord]
  /// What a person should know and that is no failure.
  package private(set) var notes: [String] = []
  /// Snapshots of which nothing can be known, by their names: their description can't be read, or is missing.
  private var unknown: [(name: String, reason: Failure)] = []
  /// Its real path, which no link may lead out of.
  let root: String

  static let recordSuffix = ".pbm.json"
  static let mark = ".pbm.init"
  static let sliceFolder = "pbmPitr"

  /// Lists a store's snapshots. Throws `Failure` when the folder can't be read; a snapshot whose description can't
  /// be read is noted.
  package init(_ path: String) throws(Failure) {
    self.path = path
    root = try Files.realPath(path)
    var faults: [Failure] = []
    var snapshots: [PBMRecord] = []
    let entries = try Folder(path: path, root: root).entries(&faults)
    for entry in entries where entry.kind == .file && entry.name.hasSuffix(Self.recordSuffix) {
      do throws(Failure) { snapshots.append(try PBMRecord(entry.path)) } catch {
        faults.append(error)
        unknown.append((String(entry.name.dropLast(Self.recordSuffix.count)), error))
      }
    }
    notes = faults.map { "passed over: \($0)" }
    let described = Set(
      entries.filter { $0.name.hasSuffix(Self.recordSuffix) }.map {
        Array($0.name.utf8.dropLast(Self.recordSuffix.utf8.count))
      })
    for entry in entries
    where entry.kind == .folder && WallTime(rfc3339: entry.name) != nil
      && !described.contains(Array(entry.name.utf8))
    {
      let failure = Failure.snapshotWithoutRecord(entry.path)
      notes.append("passed over: \(failure)")
      unknown.append((entry.name, failure))
    }
    self.snapshots = snapshots.sorted {
      $0.lastWrite == $1.lastWrite ? $0.name > $1.name : $0.lastWrite > $1.lastWrite
    }
  }

  /// Whether a folder is a store, by the names of what lies in it.
  static func isStore(_ names: [String]) -> Bool {
    names.contains { $0 == mark || $0 == sliceFolder || $0.hasSuffix(recordSuffix) }
  }

  /// The store and the snapshot that a path such as `STORE/NAME` or `STORE/NAME.pbm.json` names; nil for others.
  static func snapshot(at path: String) -> (store: String, name: String)? {
    let folder = Files.folder(of: path)
    let name = Files.name(of: path)
    if name.hasSuffix(recordSuffix), name != recordSuffix {
      return (folder, String(name.dropLast(recordSuffix.count)))
    }
    if Files.kind(of: Files.join(folder, name + recordSuffix)) == .file { return (folder, name) }
    // Also where it is not there: then the store says what is.
    return Files.exists(Files.join(folder, mark)) && name != sliceFolder ? (folder, name) : nil
  }

  /// The snapshot of this name. Throws `Failure` when there is none, or none that can be restored here.
  package func snapshot(named name: String) throws(Failure) -> PBMRecord {
    let file = Files.join(path, name + Self.recordSuffix)
    try checkLinks(file)
    var record = snapshots.first { $0.name.utf8.elementsEqual(name.utf8) }
    // One that was passed over: to read it again says what is wrong with it.
    if record == nil, Files.exists(file) { record = try PBMRecord(file) }
    guard let record else {
      throw Files.exists(Files.join(path, name))
        ? .snapshotWithoutRecord(Files.join(path, name)) : .noSnapshot(named: name, in: self)
    }
    if let refusal = record.refusal { throw refusal }
    return record
  }

  /// The newest snapshot that can be restored here and that ends at or before `target`, if one is given. Throws
  /// `Failure` of kind `damagedBackup` when there is none, and says what there is.
  package func newestSnapshot(endingBy target: Timestamp? = nil) throws(Failure) -> PBMRecord {
    let usable = snapshots.filter { $0.refusal == nil && $0.selection.isEmpty }
    guard !usable.isEmpty else { throw .noUsableSnapshot(in: self) }
    guard let target else { return usable[0] }
    guard let record = usable.first(where: { $0.lastWrite <= target }) else {
      throw .noSnapshot(endingBy: target, earliest: usable[usable.count - 1], in: self)
    }
    return record
  }

  /// Why those that are later than `record`, and end by `target`, were not taken instead.
  func passedOver(for record: PBMRecord, endingBy target: Timestamp?) -> [String] {
    snapshots.filter { $0.name > record.name && target.map { $0 >= record.lastWrite } ?? true }.compactMap {
      if let refusal = $0.refusal { return "\($0.name): passed over: \(refusal.message)" }
      return $0.selection.isEmpty ? nil : "\($0.name): passed over: holds only \($0.selectionText)"
    }
  }

  /// Of those that were passed over, the ones that would have been taken were they not damaged or unfinished, in sentences.
  /// A snapshot's name is the time at which it began.
  func doubts(about record: PBMRecord, endingBy target: Timestamp?) -> [String] {
    let refused = snapshots.compactMap { snapshot in snapshot.refusal.map { (snapshot.name, $0) } }
    return (refused + unknown).filter { name, reason in
      guard !reason.isOnlyUnfit, record.name.utf8.lexicographicallyPrecedes(name.utf8) else { return false }
      guard let target, let begin = WallTime(rfc3339: name) else { return true }
      return begin.seconds <= Int(target.seconds)
    }.sorted { $1.0 < $0.0 }.map { name, reason in
      PickedBackup.doubt(
        "a newer", Files.join(path, name), reason.description, chosen: Files.join(path, record.name))
    }
  }
}

extension PBMRecord {
  /// What was asked for when it was made, for people.
  var selectionText: String { selection.joined(separator: ", ") }
}

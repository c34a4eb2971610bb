package import BSON
internal import Platform

/// A file of oplog entries that belongs to a backup, with the interval that its name promises, or the snapshot's record.
package struct BackedUpSlice: Sendable, Hashable {
  package var path: String
  /// In bytes, compressed when it is.
  package var fileBytes: Int
  /// The times of its first and its last entry; neighbours share one.
  package var start: Timestamp
  package var end: Timestamp

  /// Reads `20261121111712-2.20261121111758-1`, and what may follow it; nil when the name is another one. Both
  /// times are UTC.
  ///
  /// Source: PBM 2.15, `pbm/oplog/chunk.go`.
  init?(_ entry: Folder.Entry) {
    guard entry.kind == .file, let span = SliceSpan(nameOf: entry.path) else { return nil }
    self.init(entry.path, fileBytes: entry.size, span)
  }

  init(_ path: String, fileBytes: Int, _ span: SliceSpan) {
    (self.path, self.fileBytes) = (path, fileBytes)
    (start, end) = (span.start, span.end)
  }

  var span: SliceSpan { SliceSpan(start: start, end: end) }
}

/// The interval that a slice is said to hold.
///
/// Both are entries of the oplog: a slice goes on from the last entry of the one before, which it holds as well, and PBM
/// ends it only when it sees a later one. What it means to leave out, it doesn't: entries that change nothing are there.
/// Only a shard's slice after the snapshot begins where that of the cluster ended, which need not be an entry of its own.
///
/// Source: PBM 1.6 to 2.15, `pbm/oplog/backup.go`, `pbm/slicer/slicer.go` and `pbm/backup/slicer.go`.
struct SliceSpan: Sendable, Hashable {
  var start: Timestamp
  var end: Timestamp
  /// Whether the first entry has to be that of `start`.
  var isExact = true

  init(start: Timestamp, end: Timestamp) { (self.start, self.end) = (start, end) }

  /// That of a file's name; nil when it isn't such a one.
  init?(nameOf path: String) {
    let parts = Files.name(of: path).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.last != "tmp", let start = Self.timestamp(parts[0]),
      let end = Self.timestamp(parts[1])
    else { return nil }
    (self.start, self.end) = (start, end)
  }

  /// That of the name of a file that somebody gave as a slice, of a replica set or a shard.
  init?(ofGiven path: String) {
    let parts = Files.name(of: path).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[2] == "oplog", let span = SliceSpan(nameOf: path) else { return nil }
    self = span
    isExact = false
  }

  /// What is wrong with a file that was read whole; nil when it holds what it is said to hold.
  func fault(of file: String, first: Timestamp?, last: Timestamp?) -> Failure? {
    guard let first, let last else { return .sliceEmpty(file, self) }
    for time in [first, last] where time < start || time > end { return .outsideOfName(file, time) }
    if isExact, first != start { return .sliceCut(file, "begins at \(first)", self) }
    return last == end ? nil : .sliceCut(file, "ends at \(last)", self)
  }

  private static func timestamp(_ text: Substring) -> Timestamp? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let digits = Array(parts[0])
    guard digits.count == 14, parts.count <= 2 else { return nil }
    func field(_ range: Range<Int>) -> String { String(digits[range]) }
    let date = "\(field(0..<4))-\(field(4..<6))-\(field(6..<8))"
    let time = "\(field(8..<10)):\(field(10..<12)):\(field(12..<14))"
    guard let seconds = WallTime(rfc3339: "\(date)T\(time)Z").flatMap({ UInt32(exactly: $0.seconds) }),
      let increment = parts.count == 1 ? 0 : UInt32(parts[1])
    else { return nil }
    return Timestamp(seconds: seconds, increment: increment)
  }
}

extension PBMStore {
  /// The slices of a replica set that reach beyond a moment, in the order of their names' times. What else lies
  /// among them is noted.
  func slices(
    of replicaSet: String, after moment: Timestamp, _ notes: inout [String], _ damage: inout [Failure]
  )
    throws(Failure) -> [BackedUpSlice]
  {
    let folder = Files.join(Files.join(path, Self.sliceFolder), replicaSet)
    try checkLinks(Files.join(path, Self.sliceFolder))
    try checkLinks(folder)
    guard Files.isDirectory(folder) else { return [] }
    return try slices(in: folder, &notes, &damage).filter { $0.end > moment }
  }

  /// The slices in a folder and the folders in it, each folder once, whatever links lead to it. Throws `Failure` when the
  /// folder itself doesn't lie in the store.
  func slices(in folder: String, _ notes: inout [String], _ damage: inout [Failure]) throws(Failure)
    -> [BackedUpSlice]
  {
    try checkLinks(folder)
    var seen: Set<String> = [try Files.realPath(folder)]
    var slices: [BackedUpSlice] = []
    try collect(&slices, in: folder, &seen, &notes, &damage)
    return slices.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
  }

  private func collect(
    _ slices: inout [BackedUpSlice], in folder: String, _ seen: inout Set<String>, _ notes: inout [String],
    _ damage: inout [Failure]
  ) throws(Failure) {
    for entry in try Folder(path: folder, root: root).entries(&damage) {
      try Interruption.check()
      if entry.kind == .folder {
        guard seen.insert(try Files.realPath(entry.path)).inserted else { continue }
        try collect(&slices, in: entry.path, &seen, &notes, &damage)
      } else if entry.name.contains(PBMStore.partMark) {
        damage.append(.splitFile(entry.path))
      } else if let slice = BackedUpSlice(entry) {
        slices.append(slice)
      } else {
        notes.append("\(entry.path): passed over, its name is not that of an oplog slice")
      }
    }
  }

  /// What the names of a file's further parts hold, where PBM was told to split files (`maxObjSizeGB`).
  static let partMark = ".pbmpart."
}

package import BSON
internal import Glibc
internal import Platform

/// A file of oplog entries that belongs to a backup, with the interval that its name promises.
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
    let parts = entry.name.split(separator: ".", omittingEmptySubsequences: false)
    guard entry.kind == .file, parts.count >= 2, parts.last != "tmp",
      let start = Self.timestamp(parts[0]), let end = Self.timestamp(parts[1])
    else { return nil }
    (self.start, self.end) = (start, end)
    (path, fileBytes) = (entry.path, entry.size)
  }

  private static func timestamp(_ text: Substring) -> Timestamp? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts[0].utf8.count == 14, let digits = Int(parts[0]), digits > 0, parts.count <= 2 else { return nil }
    func field(_ scale: Int, _ count: Int) -> CInt { CInt(digits / scale % count) }
    var time = tm()
    time.tm_year = field(10_000_000_000, 10000) - 1900
    time.tm_mon = field(100_000_000, 100) - 1
    time.tm_mday = field(1_000_000, 100)
    time.tm_hour = field(10000, 100)
    time.tm_min = field(100, 100)
    time.tm_sec = field(1, 100)
    guard let seconds = UInt32(exactly: unsafe timegm(&time)),
      let increment = parts.count == 1 ? 0 : UInt32(parts[1])
    else { return nil }
    return Timestamp(seconds: seconds, increment: increment)
  }
}

extension PBMStore {
  /// The slices of a replica set that reach beyond a moment, in the order of their names' times. What else lies
  /// among them is noted.
  func slices(of replicaSet: String, after moment: Timestamp, _ notes: inout [String], _ damage: inout [Failure])
    throws(Failure) -> [BackedUpSlice]
  {
    let folder = Files.join(Files.join(path, Self.sliceFolder), replicaSet)
    guard Files.isDirectory(folder) else { return [] }
    return try slices(in: folder, &notes, &damage).filter { $0.end > moment }
  }

  /// The slices in a folder and the folders in it.
  func slices(in folder: String, _ notes: inout [String], _ damage: inout [Failure]) throws(Failure)
    -> [BackedUpSlice]
  {
    var slices: [BackedUpSlice] = []
    for entry in try Folder(path: folder, root: root).entries(&damage) {
      if entry.kind == .folder {
        slices += try self.slices(in: entry.path, &notes, &damage)
      } else if entry.name.contains(PBMStore.partMark) {
        damage.append(.splitFile(entry.path))
      } else if let slice = BackedUpSlice(entry) {
        slices.append(slice)
      } else {
        notes.append("\(entry.path): passed over, its name is not that of an oplog slice")
      }
    }
    return slices.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
  }

  /// What the names of a file's further parts hold, where PBM was told to split files (`maxObjSizeGB`).
  static let partMark = ".pbmpart."
}

import BSON
import Backups
import Commands
import Facts
import Glibc
import Platform

/// Changes a backup byte by byte, and has `verify` look at it each time.
struct ByteSweep {
  /// What became of the changes of one kind.
  struct Count {
    var tried = 0
    var noticed = 0
    /// Nothing that is read of the backup is another: the time in a gzip header, a blank in a text.
    var harmless = 0
    /// Of the others, those that a sidecar with SHA-256 of the files gives away.
    var noticedBySidecar = 0
    var missed: [ByteChange] = []
    /// By their exit status, those that `verify` ended otherwise.
    var odd: [Int32: [ByteChange]] = [:]
  }

  let form: SmallBackup
  let scratch: Scratch
  /// One change in so many is tried.
  let every: Int
  private(set) var counts: [ByteChange.Kind: Count] = [:]
  private(set) var bytes = 0
  private let output: Int32

  init(_ form: SmallBackup, every: Int, scratch: Scratch) throws {
    self.form = form
    self.scratch = scratch
    self.every = every
    try Self.lay(form, in: scratch["in"])
    output = open(scratch["output"], O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw Misbehaviour("\(scratch.path) can't be written to") }
  }

  /// Puts an unchanged copy in place.
  static func lay(_ form: SmallBackup, in folder: String) throws {
    try Files.createFolder(folder, parents: true)
    for part in form.parts + [
      "scenario.yaml", "dumped.json", "dumped.json.documents", "ended.json", "ended.json.documents",
    ] {
      if part == "store" {
        try runProgram("tar", "-xzf", Fixture.path("Tests/Fixtures/pbm/store.tar.gz"), "-C", folder)
      } else {
        try runProgram("cp", "-r", Fixture.path("Tests/Fixtures/small/\(part)"), folder)
      }
    }
  }

  mutating func run() throws {
    let place = Scratch(path: scratch["in"])
    let files =
      try Files.kind(of: place[form.changed]) == .file
      ? [form.changed] : Self.files(in: place.path, form.changed)
    guard try verify() == 0 else { throw Misbehaviour("\(form.name) is refused as it is: \(text)") }
    let whole = try fingerprint()
    var number = 0
    for file in files {
      let good = try Files.read(place[file])
      bytes += good.count
      for kind in ByteChange.Kind.allCases {
        for offset in good.indices {
          number += 1
          guard number.isMultiple(of: every * form.stride) else { continue }
          let change = ByteChange(file: file, kind: kind, offset: offset)
          try place.write(change.applied(to: good), to: file)
          try judge(change, whole)
          try place.write(good, to: file)
        }
      }
    }
  }

  private mutating func judge(_ change: ByteChange, _ whole: [UInt8]) throws {
    var count = counts[change.kind] ?? Count()
    defer { counts[change.kind] = count }
    count.tried += 1
    switch try verify() {
    case 65: count.noticed += 1
    case 0:
      if try fingerprint() == whole {
        count.harmless += 1
      } else {
        count.missed.append(change)
        if try isNoticedBySidecar() { count.noticedBySidecar += 1 }
      }
    case let status: count.odd[status, default: []].append(change)
    }
  }

  /// What `verify` ends with; what it says goes to a file.
  private func verify() throws -> Int32 {
    let kept = (dup(1), dup(2))
    ftruncate(output, 0)
    lseek(output, 0, SEEK_SET)
    dup2(output, 1)
    dup2(output, 2)
    defer {
      dup2(kept.0, 1)
      dup2(kept.1, 2)
      close(kept.0)
      close(kept.1)
    }
    var words = ["verify", scratch["in/\(form.backup)"], "--output", "json", "--progress", "none"]
    if let slices = form.slices { words += ["--oplog", scratch["in/\(slices)"], "--to", "1795301445:19"] }
    return Program.run(words)
  }

  private var text: String { (try? Files.text(of: scratch["output"])) ?? "" }

  /// All that is read of the backup: what it says of its collections, their documents, the oplog.
  private func fingerprint() throws -> [UInt8] {
    let backup = try openBackup(scratch["in/\(form.backup)"])
    var all: [UInt8] = []
    for collection in backup.collections {
      let facts = collection.facts
      all += "\(facts.namespace) \(facts.kind) \(String(describing: facts.uuid)) ".utf8
      all += facts.options.bytes
      for index in facts.indexes { all += index.document.bytes }
    }
    for (name, content) in try FuzzedReader.contents(of: backup).sorted(by: { $0.key < $1.key }) {
      all += name.utf8
      all += content
    }
    if backup.oplog != nil {
      let chain = try OplogChain.open(base: backup, slices: form.slices.map { [scratch["in/\($0)"]] } ?? [])
      let cursor = try chain.cursor(through: chain.coverage.end)
      while let entry = try cursor.next() { all += entry.operation.bytes }
    }
    return Array(SHA256.hex(of: all).utf8)
  }

  /// Whether `verify` notices when a sidecar holds the digests of the files as they were.
  private func isNoticedBySidecar() throws -> Bool {
    // Of slices nothing is compared: a sidecar is a backup's.
    guard form.slices == nil, form.name != "PBM store" else { return false }
    let original = Fixture.path("Tests/Fixtures/small/\(form.changed)")
    let isFile = Files.kind(of: original) == .file
    let names = try isFile ? [""] : Self.files(in: original, "")
    let members = try names.map { name in
      let path = isFile ? original : Files.join(original, name)
      let member = isFile ? Files.name(of: path) : name
      return JSON.Member(member, .string(SHA256.hex(of: try Files.read(path))))
    }
    let sidecar = isFile ? "in/\(form.backup).backup_metadata.json" : "in/\(form.backup)/backup_metadata.json"
    try scratch.write(JSON.object([JSON.Member("sha256", .object(members))]).text(), to: sidecar)
    defer { unlink(scratch[sidecar]) }
    return try verify() == 65
  }

  /// The files below a folder, by their paths from `root`.
  static func files(in root: String, _ folder: String) throws -> [String] {
    var files: [String] = []
    for name in try Files.names(in: folder.isEmpty ? root : Files.join(root, folder)).sorted() {
      let path = folder.isEmpty ? name : Files.join(folder, name)
      if Files.isDirectory(Files.join(root, path)) {
        files += try Self.files(in: root, path)
      } else {
        files.append(path)
      }
    }
    return files
  }
}

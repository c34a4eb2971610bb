internal import BSON
internal import Compression
internal import Platform

/// Finds oplog slices by their content, whatever they are called.
struct OplogFinder {
  private(set) var slices: [OplogSlice] = []
  private(set) var notes: [String] = []
  private(set) var damage: [Failure] = []
  /// Real paths of what was looked at: nothing counts twice.
  private var seen: Set<String> = []
  /// Files under the path at hand that hold something else.
  private var passedOver: [String] = []
  /// Files under it that hold nothing.
  private var empty: [String] = []
  /// All files that hold nothing and are named as slices are.
  private var emptySlices: [String] = []
  /// Whether something under the path at hand was found before, or is an oplog without an entry.
  private var isKnown = false

  /// An oplog out of an archive that takes no more than this is kept in memory, rather than read again.
  private static let largestKept = 32 << 20

  /// Takes the base's own oplog and the slices that lie with it. Throws `Failure` when it has no oplog.
  mutating func addBase(_ base: any LogicalBackup) throws(Failure) {
    guard let oplog = base.oplog else { throw .baseWithoutOplog(base.path) }
    if oplog.place.file == "-" { throw .oplogOnStandardInput() }
    if let command = (base as? Archive)?.command {
      do throws(Failure) {
        guard try add(.command(command, Namespace("", "oplog")), .base) else {
          throw .baseOplogEmpty(command.name)
        }
      } catch { try report(error) }
      return
    }
    for (index, file) in oplog.files.enumerated() {
      seen.insert(try Files.realPath(file))
      let span = oplog.slices.isEmpty ? nil : oplog.slices[index].span
      do throws(Failure) {
        let source =
          base.form == .archive ? OplogSource.archive(file, Namespace("", "oplog")) : .file(file)
        guard try add(source, .base, span) else { throw .baseOplogEmpty(file) }
      } catch { try report(error) }
    }
    for slice in base.slices where seen.insert(try Files.realPath(slice.path)).inserted {
      do throws(Failure) {
        try refuseEmpty(slice.path)
        guard try add(.file(slice.path), .slice, slice.span) else {
          throw .sliceEmpty(slice.path, slice.span)
        }
      } catch { try report(error) }
    }
  }

  /// Takes the entries that were read out of a physical copy. Throws `Failure` when there are none.
  mutating func addTail(_ file: String) throws(Failure) {
    seen.insert(try Files.realPath(file))
    guard try add(.file(file), .base) else { throw .baseOplogEmpty(file) }
  }

  /// Takes everything at a path that the user named.
  mutating func add(_ path: String) throws(Failure) {
    if path == "-" { throw .oplogOnStandardInput() }
    let count = slices.count + damage.count
    passedOver = []
    empty = []
    isKnown = false
    switch Files.kind(of: path) {
    case nil: throw .oplogNotFound(path)
    case .folder?:
      let root = try Files.realPath(path)
      guard seen.insert(root).inserted else { return }
      try addFolder(Folder(path: path, root: root))
    default:
      guard seen.insert(try Files.realPath(path)).inserted else { return }
      do throws(Failure) { try addFile(path, isNamed: true) } catch { try report(error) }
      return
    }
    if slices.count + damage.count == count, !isKnown {
      throw .noSlice(path, passedOver: passedOver + empty)
    }
    if let first = empty.first {
      notes.append(
        empty.count == 1
          ? "\(first): passed over, is empty"
          : "\(path): \(empty.count) empty files passed over (the first: \(first))")
    }
    guard let first = passedOver.first else { return }
    notes.append(
      passedOver.count == 1
        ? "\(first): passed over, holds no oplog"
        : "\(path): \(passedOver.count) files passed over, they hold no oplog (the first: \(first))")
  }

  private mutating func addFolder(_ folder: Folder) throws(Failure) {
    var faults: [Failure] = []
    let entries = try folder.entries(&faults)
    for fault in faults { try report(fault) }
    let companions = Companions(entries.map(\.name))
    for entry in entries {
      guard seen.insert(try Files.realPath(entry.path)).inserted else {
        isKnown = true
        continue
      }
      switch entry.kind {
      case .folder: try addFolder(Folder(path: entry.path, root: folder.root))
      case .other: passedOver.append(entry.path)
      case .file:
        // What describes a dump is JSON; there is no need to look.
        let name = entry.name.lowercased()
        if name.hasPrefix("prelude.json") || name.contains(".metadata.json") { continue }
        if companions.isNamedForAnother(entry.name) {
          passedOver.append(entry.path)
          continue
        }
        if OplogFinder.isNamedUnread(name) {
          damage.append(.unreadSlice(entry.path))
          continue
        }
        do throws(Failure) { try addFile(entry.path, isNamed: false) } catch { try report(error) }
      }
    }
  }

  private mutating func addFile(_ path: String, isNamed: Bool) throws(Failure) {
    let name = Files.name(of: path).lowercased()
    let isOplog = ["oplog.bson", "oplog.rs.bson", "oplog.bson.gz", "oplog.rs.bson.gz"].contains(name)
    let isDump = ["oplog.bson", "oplog.bson.gz"].contains(name)
    let reader = try openDecompressed(path)
    let start = try reader.read(upTo: Archive.magic.count)
    if start.isEmpty {
      try refuseEmpty(path)
      if let span = SliceSpan(ofGiven: path) { throw .sliceEmpty(path, span) }
      if isNamed { notes.append("\(path): passed over, is empty") } else { empty.append(path) }
      if isNamed || OplogFinder.mayBeSlice(name) { emptySlices.append(path) }
      isKnown = isKnown || isOplog
      return
    }
    if start == Archive.magic {
      let stream = ArchiveStream(try openDecompressed(path))
      var found = false
      for declared in try ArchivePrelude(stream).declared {
        guard declared.isOplog || declared.namespace == Namespace("local", "oplog.rs") else { continue }
        found = true
        if try !add(.archive(path, declared.namespace), declared.isOplog ? .dump : .slice) {
          notes.append("\(path): passed over, its oplog is empty")
          isKnown = true
        }
      }
      if !found {
        if isNamed { throw .noOplogIn(path) }
        passedOver.append(path)
      }
      return
    }
    let entry: OplogEntry?
    do throws(Failure) { entry = try firstEntry(path) } catch {
      if isNamed || OplogFinder.isNamedEntries(name) { throw error }
      passedOver.append(path)
      return
    }
    if entry == nil {
      if isOplog { throw .notAnEntry(Place(path, offset: 0)) }
      if isNamed { throw .noOplogIn(path) }
      passedOver.append(path)
      return
    }
    _ = try add(.file(path), isDump ? .dump : .slice, SliceSpan(ofGiven: path))
  }

  /// Whether a file's name, in lower case, is one that files of documents and slices of Percona Backup for MongoDB have.
  private static func isNamedEntries(_ name: String) -> Bool {
    let compression = [".gz", ".zst", ".lz4", ".snappy", ".s2"].first(where: name.hasSuffix)
    let stem = name.dropLast(compression?.count ?? 0)
    return stem.hasSuffix(".bson") || stem.hasSuffix(".oplog")
  }

  /// Whether a file's name, in lower case, says that entries are in it, and its ending that they are in no form that is
  /// read, or that a copy of it was interrupted.
  private static func isNamedUnread(_ name: String) -> Bool {
    let ending = name.split(separator: ".").last.map(String.init) ?? ""
    if name.hasPrefix("._") { return isNamedEntries(name) }
    // rsync's own copy under way: `.slice.bson.Xa81bQ`.
    if name.hasPrefix("."), ending.count == 6, isNamedEntries(String(name.dropLast(7))) { return true }
    guard foreignEndings.contains(ending) else { return false }
    return name.contains(".bson") || name.contains(".oplog") || name.hasPrefix("oplog")
      || BackupShelf.isNamedArchive(name) || name.contains(".archive.")
  }

  /// Endings of what other programs compress, encrypt, or have not finished.
  private static let foreignEndings: Set<String> = [
    "xz", "bz2", "lzma", "lzo", "br", "7z", "zip", "gpg", "pgp", "age", "enc", "part", "partial", "tmp",
    "temp",
    "filepart", "crdownload", "inprogress",
  ]

  /// Slices without an entry that come, by their paths, behind every one that has some.
  var emptyAtEnd: [String] {
    let last = slices.filter { $0.role != .base }.map(\.file).max {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    return emptySlices.filter { path in
      last.map { $0.utf8.lexicographicallyPrecedes(path.utf8) } ?? true
    }.map { "\($0) is empty and stands behind all other slices: what was to be in it is not verified" }
  }

  /// Whether an empty file may be a slice, by its name in lower case: one of entries, or a bare number or time.
  private static func mayBeSlice(_ name: String) -> Bool {
    isNamedEntries(name) || (!name.contains(".") && name.contains { $0.isASCII && $0.isNumber })
  }

  /// Throws for a file without a byte that is named as compressed: nothing takes a few bytes then. What writes snappy and
  /// s2 may leave those out.
  private func refuseEmpty(_ path: String) throws(Failure) {
    guard [".gz", ".zst", ".lz4"].contains(where: path.lowercased().hasSuffix), try Files.size(of: path) == 0
    else { return }
    throw .emptyGzip(path)
  }

  /// The first document as an entry; nil when it is none.
  private func firstEntry(_ path: String) throws(Failure) -> OplogEntry? {
    var stream = DocumentStream(try openDecompressed(path))
    guard let size = try stream.sizeOfNextRun(1) else { return nil }
    return OplogEntry(validated: try stream.nextChunk(size, maxDocuments: 1).bytes[...])
  }

  /// Adds a slice by its first entry; false when it has none.
  private mutating func add(
    _ source: OplogSource, _ role: OplogSlice.Role, _ span: SliceSpan? = nil
  ) throws(Failure) -> Bool {
    var source = source
    switch source {
    case .archive, .command:
      if let chunks = try kept(source) { source = .kept(file: source.path, chunks) }
    case .file, .kept: break
    }
    guard let first = try OplogReader(source).next() else { return false }
    slices.append(OplogSlice(role: role, source: source, first: first.timestamp, span: span))
    return true
  }

  /// What a source holds, if that is little.
  private func kept(_ source: OplogSource) throws(Failure) -> [OplogChunk]? {
    let reading = try source.open()
    var chunks: [OplogChunk] = []
    var bytes = 0
    while let chunk = try reading.next() {
      bytes += chunk.bytes.count
      if bytes > Self.largestKept { return nil }
      chunks.append(chunk)
    }
    return chunks
  }

  private mutating func report(_ failure: Failure) throws(Failure) {
    guard failure.kind == .damagedBackup else { throw failure }
    damage.append(failure)
  }
}

extension Failure {
  static func baseWithoutOplog(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "base-without-oplog", "the base holds no oplog of its own", at: Place(path),
      hint:
        "Nothing tells when it was taken, so no oplog can be replayed onto it. Take dumps with mongodump "
        + "--oplog, or leave --oplog and --to out to restore the documents alone.")
  }

  static func baseOplogEmpty(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "base-oplog-empty", "the base's own oplog is empty", at: Place(path),
      hint:
        "It holds one entry at least when mongodump wrote it. The dump failed, or its copy was interrupted.")
  }

  static func oplogOnStandardInput() -> Failure {
    Failure(
      .usage, "oplog-on-stdin",
      "an oplog on standard input can't be replayed: it has to be read more than once",
      hint: "Write it to a file and give its path.")
  }

  static func noSlice(_ path: String, passedOver: [String]) -> Failure {
    let found = passedOver.prefix(5).joined(separator: ", ") + (passedOver.count > 5 ? ", …" : "")
    return Failure(
      .damagedBackup, "no-oplog", "no oplog in this folder", at: Place(path),
      hint: passedOver.isEmpty
        ? "The folder holds no file of documents; mongodump -d local -c oplog.rs writes slices."
        : "None of these holds one: \(found). mongodump -d local -c oplog.rs writes slices.")
  }

  static func unreadSlice(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "unread-slice", "has a slice's name and is in no form that is read, or unfinished",
      at: Place(path),
      hint:
        "Decompress or decrypt it beside the others and move it away; if a copy was interrupted, copy again.")
  }

  static func noOplogIn(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "no-oplog", "no oplog in this file", at: Place(path),
      hint: "Its first document is no oplog entry. mongodump -d local -c oplog.rs writes slices.")
  }
}

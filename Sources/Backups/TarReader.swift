internal import CArchive
internal import Compression
internal import Platform

/// Reads a tar (ustar, pax, GNU, v7) entry by entry, as a stream: libarchive knows the format, the bytes come from a reader
/// that takes the compression off.
@safe final class TarReader {
  /// One entry.
  struct Entry {
    enum Kind { case file, folder, symbolicLink, hardLink, other }

    /// As it is written, without `./` and slashes around it.
    let path: String
    let kind: Kind
    /// In bytes, holes counted.
    let size: Int
  }

  /// Where libarchive's bytes come from.
  @safe private final class Input {
    let reader: any ByteReader
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    var failure: Failure?
    /// How many bytes were handed over in all, and how many of them still lie in `buffer`.
    private(set) var given = 0
    private(set) var last = 0

    init(_ reader: any ByteReader) { self.reader = reader }
    deinit { unsafe buffer.deallocate() }

    /// The next bytes; 0 at the end, -1 after a failure.
    func next(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
      do throws(Failure) {
        let count = try unsafe reader.read(into: buffer)
        if count > 0 { (given, last) = (given + count, count) }
        unsafe bytes?.pointee = UnsafeRawPointer(buffer.baseAddress)
        return count
      } catch {
        failure = error
        return -1
      }
    }

    /// Where the first byte lies, from `position` on, that isn't 0; nil where there is none through the end.
    func firstNonzero(from position: Int) throws(Failure) -> Int? {
      let unused = min(max(0, given - position), last)
      var rest = unsafe Array(buffer[(last - unused)..<last])
      var start = given - unused
      repeat {
        if let at = rest.firstIndex(where: { $0 != 0 }) { return start + at }
        start += rest.count
        rest = try reader.read(upTo: 1 << 18)
      } while !rest.isEmpty
      return nil
    }
  }

  /// More bytes than a file may have, holes counted, on any file system that holds a dbPath.
  private static let largest = 1 << 53

  private let handle: OpaquePointer
  private let input: Input
  private var file: String { input.reader.file }

  /// Takes a reader at the tar's beginning.
  init(_ reader: any ByteReader) throws(Failure) {
    guard let handle = unsafe archive_read_new() else { throw .tarUnread(reader.file, "out of memory") }
    unsafe self.handle = handle
    input = Input(reader)
    unsafe archive_read_support_format_tar(handle)
    let opened = unsafe archive_read_open(
      handle, Unmanaged.passUnretained(input).toOpaque(), nil,
      { _, input, bytes in
        guard let input = unsafe input else { return -1 }
        return unsafe Unmanaged<Input>.fromOpaque(input).takeUnretainedValue().next(bytes)
      }, nil)
    guard opened == ARCHIVE_OK else { throw failure() }
  }

  deinit { unsafe archive_read_free(handle) }

  /// How many bytes of the tar were consumed, compression taken off.
  private var position: Int { Int(unsafe archive_filter_bytes(handle, -1)) }

  /// The next entry; nil at the end, which was found to be the tar's own and not where something was cut off.
  func next() throws(Failure) -> Entry? {
    var entry: OpaquePointer?
    let before = position
    switch unsafe archive_read_next_header(handle, &entry) {
    case ARCHIVE_OK, ARCHIVE_WARN: break
    case ARCHIVE_EOF:
      // What was last filled up to whole blocks; then comes one of zeros at least.
      let end = (before + 511) / 512 * 512
      guard position > end else { throw .tarCut(file) }
      if let offset = try input.firstNonzero(from: position) { throw .tarFollowed(file, offset: offset) }
      return nil
    default: throw failure()
    }
    guard let entry = unsafe entry,
      let name = unsafe archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry)
    else { throw .tarUnread(file, "an entry without a name") }
    let type = unsafe archive_entry_filetype(entry)
    var kind: Entry.Kind =
      switch type {
      case 0o100000: .file
      case 0o040000: .folder
      case 0o120000: .symbolicLink
      default: .other
      }
    if unsafe archive_entry_hardlink(entry) != nil { kind = .hardLink }
    let path = unsafe String(cString: name)
    guard let plain = Self.plain(path) else { throw .tarUnsafe(file, path, "leads out of the folder") }
    let size = Int(unsafe archive_entry_size(entry))
    guard (0...Self.largest).contains(size) else {
      throw .tarUnread(file, "\(path) says that it has \(size) bytes")
    }
    return Entry(path: plain, kind: kind, size: size)
  }

  /// Hands over the bytes of the entry that came last, each piece with its offset; what is passed over is zeros. `body`
  /// returns false to pass over the rest.
  func read(_ body: (UnsafeRawBufferPointer, Int) throws -> Bool) throws {
    while true {
      var start: UnsafeRawPointer?
      var (count, offset): (Int, Int64) = (0, 0)
      switch unsafe archive_read_data_block(handle, &start, &count, &offset) {
      case ARCHIVE_OK, ARCHIVE_WARN:
        guard try unsafe body(UnsafeRawBufferPointer(start: start, count: count), Int(offset)) else {
          return
        }
      case ARCHIVE_EOF: return
      default: throw failure()
      }
    }
  }

  /// The path without `./` and slashes at its end; nil for one that is absolute or goes up.
  private static func plain(_ path: String) -> String? {
    if path.hasPrefix("/") { return nil }
    let parts = path.split(separator: "/").filter { $0 != "." }
    return parts.contains("..") || path.utf8.contains(0) ? nil : parts.joined(separator: "/")
  }

  private func failure() -> Failure {
    if let failure = input.failure { return failure }
    let words = unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? "is no tar"
    return .tarUnread(file, words)
  }
}

extension Failure {
  static func tarUnread(_ file: String, _ words: String) -> Failure {
    Failure(
      .damagedBackup, "tar-damaged", "the tar can't be read to its end", at: Place(file),
      hint: "Its making or its transfer was interrupted; get it again.", cause: words)
  }

  static func tarCut(_ file: String) -> Failure {
    Failure(
      .damagedBackup, "tar-damaged", "the tar ends without its end mark: something was cut off",
      at: Place(file),
      hint: "Its making or its transfer was interrupted; get it again.")
  }

  static func tarFollowed(_ file: String, offset: Int) -> Failure {
    Failure(
      .damagedBackup, "tar-damaged", "something follows the tar's end mark, where only zeros may",
      at: Place(file, offset: UInt64(offset)),
      hint: "Several tars were put together, or the file is damaged: what follows would not be read.")
  }

  static func tarUnsafe(_ file: String, _ path: String, _ what: String) -> Failure {
    Failure(
      .damagedBackup, "tar-unsafe", "the tar's entry \(path) \(what)", at: Place(file),
      hint:
        "A copy of a dbPath holds files and folders only; this tar was made of something else, or on purpose."
    )
  }
}

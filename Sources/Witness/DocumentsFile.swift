internal import Compression
internal import Glibc
internal import Platform

/// The file beside a witness that tells of single documents: for each range one Zstandard frame.
///
/// It grows under another name until the witness is complete; safe from any thread.
final class DocumentsFile: Sendable {
  /// What it is called beside the witness `path`.
  static func path(of witness: String) -> String { witness + ".documents" }

  private let path: String
  private let temporary: String
  private let limit: Int
  private let state: Monitor<(descriptor: Int32?, size: Int)>

  /// `limit` is how many bytes it may have.
  init(of witness: String, limit: Int) throws(Failure) {
    path = DocumentsFile.path(of: witness)
    let folder = try Files.realPath(Files.folder(of: path))
    temporary = Files.join(
      folder, "\(Files.name(of: path)).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp")
    self.limit = limit
    // So that it goes even when this process is killed.
    try Supervisor.shared.removeAtEnd(temporary)
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let failure = Failure.system("not-writable", "cannot write \(path)")
      try? Supervisor.shared.keep(temporary)
      throw failure
    }
    state = Monitor((descriptor, 0))
  }

  deinit { discard() }

  /// Adds what is known of a range's documents; nil when there is no room for it.
  func append(_ details: [UInt8], _ level: DetailLevel) throws(Failure) -> DetailPlace? {
    let frame = try ZstandardBlock.compress(details)
    let sha256 = SHA256.hex(of: frame)
    return try state.withLock { state throws(Failure) in
      guard let descriptor = state.descriptor, state.size + frame.count <= limit else { return nil }
      var at = 0
      while at < frame.count {
        let count = unsafe frame.withUnsafeBytes {
          unsafe write(descriptor, $0.baseAddress! + at, frame.count - at)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw .system("not-writable", "cannot write \(path)") }
        at += count
      }
      defer { state.size += frame.count }
      return DetailPlace(level: level, offset: state.size, length: frame.count, sha256: sha256)
    }
  }

  /// Gives it its name; its path, nil when it holds nothing: there is none then.
  func finish() throws(Failure) -> String? {
    try state.withLock { state throws(Failure) in
      guard let descriptor = state.descriptor.take() else { return nil }
      let isSynced = fsync(descriptor) == 0
      close(descriptor)
      if isSynced, state.size == 0 {
        forget()
        // One that is there belongs to the witness that this one replaces.
        unsafe unlink(path)
        return nil
      }
      guard unsafe isSynced && rename(temporary, path) == 0 else {
        let failure = Failure.system("not-writable", "cannot write \(path)")
        forget()
        throw failure
      }
      try? Supervisor.shared.keep(temporary)
      return path
    }
  }

  private func forget() {
    unsafe unlink(temporary)
    try? Supervisor.shared.keep(temporary)
  }

  /// Drops it, unless it is finished.
  func discard() {
    state.withLock { state in
      guard let descriptor = state.descriptor.take() else { return }
      close(descriptor)
      forget()
    }
  }

  /// What the file at `path` tells of a range's documents; nil when it isn't there, or isn't what was written.
  static func read(_ place: DetailPlace, from path: String) -> KnownDocuments? {
    guard place.length <= DocumentDetails.largest * 2 else { return nil }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var frame = [UInt8](repeating: 0, count: place.length)
    var at = 0
    while at < place.length {
      let count = unsafe frame.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress! + at, place.length - at, place.offset + at)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      at += count
    }
    guard SHA256.hex(of: frame) == place.sha256,
      let bytes = ZstandardBlock.decompress(frame, limit: 2 * DocumentDetails.largest)
    else { return nil }
    return KnownDocuments(bytes, place.level)
  }
}

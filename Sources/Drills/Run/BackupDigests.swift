internal import Glibc
internal import Platform
internal import Record

/// Takes the SHA-256 of a backup's files beside the drill, on a thread that takes only what time is left over.
package final class BackupDigests: Sendable {
  /// Whether they are taken.
  package enum Choice: String, Sendable, Hashable, CaseIterable {
    /// Up to `mostBytes` of files.
    case auto
    case always
    case never
  }

  /// What `auto` reads at most: about a second's work.
  static let mostBytes = 1_000_000_000
  /// So many are listed one by one.
  static let mostListed = 1000

  private struct State {
    var files: [DrillRecord.FileDigest] = []
    var failure: Failure?
    var isCancelled = false
  }

  private let state = Monitor(State())
  private let thread: RunningThread?

  /// Begins; nil when there is nothing to read, or too much of it.
  init?(_ paths: [String], _ choice: Choice) {
    guard choice != .never else { return nil }
    var files: [String] = []
    for path in paths { BackupDigests.list(path, into: &files) }
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !files.isEmpty else { return nil }
    if choice == .auto {
      let bytes = files.reduce(0) { $0 + ((try? Files.size(of: $1)) ?? 0) }
      guard bytes <= BackupDigests.mostBytes else { return nil }
    }
    var unique: [String] = []
    for file in files where unique.last != file { unique.append(file) }
    let (state, all) = (state, unique)
    thread = try? Threads.start {
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
      for file in all {
        do throws(Failure) {
          guard let digest = try BackupDigests.digest(of: file, while: { state.withLock { !$0.isCancelled } })
          else { return }
          state.withLock { $0.files.append(digest) }
        } catch {
          state.withLock { $0.failure = error }
          return
        }
      }
    }
    if thread == nil { return nil }
  }

  private static func list(_ path: String, into files: inout [String]) {
    switch Files.kind(of: path) {
    case .file: files.append(path)
    case .folder:
      for name in (try? Files.names(in: path)) ?? [] {
        let inner = Files.join(path, name)
        // A link to a folder may lead out of the backup, or round in it.
        if Files.kind(of: inner, followingLinks: false) == .symbolicLink, Files.isDirectory(inner) {
          continue
        }
        list(inner, into: &files)
      }
    default: break
    }
  }

  /// nil when it was cancelled.
  private static func digest(
    of path: String, while isWanted: () -> Bool
  ) throws(Failure) -> DrillRecord.FileDigest? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("not-readable", "cannot read \(path)") }
    defer { close(descriptor) }
    let stream = SHA256Stream()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var bytes = 0
    while true {
      guard isWanted() else { return nil }
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .system("not-readable", "cannot read \(path)") }
      if count == 0 { break }
      unsafe buffer.withUnsafeBytes { unsafe stream.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      bytes += count
    }
    return DrillRecord.FileDigest(path: path, bytes: bytes, sha256: stream.finish())
  }

  /// Stops where it is.
  func cancel() { state.withLock { $0.isCancelled = true } }

  /// Waits for its end and puts what came out into the record; nothing when it was cancelled or a file can't be read.
  func finish(into backup: inout DrillRecord.Backup) {
    thread?.join()
    let (files, failure, isCancelled) = state.withLock { ($0.files, $0.failure, $0.isCancelled) }
    guard failure == nil, !isCancelled else { return }
    backup.files = Array(files.prefix(BackupDigests.mostListed))
    backup.fileCount = files.count
    backup.filesSHA256 = SHA256.hex(of: Array(files.map { "\($0.sha256)  \($0.path)\n" }.joined().utf8))
  }
}

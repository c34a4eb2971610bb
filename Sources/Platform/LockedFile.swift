internal import Glibc

/// A file that this process alone works on: others that open it so wait until this one is gone.
///
/// The kernel lets go of the lock with the process. The file is never replaced, only grown or cut, as a lock belongs to
/// the file and not to its name. Who has it does so for moments: one that is held up for ever isn't waited for.
package final class LockedFile {
  /// How long the lock is waited for, in seconds, and after a signal to stop.
  private static let patience = (60.0, 10.0)

  private let descriptor: Int32
  private let path: String

  /// Opens a file, creates it where it isn't there, and waits for its lock, for `patience` seconds at most (nil: a
  /// minute). Throws `file-held` when another process has it all that time.
  package init(_ path: String, mode: UInt32 = 0o600, patience: Double? = nil) throws(Failure) {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw .unwritable(path) }
    // All of it is set: a throw ends in `deinit`.
    try LockedFile.lock(descriptor, LOCK_EX, path, patience)
  }

  /// Opens a file that is only read, and waits until nobody changes it, as long; nil where it can't be opened. One that
  /// is held up for ever is read as it is.
  package init?(sharing path: String, patience: Double? = nil) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    try? LockedFile.lock(descriptor, LOCK_SH, path, patience)
  }

  private static func lock(
    _ descriptor: Int32, _ kind: Int32, _ path: String, _ patience: Double?
  ) throws(Failure) {
    let start = Clock.monotonic
    while flock(descriptor, kind | LOCK_NB) != 0 {
      guard errno == EINTR || errno == EWOULDBLOCK else { throw .unwritable(path) }
      let seconds = patience ?? (Interruption.pending == nil ? Self.patience.0 : Self.patience.1)
      guard Clock.monotonic - start < seconds else { throw .fileHeld(path, seconds: seconds) }
      usleep(10_000)
    }
  }

  deinit { close(descriptor) }

  /// All that it holds.
  package func read() throws(Failure) -> [UInt8] { try Files.read(path, limit: .max) }

  /// Cuts it to its first bytes.
  package func cut(to bytes: Int) throws(Failure) {
    guard ftruncate(descriptor, bytes) == 0, fsync(descriptor) == 0 else { throw .unwritable(path) }
  }

  /// Adds to its end; afterwards it is on disk.
  package func append(_ text: String) throws(Failure) {
    guard lseek(descriptor, 0, SEEK_END) >= 0, Files.write(text, to: descriptor), fsync(descriptor) == 0
    else { throw .unwritable(path) }
  }
}

extension Failure {
  static func fileHeld(_ path: String, seconds: Double) -> Failure {
    Failure(
      .incomplete, "file-held", "another process has held \(path) for more than \(TimeSpan.format(seconds))",
      hint: "It may have been stopped (SIGSTOP, Ctrl-Z): `fuser -v` says who it is.")
  }
}

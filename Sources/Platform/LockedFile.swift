internal import Glibc

/// A file that this process alone works on: others that open it so wait until this one is gone.
///
/// The kernel lets go of the lock with the process. The file is never replaced, only grown or cut, as a lock belongs to
/// the file and not to its name.
package final class LockedFile {
  private let descriptor: Int32
  private let path: String

  /// Opens a file, creates it where it isn't there, and waits for its lock.
  package init(_ path: String, mode: UInt32 = 0o600) throws(Failure) {
    self.path = path
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw .unwritable(path) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let failure = Failure.unwritable(path)
        close(descriptor)
        throw failure
      }
    }
  }

  /// Opens a file that is only read, and waits until nobody changes it; nil where it can't be opened.
  package init?(sharing path: String) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    while flock(descriptor, LOCK_SH) != 0 && errno == EINTR {}
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

internal import Glibc
package import Platform

/// A file, a pipe, standard input or a command's output as it is. Never opened for writing.
@safe package final class FileReader: ByteReader {
  package let file: String
  package let compression: String? = nil
  package private(set) var fileBytesRead: UInt64 = 0
  /// The file's size in bytes; nil for pipes and the like, which can be read only once.
  package let size: UInt64?
  private let descriptor: CInt
  /// The command whose output it is; nil for all else.
  private let command: CommandStream?
  /// Bytes that `peek` read ahead.
  private var ahead: ArraySlice<UInt8> = []

  /// Opens a file read-only; leaves its access time alone where the system allows.
  package convenience init(opening file: String) throws(Failure) {
    // Else to open a pipe would wait for its writer, and no signal could end that.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    // O_NOATIME, which the C library shows to GNU sources alone.
    var descriptor = unsafe open(file, flags | 0o1000000)
    // Only a file's owner (and root) may ask for O_NOATIME.
    if descriptor < 0, errno == EPERM { descriptor = unsafe open(file, flags) }
    guard descriptor >= 0 else { throw .cannotOpen(file, error: errno) }
    self.init(taking: descriptor, file: file)
  }

  /// Reads standard input, called `-`.
  package convenience init(standardInput: Void) throws(Failure) {
    let descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw .cannotOpen("-", error: errno) }
    self.init(taking: descriptor, file: "-")
  }

  /// Reads what a command writes, under the command's name. Its end is the stream's only when it ended well; otherwise
  /// reading throws why not. Let go of before that, it is ended.
  package convenience init(_ command: CommandStream) {
    self.init(taking: command.output, file: command.name, of: command)
  }

  private init(taking descriptor: CInt, file: String, of command: CommandStream? = nil) {
    self.descriptor = descriptor
    self.command = command
    self.file = file
    var information = stat()
    let isKnown = unsafe fstat(descriptor, &information) == 0
    size =
      isKnown && information.st_mode & S_IFMT == S_IFREG ? UInt64(information.st_size) : nil
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit {
    command?.cancel()
    close(descriptor)
  }

  /// The next bytes, at most `count`, which stay to be read; fewer at the end.
  package func peek(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    while ahead.count < count {
      let wanted = count - ahead.count
      if size == nil { try Interruption.waitForInput(descriptor) }
      var bytes = [UInt8](repeating: 0, count: wanted)
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, wanted)
      }
      if got < 0, errno == EINTR || errno == EAGAIN && size == nil { continue }
      guard got >= 0 else { throw .readError(file, offset: fileBytesRead, error: errno) }
      if got == 0 {
        try command?.finish(afterReading: Int(fileBytesRead) + ahead.count)
        break
      }
      ahead += bytes[..<got]
    }
    return ahead.prefix(count)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    if unsafe buffer.isEmpty { return 0 }
    if !ahead.isEmpty {
      let count = min(ahead.count, buffer.count)
      unsafe buffer.copyBytes(from: ahead.prefix(count))
      ahead = ahead.dropFirst(count)
      fileBytesRead += UInt64(count)
      return count
    }
    while true {
      if size == nil { try Interruption.waitForInput(descriptor) }
      let got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if got < 0, errno == EINTR || errno == EAGAIN && size == nil { continue }
      guard got >= 0 else { throw .readError(file, offset: fileBytesRead, error: errno) }
      if got == 0 { try command?.finish(afterReading: Int(fileBytesRead)) }
      fileBytesRead += UInt64(got)
      return got
    }
  }
}

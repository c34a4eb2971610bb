internal import Glibc
package import Platform

/// A file system of a bounded size, in memory: to let a server run out of disk without the machine's own being touched.
///
/// It is mounted in a mount namespace of its own, which a process holds that does nothing else: with that process it is
/// gone, whatever the end of this one. The others get at it by `/proc/PID/root`.
package final class SmallDisk: Sendable {
  /// Where it lies, for this process and those that it starts.
  package let path: String
  private let holder: Child

  /// Bytes that a server needs on top of its files: it prepares log files when it starts.
  package static let headroom = 512 << 20

  /// Why this machine can't have one of so many bytes; nil when it can.
  package static func obstacle(bytes: Int) -> String? {
    let free = Machine.availableMemory
    guard bytes < free / 2 else {
      return
        "it needs \(ByteSize.format(bytes)) of memory, and \(ByteSize.format(free)) are free, of which it may have half"
    }
    return Programs.find("unshare", path: Environment["PATH"]) == nil
      ? "the program unshare is not there" : nil
  }

  /// Makes one. `folder` is an empty folder of the caller's. Throws `no-small-disk` where the system doesn't let it.
  package init(bytes: Int, at folder: String) throws(Failure) {
    // Root mounts by itself, others as the root of a user namespace, where the system has these.
    let asRoot = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
    let log = folder + ".log"
    holder = try Supervisor.shared.spawn(
      ChildSpec(
        ["unshare", "--mount"] + asRoot + [
          "sh", "-c",
          "mount -t tmpfs -o size=$1,mode=0700 mongodrill \"$2\" && : > \"$2/ready\" && exec sleep 1000000000",
          "sh", "\(bytes)", folder,
        ], output: .file(log), errorOutput: .file(log)))
    path = "/proc/\(holder.pid)/root" + folder
    let end = Clock.monotonic + 10
    while !Files.exists(Files.join(path, "ready")) {
      guard holder.wait(timeout: 0.005) == nil, Clock.monotonic < end else {
        holder.kill()
        let words = (try? Files.text(of: log)) ?? ""
        throw Failure(
          .incomplete, "no-small-disk", "the system lets nobody mount a small file system",
          cause: words.split(separator: "\n").first.map(String.init))
      }
    }
    try Files.removeTree(Files.join(path, "ready"))
  }

  deinit { holder.kill() }

  /// Ends it with all it holds.
  package func remove() { holder.kill() }

  private var filler: String { Files.join(path, "filler") }

  /// Takes up all that is free.
  package func fill() throws(Failure) {
    let descriptor = unsafe open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("not-writable", "cannot write \(filler)") }
    defer { close(descriptor) }
    var block = [UInt8](repeating: 0x5A, count: 1 << 20)
    while block.count >= 512 {
      let count = unsafe write(descriptor, block, block.count)
      if count == block.count { continue }
      guard count > 0 || errno == ENOSPC else { throw .system("not-writable", "cannot write \(filler)") }
      block = Array(block.prefix(block.count / 2))
    }
  }

  /// Gives it back.
  package func drain() throws(Failure) { try Files.removeTree(filler) }
}

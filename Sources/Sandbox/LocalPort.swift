internal import Glibc
internal import Platform

/// Ports of 127.0.0.1.
enum LocalPort {
  /// Below those that the system gives to outgoing connections.
  private static let range = 20_000...32_000

  /// One that nobody listens on now, at random. Whoever takes it has to be ready that somebody else was quicker.
  static func free() throws(Failure) -> Int {
    for _ in 0..<200 {
      let port = Int.random(in: range)
      if canBind(port) { return port }
    }
    throw .noFreePort(range)
  }

  /// Whether somebody listens there.
  static func accepts(_ port: Int) -> Bool {
    unsafe withSocket(port) { unsafe Glibc.connect($0, $1, $2) == 0 }
  }

  /// Opens a port of the system's choice, to be listened on. Returns its descriptor, which doesn't block, and its number.
  static func listen() throws(Failure) -> (descriptor: Int32, port: Int) {
    for _ in 0..<20 {
      let port = try free()
      let descriptor = open()
      guard descriptor >= 0 else { break }
      var address = address(port)
      let isBound = unsafe withPointer(to: &address) { unsafe bind(descriptor, $0, $1) == 0 }
      if isBound, Glibc.listen(descriptor, 128) == 0 {
        makeNonblocking(descriptor)
        return (descriptor, port)
      }
      close(descriptor)
    }
    throw .noFreePort(range)
  }

  /// Takes a connection. Returns its descriptor, and the port that it comes from; nil when there is none.
  static func accept(_ listener: Int32) -> (descriptor: Int32, port: Int)? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe Glibc.accept(listener, address, &length)
      }
    }
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    makeNonblocking(descriptor)
    sendAtOnce(descriptor)
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
  }

  /// Connects to a port; nil when nobody listens. The descriptor doesn't block.
  static func connect(_ port: Int) -> Int32? {
    let descriptor = open()
    guard descriptor >= 0 else { return nil }
    var address = address(port)
    guard unsafe withPointer(to: &address, { unsafe Glibc.connect(descriptor, $0, $1) == 0 }) else {
      close(descriptor)
      return nil
    }
    makeNonblocking(descriptor)
    sendAtOnce(descriptor)
    return descriptor
  }

  /// The inode of the socket that is connected from one port of 127.0.0.1 to another, by the kernel's own table.
  static func inode(from port: Int, to other: Int) -> String? {
    func place(_ port: Int) -> String {
      let digits = String(port, radix: 16, uppercase: true)
      return "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    let (near, far) = (place(port), place(other))
    for line in ((try? Files.text(of: "/proc/net/tcp", limit: 64 << 20)) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      // sl, local and remote address, state, queues, timer, retransmits, uid, timeout, inode.
      if words.count > 9, words[1] == near, words[2] == far { return String(words[9]) }
    }
    return nil
  }

  /// Whether a process has that socket open.
  static func process(_ pid: Int32, hasSocket inode: String) -> Bool {
    let folder = "/proc/\(pid)/fd"
    let wanted = Array("socket:[\(inode)]".utf8)
    for name in (try? Files.names(in: folder)) ?? [] {
      var buffer = [CChar](repeating: 0, count: 64)
      let count = unsafe readlink(Files.join(folder, name), &buffer, buffer.count)
      if count == wanted.count, buffer.prefix(count).map(UInt8.init(bitPattern:)).elementsEqual(wanted) {
        return true
      }
    }
    return false
  }

  private static func open() -> Int32 {
    socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  }

  private static func makeNonblocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  /// Small messages are not to wait for more.
  private static func sendAtOnce(_ descriptor: Int32) {
    var one: Int32 = 1
    _ = unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return address
  }

  private static func withPointer<Result>(
    to address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe body(address, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func canBind(_ port: Int) -> Bool {
    unsafe withSocket(port) { unsafe bind($0, $1, $2) == 0 }
  }

  private static func withSocket(
    _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    let descriptor = open()
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = address(port)
    return unsafe withPointer(to: &address) { unsafe body(descriptor, $0, $1) }
  }
}

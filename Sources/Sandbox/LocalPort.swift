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
  static func accepts(_ port: Int) -> Bool { unsafe withSocket(port) { unsafe connect($0, $1, $2) == 0 } }

  private static func canBind(_ port: Int) -> Bool {
    unsafe withSocket(port) { unsafe bind($0, $1, $2) == 0 }
  }

  private static func withSocket(
    _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe body(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

package import BSON
import Glibc
import Platform

/// A connection to a server on 127.0.0.1 that sends commands as they are: a driver puts a session of its own into each,
/// and a transaction of several shards needs the same one on all of them.
package final class BareConnection {
  private let descriptor: Int32

  package init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) { address in
      connect(descriptor, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self), length)
    }
    guard status == 0 else { throw Failure(.internal, "no-connection", "no server on port \(port)") }
  }

  deinit { close(descriptor) }

  /// Runs a command and returns the reply. Throws `Failure` when it is refused. The message is an OP_MSG with one section.
  @discardableResult
  package func run(_ command: Document, on database: String = "admin") throws -> Document {
    let body = Array(command.setting("$db", to: .string(database)).bytes)
    var message: [UInt8] = []
    for word in [UInt32(21 + body.count), 1, 0, 2013, 0] {
      message += withUnsafeBytes(of: word.littleEndian, Array.init)
    }
    message.append(0)
    try transfer(message + body)
    let head = try receive(16)
    let length = head[..<4].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let reply = Document(validated: try receive(length - 16)[5...])
    guard reply["ok"]?.isTrue == true else {
      throw Failure(.internal, "command-refused", reply["errmsg"]?.string ?? "the command was refused")
    }
    return reply
  }

  private func transfer(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(.internal, "connection-lost", "the server hung up") }
      sent += count
    }
  }

  private func receive(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let more = bytes[got...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      guard more > 0 else { throw Failure(.internal, "connection-lost", "the server hung up") }
      got += more
    }
    return bytes
  }
}

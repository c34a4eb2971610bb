package import BSON
import Glibc
import Platform

extension LiveSource {
  /// Runs commands one after the other with the session and the transaction that they name themselves, which the driver
  /// lets nobody do; returns the last reply. Only where it asks for no credentials.
  @discardableResult
  package func transact(_ commands: [Document]) throws -> Document {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { address in
      connect(
        descriptor, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
    guard isConnected else { throw SystemError.connection }
    var reply: Document = [:]
    for command in commands {
      // OP_MSG (2013): header, flags, one section of kind 0.
      var message = number(21 + command.bytes.count) + number(1) + number(0) + number(2013) + number(0) + [0]
      message += command.bytes
      guard Files.write(message, to: descriptor) else { throw SystemError.connection }
      let length = try read(4, from: descriptor).enumerated().reduce(0) {
        $0 | Int($1.element) << (8 * $1.offset)
      }
      let body = try read(length - 4, from: descriptor)
      reply = try Document(body.dropFirst(17))
      guard reply["ok"]?.isTrue == true else {
        throw Failure(.internal, "command-refused", reply["errmsg"]?.string ?? "refused")
      }
    }
    return reply
  }

  private enum SystemError: Error { case connection }

  private func number(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func read(_ count: Int, from descriptor: Int32) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + got, count - got) }
      guard more > 0 else { throw SystemError.connection }
      got += more
    }
    return bytes
  }
}

/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78, all ones before and after), which framed Snappy uses. The
/// check value of `123456789` is 0xE3069283.
enum CRC32C {
  /// Eight tables: what a byte does to the checksum that is followed by 0 to 7 others.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
      tables[byte] = value
    }
    for at in 256..<tables.count {
      let before = tables[at - 256]
      tables[at] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe tables.withUnsafeBufferPointer { tables in
      var value = UInt32.max
      var at = 0
      while bytes.count - at >= 8 {
        let word = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let mixed = word ^ UInt64(value)
        value = 0
        for lane in 0..<8 {
          value ^= unsafe tables[(7 - lane) * 256 + Int(mixed >> UInt64(lane * 8) & 0xFF)]
        }
        at += 8
      }
      while at < bytes.count {
        value = unsafe value >> 8 ^ tables[Int(value & 0xFF ^ UInt32(bytes[at]))]
        at += 1
      }
      return ~value
    }
  }

  /// The checksum as framed Snappy stores it: turned, so that data which holds its own checksum is no trap.
  static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let value = unsafe checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}

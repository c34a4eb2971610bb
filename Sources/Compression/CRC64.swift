internal import CLZMA

/// CRC-64/XZ (reflected polynomial 0xC96C5795D7870F42, all ones before and after), which mongodump's archives
/// use. It is not the catalogue's CRC-64/ECMA-182. The check value of `123456789` is 0x995DC9BBDF1939FA.
package struct CRC64: Sendable, Hashable {
  /// The checksum of everything so far.
  package private(set) var value: UInt64 = 0

  package init() {}

  /// Takes further bytes in.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = unsafe lzma_crc64(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, value)
  }
}

import Compression
import Testing

@Suite("CRC-64/XZ")
struct CRC64Tests {
  @Test("has the check value of the algorithm that archives use")
  func checkValue() {
    var crc = CRC64()
    unsafe "12345".utf8.withContiguousStorageIfAvailable { unsafe crc.update(UnsafeRawBufferPointer($0)) }
    unsafe Array("6789".utf8).withUnsafeBytes { unsafe crc.update($0) }
    #expect(crc.value == 0x995D_C9BB_DF19_39FA)
  }
}

internal import CLZ4
internal import Platform

extension CompressionFormat {
  /// The LZ4 frame format 1.6, which `lz4` and Percona Backup for MongoDB write; not its legacy form.
  static let lz4 = CompressionFormat(magic: LZ4Decoder.magic) { source throws(Failure) in
    FrameReader(source, try LZ4Decoder())
  }
}

/// liblz4, which compares the checksums of each frame's header, content and blocks where it has them.
@safe final class LZ4Decoder: FrameDecoder {
  static let name = "lz4"
  static let magic: [UInt8] = [0x04, 0x22, 0x4D, 0x18]

  private let context: OpaquePointer

  init() throws(Failure) {
    var context: OpaquePointer?
    _ = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard let context = unsafe context else {
      throw Failure(.internal, "lz4", "liblz4 could not be set up")
    }
    unsafe self.context = unsafe context
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }

  func step(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) throws(FrameFault)
    -> FrameStep
  {
    var consumed = input.count
    var produced = output.count
    let rest = unsafe LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    if LZ4F_isError(rest) != 0 { throw .corrupt(unsafe String(cString: LZ4F_getErrorName(rest))) }
    return FrameStep(consumed: consumed, produced: produced, isFrameEnd: rest == 0)
  }
}

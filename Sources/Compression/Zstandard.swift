internal import CZstd
internal import Platform

extension CompressionFormat {
  /// RFC 8878.
  static let zstandard = CompressionFormat(magic: ZstandardDecoder.magic) { source throws(Failure) in
    FrameReader(source, try ZstandardDecoder())
  }

  /// What pzstd writes: a skippable frame comes first.
  static let parallelZstandard = CompressionFormat(magic: [0x50, 0x2A, 0x4D, 0x18]) {
    source throws(Failure) in
    FrameReader(source, try ZstandardDecoder())
  }
}

/// libzstd, which compares each frame's checksum where it has one. A frame may ask for 128 MiB of memory, as
/// `zstd --ultra -22` and `--long` do, not for more.
@safe final class ZstandardDecoder: FrameDecoder {
  static let name = "zstd"
  static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  private let context: OpaquePointer

  init() throws(Failure) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw Failure(.internal, "zstd", "libzstd could not be set up")
    }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  func step(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) throws(FrameFault)
    -> FrameStep
  {
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let rest = unsafe ZSTD_decompressStream(context, &target, &source)
    if ZSTD_isError(rest) != 0 {
      let reason = unsafe String(cString: ZSTD_getErrorName(rest))
      throw mongodrill_zstd_wants_more_memory(rest) != 0 ? .tooLarge(reason) : .corrupt(reason)
    }
    return unsafe FrameStep(consumed: source.pos, produced: target.pos, isFrameEnd: rest == 0)
  }
}

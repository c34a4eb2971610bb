internal import CZstd
package import Platform

/// Bytes in memory to and from one Zstandard frame (RFC 8878).
package enum ZstandardBlock {
  /// One frame that holds `bytes`; it says how many they are.
  package static func compress(_ bytes: [UInt8], level: Int = 3) throws(Failure) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.count)
    var result: Int = 0
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      result = unsafe bytes.withUnsafeBytes { bytes in
        unsafe ZSTD_compress(buffer.baseAddress, bound, bytes.baseAddress, bytes.count, Int32(level))
      }
      count = ZSTD_isError(result) != 0 ? 0 : result
    }
    guard ZSTD_isError(result) == 0 else {
      throw Failure(
        .internal, "zstd", "libzstd could not compress",
        cause: unsafe String(cString: ZSTD_getErrorName(result)))
    }
    return frame
  }

  /// What a frame holds; nil when it is no whole frame, or says that it holds more than `limit` bytes.
  package static func decompress(_ frame: [UInt8], limit: Int) -> [UInt8]? {
    // Both "unknown" and "no frame" are far above any limit.
    let size = unsafe frame.withUnsafeBytes { frame in
      unsafe ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    }
    guard size <= UInt64(limit) else { return nil }
    var result: Int = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
      result = unsafe frame.withUnsafeBytes { frame in
        unsafe ZSTD_decompress(buffer.baseAddress, Int(size), frame.baseAddress, frame.count)
      }
      count = ZSTD_isError(result) != 0 ? 0 : result
    }
    return ZSTD_isError(result) == 0 && result == Int(size) ? bytes : nil
  }
}

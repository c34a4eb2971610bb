internal import Platform

/// Takes a format apart that is a row of frames, each of which ends where it says so.
protocol FrameDecoder: AnyObject {
  /// The format's name, as in `zstd-corrupt`.
  static var name: String { get }
  /// What a frame starts with.
  static var magic: [UInt8] { get }

  /// Decompresses some of `input` into `output`. With no input it gives what it still holds back.
  func step(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) throws(FrameFault)
    -> FrameStep
}

/// What one step of a decoder did.
struct FrameStep {
  var consumed: Int
  var produced: Int
  /// Whether the frame is over, its checksum was right and all of it was given out.
  var isFrameEnd: Bool
}

/// Why a frame can't be read, in the library's words.
enum FrameFault: Error {
  case corrupt(String)
  case tooLarge(String)
}

/// Takes a compression of frames off a stream of one or more frames. Frames that a decoder is to skip, as pzstd
/// writes them, are skipped.
@safe final class FrameReader<Decoder: FrameDecoder>: ByteReader {
  var file: String { source.file }
  let compression: String? = Decoder.name
  var fileBytesRead: UInt64 { source.fileBytesRead - UInt64(unread.count) }

  private let source: FileReader
  private let decoder: Decoder
  private let input: UnsafeMutableRawBufferPointer
  /// The bytes of `input` that were read and not used yet.
  private var unread = 0..<0
  private var isInFrame = false
  private var hasEnded = false

  init(_ source: FileReader, _ decoder: Decoder) {
    self.source = source
    self.decoder = decoder
    unsafe input = .allocate(byteCount: 256 << 10, alignment: 64)
  }

  deinit { unsafe input.deallocate() }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard unsafe !buffer.isEmpty, !hasEnded else { return 0 }
    while true {
      if !isInFrame, try !beginFrame() {
        hasEnded = true
        return 0
      }
      if unread.isEmpty { try refill() }
      let step: FrameStep
      do throws(FrameFault) {
        step = try unsafe decoder.step(UnsafeRawBufferPointer(rebasing: input[unread]), buffer)
      } catch {
        switch error {
        case .corrupt(let cause): throw .corrupt(Decoder.name, file, compressedOffset: fileBytesRead, cause)
        case .tooLarge(let cause): throw .needsMemory(Decoder.name, file, cause)
        }
      }
      unread = unread.lowerBound + step.consumed..<unread.upperBound
      if step.isFrameEnd { isInFrame = false }
      if step.produced > 0 { return step.produced }
      if step.consumed == 0, !step.isFrameEnd {
        throw .cutShort(Decoder.name, file, compressedOffset: fileBytesRead)
      }
    }
  }

  /// Looks at how the next frame starts; false at the stream's end.
  private func beginFrame() throws(Failure) -> Bool {
    while unread.count < 4, try refill() {}
    if unread.isEmpty { return false }
    let start = unsafe Array(input[unread].prefix(4))
    let isSkippable =
      start.count == 4 && start[0] & 0xF0 == 0x50 && start[1...].elementsEqual([0x2A, 0x4D, 0x18])
    guard start == Decoder.magic || isSkippable else {
      if fileBytesRead == 0 || Decoder.magic.starts(with: start) {
        throw .cutShort(Decoder.name, file, compressedOffset: fileBytesRead)
      }
      throw .trailingGarbage(Decoder.name, file, compressedOffset: fileBytesRead)
    }
    isInFrame = true
    return true
  }

  /// Moves what is unread to the buffer's start and reads behind it; false at the file's end.
  @discardableResult private func refill() throws(Failure) -> Bool {
    unsafe input.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[unread]))
    unread = 0..<unread.count
    let added = try unsafe source.read(into: UnsafeMutableRawBufferPointer(rebasing: input[unread.count...]))
    unread = 0..<unread.count + added
    return added > 0
  }
}

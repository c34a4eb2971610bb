/// A block of Snappy or of S2, which is Snappy with one addition: a copy at distance 0 repeats the last distance,
/// for up to 16 MiB.
///
/// Source: Snappy's format_description.txt and klauspost/compress, s2. The system's libsnappy doesn't know S2.
@safe struct SnappyBlock {
  /// The block without the length that it starts with.
  private let source: UnsafeRawBufferPointer
  /// How many bytes it becomes, as it says.
  let length: Int

  /// Reads its length; nil when that is malformed.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var length = 0
    var at = 0
    repeat {
      guard at < bytes.count, at < 5 else { return nil }
      unsafe length |= Int(bytes[at] & 0x7F) << (7 * at)
      at += 1
    } while unsafe bytes[at - 1] >= 0x80
    self.length = length
    unsafe source = UnsafeRawBufferPointer(rebasing: bytes[at...])
  }

  /// Decodes it into `target`, which has `length` bytes. Returns false when the block is malformed.
  func decode(into target: UnsafeMutableRawBufferPointer) -> Bool {
    var input = 0
    var output = 0
    var distance = 0
    while unsafe input < source.count {
      let tag = unsafe Int(source[input])
      input += 1
      if tag & 3 == 0 {
        let extra = max(0, (tag >> 2) - 59)
        guard let more = number(at: input, bytes: extra) else { return false }
        input += extra
        let count = (extra == 0 ? tag >> 2 : more) + 1
        guard count <= target.count - output, unsafe count <= source.count - input else { return false }
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[output...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[input..<input + count]))
        input += count
        output += count
        continue
      }
      guard let copy = copy(tag, at: &input, last: distance) else { return false }
      distance = copy.distance
      guard distance > 0, distance <= output, copy.count <= target.count - output else { return false }
      unsafe Self.repeatBytes(target, at: output, distance: distance, count: copy.count)
      output += copy.count
    }
    return output == target.count
  }

  /// Reads what follows a copy's tag; nil when the block ends before.
  private func copy(_ tag: Int, at input: inout Int, last: Int) -> (distance: Int, count: Int)? {
    switch tag & 3 {
    case 1:
      guard let low = number(at: input, bytes: 1) else { return nil }
      input += 1
      let count = tag >> 2 & 7
      let distance = (tag & 0xE0) << 3 | low
      if distance > 0 { return (distance, count + 4) }
      // S2's own: the last distance again, with a longer length in the bytes that follow.
      let extra = max(0, count - 4)
      guard let more = number(at: input, bytes: extra) else { return nil }
      input += extra
      let base = extra == 0 ? count : extra == 1 ? 4 : 1 << (8 * (extra - 1))
      return (last, base + more + 4)
    case 2:
      guard let distance = number(at: input, bytes: 2) else { return nil }
      input += 2
      return (distance, tag >> 2 + 1)
    default:
      guard let distance = number(at: input, bytes: 4) else { return nil }
      input += 4
      return (distance, tag >> 2 + 1)
    }
  }

  /// A number of up to four bytes, little-endian; nil beyond the block's end.
  private func number(at offset: Int, bytes count: Int) -> Int? {
    guard unsafe count <= source.count - offset else { return nil }
    var number = 0
    for byte in 0..<count { unsafe number |= Int(source[offset + byte]) << (8 * byte) }
    return number
  }

  /// Copies what lies `distance` bytes back; where it reaches into itself, it repeats.
  private static func repeatBytes(
    _ target: UnsafeMutableRawBufferPointer, at output: Int, distance: Int, count: Int
  ) {
    var done = 0
    while done < count {
      // What was copied already may be copied again: each round is twice as long.
      let piece = min(count - done, distance + done)
      unsafe UnsafeMutableRawBufferPointer(rebasing: target[(output + done)...])
        .copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: target[output - distance..<output - distance + piece]))
      done += piece
    }
  }
}

internal import BSON

/// Writes down what is known of the single documents of a range: 8 bytes of each one's digest by its `_id` and, at the
/// level of fields, 4 bytes of each leaf's value by its path.
///
/// Layout, in columns, for each compresses by itself: the number of paths (varint), each path's length and bytes; the
/// number of documents; for each the type of its `_id`, the length and bytes of its value; for each its digest's 8
/// bytes; for each 0, or 1 and the number of its leaves with the paths' numbers; for all leaves, in order, 4 bytes each.
struct DocumentDetails {
  /// How many paths are told apart within a range; of a document that has others its fields are not known.
  static let mostPaths = 4096
  /// A range with more than this has no details: they would take too much memory.
  static let largest = 32 << 20

  private let level: DetailLevel
  private var paths = PathNumbers()
  private var count = 0
  private var ids: [UInt8] = []
  private var digests: [UInt8] = []
  private var shapes: [UInt8] = []
  private var leaves: [UInt8] = []

  init(_ level: DetailLevel) { self.level = level }

  /// Bytes, before they are compressed.
  var size: Int { ids.count + digests.count + shapes.count + leaves.count }

  /// Adds a well-formed document, whose digest starts with `digest`.
  mutating func add(_ document: UnsafeRawBufferPointer, digest: UInt64) {
    guard size <= DocumentDetails.largest, let base = document.baseAddress else { return }
    count += 1
    if let id = unsafe elementOfValidBSON(base, at: 4), unsafe isID(base, id) {
      unsafe ids.append(base.load(fromByteOffset: 4, as: UInt8.self))
      ids.appendVarint(id.value.count)
      unsafe ids.append(contentsOf: document[id.value])
    } else {
      // What a time series shows has none.
      ids += [0, 0]
    }
    for byte in 0..<8 { digests.append(UInt8(truncatingIfNeeded: digest >> UInt64(8 * byte))) }
    if level == .fields { unsafe addLeaves(base) }
  }

  private mutating func addLeaves(_ base: UnsafeRawPointer) {
    var numbers: [UInt8] = []
    var found = 0
    let before = leaves.count
    let areKnown = unsafe Leaves.forEach(base) { path, name, value, type in
      guard let number = unsafe paths.number(of: path, name) else { return nil }
      guard let value = unsafe value else { return number }
      found += 1
      numbers.appendVarint(number)
      let sum = unsafe Leaves.checksum(type, value)
      for byte in 0..<4 { leaves.append(UInt8(truncatingIfNeeded: sum >> UInt32(8 * byte))) }
      return number
    }
    if areKnown {
      shapes.append(1)
      shapes.appendVarint(found)
      shapes += numbers
    } else {
      leaves.removeLast(leaves.count - before)
      shapes.append(0)
    }
  }

  /// All of it; nil when it was too much.
  func finished() -> [UInt8]? {
    guard size <= DocumentDetails.largest else { return nil }
    var bytes: [UInt8] = []
    bytes.appendVarint(paths.all.count)
    for path in paths.all {
      bytes.appendVarint(path.utf8.count)
      bytes += path.utf8
    }
    bytes.appendVarint(count)
    return bytes + ids + digests + shapes + leaves
  }
}

/// Whether an element is named `_id`.
func isID(_ base: UnsafeRawPointer, _ element: RawElement) -> Bool {
  let at = element.name.lowerBound
  guard element.name.count == 3 else { return false }
  return unsafe base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "_")
    && base.load(fromByteOffset: at + 1, as: UInt8.self) == UInt8(ascii: "i")
    && base.load(fromByteOffset: at + 2, as: UInt8.self) == UInt8(ascii: "d")
}

/// The dotted paths of a range's documents, numbered from 1 in the order in which they are seen.
private struct PathNumbers {
  var all: [String] = []
  /// By the hash of the path that a name stands under, and of the name.
  private var numbers: [UInt64: Int] = [:]

  /// The number of the path `name` under the path `parent` (0 at the top); nil when there are too many.
  mutating func number(of parent: Int, _ name: UnsafeRawBufferPointer) -> Int? {
    // FNV-1a; among 4,096 paths two share one of 64 bits once in 10^12 ranges.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(parent)
    hash = hash &* 0x100_0000_01B3
    for index in name.indices { hash = unsafe (hash ^ UInt64(name[index])) &* 0x100_0000_01B3 }
    if let number = numbers[hash] { return number }
    guard all.count < DocumentDetails.mostPaths else { return nil }
    let text = unsafe String(decoding: name, as: UTF8.self)
    all.append(parent == 0 ? text : "\(all[parent - 1]).\(text)")
    numbers[hash] = all.count
    return all.count
  }
}

/// The leaves of a document: its fields and those of documents in it. Arrays are leaves, and so are empty documents.
enum Leaves {
  /// Calls `body` for each field with the number of what it lies in (0 at the top), its name, and, for leaves, its value
  /// and type; it returns the field's number, nil to give up. False when it gave up.
  static func forEach(
    _ base: UnsafeRawPointer, in parent: Int = 0,
    _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?, ElementType) -> Int?
  ) -> Bool {
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      at = element.value.upperBound
      let name = unsafe UnsafeRawBufferPointer(
        start: base + element.name.lowerBound, count: element.name.count)
      let isBranch = element.type == .document && element.value.count > 5
      let value = unsafe UnsafeRawBufferPointer(
        start: base + element.value.lowerBound, count: element.value.count)
      guard let number = unsafe body(parent, name, isBranch ? nil : value, element.type) else { return false }
      if isBranch, unsafe !forEach(base + element.value.lowerBound, in: number, body) { return false }
    }
    return true
  }

  /// 4 bytes that tell a value from others.
  static func checksum(_ type: ElementType, _ value: UnsafeRawBufferPointer) -> UInt32 {
    // FNV-1a in 64 bits, eight bytes at a time, folded.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(type.rawValue) ^ UInt64(value.count) << 8
    var at = 0
    while value.count - at >= 8 {
      hash =
        unsafe (hash ^ UInt64(littleEndian: value.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
        &* 0x100_0000_01B3
      hash ^= hash >> 29
      at += 8
    }
    while at < value.count {
      hash = unsafe (hash ^ UInt64(value[at])) &* 0x100_0000_01B3
      at += 1
    }
    hash ^= hash >> 32
    hash = hash &* 0x9E37_79B9_7F4A_7C15
    return UInt32(truncatingIfNeeded: hash >> 32)
  }
}

extension [UInt8] {
  /// Seven bits a byte, the lowest first, the highest bit set in all but the last (LEB128).
  mutating func appendVarint(_ number: Int) {
    var rest = UInt64(number)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

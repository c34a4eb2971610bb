internal import BSON

/// What has to be known of a batch's documents before they are sent.
struct BatchScan {
  /// Where each document starts in the batch, and at the end the batch's size.
  var starts: [Int] = []
  /// Documents that cannot go in as they are, with the reason.
  var unfit: [(index: Int, reason: String)] = []
  /// Documents with a top-level `Timestamp(0,0)` outside `_id`: an insert would put the server's time in its place.
  var zeroTimestamps: [Int] = []

  /// Looks at every document's top-level elements; the documents are known to be well-formed.
  init(_ bytes: UnsafeRawBufferPointer, count: Int) {
    starts.reserveCapacity(count + 1)
    guard let base = bytes.baseAddress else { return }
    var at = 0
    while at < bytes.count {
      let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
      unsafe scan(base + at, length: length, index: starts.count)
      starts.append(at)
      at += length
    }
    starts.append(at)
  }

  private mutating func scan(_ document: UnsafeRawPointer, length: Int, index: Int) {
    var hasID = false
    var hasZero = false
    var at = 4
    while let element = unsafe elementOfValidBSON(document, at: at) {
      let isID = unsafe !hasID && isIDName(document, element.name)
      hasID = hasID || isID
      if element.type == .timestamp && !isID {
        let bits = unsafe document.loadUnaligned(fromByteOffset: element.value.lowerBound, as: UInt64.self)
        hasZero = hasZero || bits == 0
      }
      at = element.value.upperBound
    }
    if !hasID {
      unfit.append((index, "has no _id, and the server would invent one"))
    } else if length > BSONLimits.document {
      unfit.append((index, "has \(length) bytes, more than the server takes (\(BSONLimits.document))"))
    } else if hasZero {
      zeroTimestamps.append(index)
    }
  }

  private func isIDName(_ document: UnsafeRawPointer, _ name: Range<Int>) -> Bool {
    // `_id` and its NUL.
    unsafe name.count == 3
      && document.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt32.self) == 0x0064_695F
  }

  /// The bytes of one document in the batch.
  func document(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: bytes[starts[index]..<starts[index + 1]])
  }
}

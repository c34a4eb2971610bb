import Glibc

/// Whether the bytes of a document, of which there are some, come before those of another. To compare them one by one in a
/// debug build takes longer than what is tested with many documents.
package func precedes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
  let order = left.withUnsafeBytes { left in
    right.withUnsafeBytes { right in
      memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
    }
  }
  return order == 0 ? left.count < right.count : order < 0
}

package import Platform

/// Gives the entries of an oplog one after the other, in the order of their timestamps, each once.
package protocol OplogCursor: AnyObject {
  /// The next entry; nil at the end. Throws `Failure` of kind `damagedBackup` with file and offset.
  func next() throws(Failure) -> OplogEntry?
  /// Where the entry that `next()` gave last lies.
  var place: Place { get }
}

/// A database and a collection in it.
///
/// Equal when their bytes are: Swift's own `String ==` takes two spellings of one character (NFC, NFD) for the
/// same, MongoDB doesn't.
package struct Namespace: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The database's name: at most 63 bytes, without `/\. "$` and NUL.
  package var database: String
  /// The collection's name; dots are allowed.
  package var collection: String

  package init(_ database: String, _ collection: String) {
    self.database = database
    self.collection = collection
  }

  /// Splits at the first dot; nil when there is none or a side is empty.
  package init?(_ text: some StringProtocol) {
    guard let dot = text.firstIndex(of: ".") else { return nil }
    self.init(String(text[..<dot]), String(text[text.index(after: dot)...]))
    if database.isEmpty || collection.isEmpty { return nil }
  }

  /// `database.collection`.
  package var description: String { "\(database).\(collection)" }

  /// By the bytes of the database, then of the collection.
  package static func < (left: Namespace, right: Namespace) -> Bool {
    left.database.utf8.elementsEqual(right.database.utf8)
      ? left.collection.utf8.lexicographicallyPrecedes(right.collection.utf8)
      : left.database.utf8.lexicographicallyPrecedes(right.database.utf8)
  }

  package static func == (left: Namespace, right: Namespace) -> Bool {
    left.collection.utf8.elementsEqual(right.collection.utf8)
      && left.database.utf8.elementsEqual(right.database.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in database.utf8 { hasher.combine(byte) }
    hasher.combine(0 as UInt8)
    for byte in collection.utf8 { hasher.combine(byte) }
  }

  /// The time series whose buckets this collection holds (`system.buckets.NAME`), if it does.
  package var bucketsOf: Namespace? {
    collection.hasPrefix("system.buckets.")
      ? Namespace(database, String(collection.dropFirst("system.buckets.".count))) : nil
  }

  /// Where the buckets of a time series of this name lie (servers before 8.3).
  package var buckets: Namespace { Namespace(database, "system.buckets.\(collection)") }
}

package import BSON
package import Backups

/// Something in an oplog that a person may want to go back before.
package struct OplogFinding: Sendable, Hashable {
  /// What happened, by the word that asks for it.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Many documents of one collection, within a short time.
    case insert = "i"
    case update = "u"
    case delete = "d"
    /// A transaction of many operations.
    case transaction
    case drop, dropDatabase, dropIndexes, renameCollection, collMod, convertToCapped, emptycapped
    case create, createIndexes

    /// What is searched for when nobody says: what changes or removes what was there.
    package static let usual = Set(allCases).subtracting([.insert, .create, .createIndexes])
  }

  package let kind: Kind
  /// Whether its operations belong to a session, as each write does that a driver may retry (`deleteOne`, bulk
  /// writes); those that one `deleteMany` or `updateMany` makes don't.
  package var isSingle = false
  /// The collection, as it was called then; a database for `dropDatabase`; empty for a transaction on several.
  package var namespace: String
  /// The entries of its first and its last operation; the same for a command.
  package let first: Timestamp
  package var last: Timestamp
  /// The wall clock of the first, in milliseconds since 1970, where it was recorded.
  package let wall: Int64?
  /// Operations of a burst or of a transaction; 1 for a command.
  package var operations = 1
  /// Documents that a drop removed, where the oplog tells.
  package var documents: Int?
  /// A few of the documents that it is about: their `_id`s as Extended JSON.
  package var samples: [String] = []
  /// What else there is to say: the new name, the index, the options.
  package var details = ""

  /// `before:` its first entry; nil when that lies in the dump's window, before the earliest target.
  package func target(in coverage: Coverage) -> Target? {
    first > coverage.dumpEnd ? .before(first) : nil
  }

  /// Whether every entry from the dump to that target is known to be there.
  package func isProven(in coverage: Coverage) -> Bool {
    Timestamp(bits: first.bits - 1) <= coverage.provenEnd
  }

  /// What happened, in words.
  package var title: String {
    let word: String
    switch kind {
    case .insert: word = "insert"
    case .update: word = "update"
    case .delete: word = "delete"
    default: return kind.rawValue
    }
    return operations == 1 ? word : isSingle ? word + "s" : "mass " + word
  }
}

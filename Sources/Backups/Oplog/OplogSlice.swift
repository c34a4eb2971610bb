internal import BSON

/// A piece of the oplog that was saved: a file of entries, or those of an archive.
package struct OplogSlice: Sendable {
  /// What it is a part of.
  package enum Role: String, Sendable, Hashable {
    /// The base's own oplog: what happened while it was dumped.
    case base = "the base's own oplog"
    /// The oplog that another dump took along.
    case dump = "a dump's own oplog"
    /// Saved for its own sake.
    case slice = "slice"
  }

  package let role: Role
  let source: OplogSource
  /// The timestamp of its first entry, by which slices are sorted.
  let first: Timestamp
  /// What it is said to hold, where something says it.
  var span: SliceSpan?
  /// What it holds.
  package internal(set) var facts = OplogFacts()

  /// Its file, as it was given or found.
  package var file: String { source.path }
}

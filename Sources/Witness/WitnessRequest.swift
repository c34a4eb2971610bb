/// What is to be recorded of a source, and how.
package struct WitnessRequest: Sendable {
  /// How much is kept of single documents.
  package enum Detail: String, Sendable, Hashable, CaseIterable {
    /// The fields of the smallest collections as long as the room lasts, then which documents, then nothing.
    case auto
    case fields
    case documents
    case ranges
  }

  /// Patterns of namespaces; none for all.
  package var include: [String] = []
  /// Patterns of namespaces that are left out; they win.
  package var exclude: [String] = []
  /// The share of the ranges that is read, above 0, at most 1.
  package var share = 1.0
  /// What the choice of these ranges follows from.
  package var seed: UInt64 = 0
  /// The most bytes a second that are read; nil for as fast as it goes.
  package var maxRate: Int?
  package var detail = Detail.auto
  /// The most bytes that the file of documents may have with `auto`.
  package var detailBytes = 64_000_000
  /// How many connections read at one time.
  package var connections = 2
  /// About as many documents make a range, …
  package var rangeDocuments = 10_000
  /// … or as many bytes, whichever is less.
  package var rangeBytes = 16 << 20
  /// For how many seconds ranges are read at one cluster time; nil for two thirds of what the server allows.
  package var batchSeconds: Double?
  /// Times queries on the source, once everything else is read; nil for none.
  package var queries: (@Sendable () throws -> [WitnessRecord.Query])?
  /// The version of mongodrill, for the record.
  package var tool = "mongodrill"

  package init() {}
}

package import BSON

/// One entry of an oplog: an operation, when it happened, and what it belongs to.
package struct OplogEntry: Sendable {
  /// When: the entry's identity within its replica set.
  package let timestamp: Timestamp
  /// The election term; -1 where there is none.
  package let term: Int64
  /// The wall clock in milliseconds since 1970, where it was recorded.
  package let wall: Int64?
  /// What it does.
  package let operation: OplogOperation
  /// The transaction that it is a part of, or that its retryable write belongs to.
  package var session: Session? {
    guard let sessionID, let transactionNumber else { return nil }
    return Session(id: operation.bytes[sessionID], number: transactionNumber)
  }
  private let sessionID: Range<Int>?
  private let transactionNumber: Int64?
  /// The entry before it in the same transaction; its timestamp is 0:0 for the first.
  package let previous: Timestamp?
  /// 1 for the vectored inserts of 8.0: an `applyOps` that is no transaction.
  package let multiOpType: Int32?

  /// What ties the entries of a transaction together.
  package struct Session: Sendable, Hashable {
    /// The bytes of `lsid`.
    package let id: ArraySlice<UInt8>
    package let number: Int64
  }

  /// Reads the fields of a document that was checked. Nil when it is no oplog entry: `ts`, `op`, `ns` or `o` is
  /// missing or of another type.
  package init?(validated bytes: ArraySlice<UInt8>) {
    let fields = OplogFields(bytes)
    guard let timestamp = fields.timestamp, let operation = OplogOperation(fields) else { return nil }
    self.timestamp = timestamp
    self.operation = operation
    term = fields.term
    wall = fields.wall
    multiOpType = fields.multiOpType
    sessionID = fields.sessionID
    transactionNumber = fields.transactionNumber
    previous = fields.previous
  }
}

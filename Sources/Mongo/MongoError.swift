package import BSON

/// What the server refused, or why it could not be asked.
package struct MongoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The server's error code (11000 and the like), or libmongoc's own.
  package var code: Int
  /// The server's name of the code, such as `DuplicateKey`; empty for libmongoc's.
  package var codeName: String
  /// The server's words.
  package var message: String
  /// Whether the server was not reached or the connection broke: it did not answer.
  package var isConnectionLoss: Bool
  /// The whole reply, as far as there was one.
  package var reply: Document

  package init(
    code: Int, codeName: String, message: String, isConnectionLoss: Bool = false, reply: Document = [:]
  ) {
    self.code = code
    self.codeName = codeName
    self.message = message
    self.isConnectionLoss = isConnectionLoss
    self.reply = reply
  }

  /// `message (11000 DuplicateKey)`.
  package var description: String {
    "\(message) (\(codeName.isEmpty ? "\(code)" : "\(code) \(codeName)"))"
  }
}

/// Runs `body` and returns what the server refused, nil when nothing; throws when the server is gone.
package func refusal(of body: () throws(MongoError) -> Void) throws(MongoError) -> MongoError? {
  do {
    try body()
    return nil
  } catch {
    if error.isConnectionLoss { throw error }
    return error
  }
}

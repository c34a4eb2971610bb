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

  /// Whether the server has no room any more: OutOfDiskSpace, and WiredTiger's own words, which come as various codes.
  package var isDiskFull: Bool { code == 14_031 || message.contains("No space left on device") }

  /// `message (11000 DuplicateKey)`.
  package var description: String {
    "\(message) (\(codeName.isEmpty ? "\(code)" : "\(code) \(codeName)"))"
  }
}

/// Runs `body` and returns what the server refused, nil when nothing; throws when the server is gone, or has no room left:
/// that says nothing of what it was given.
package func refusal(of body: () throws(MongoError) -> Void) throws(MongoError) -> MongoError? {
  do {
    try body()
    return nil
  } catch {
    if error.isConnectionLoss || error.isDiskFull { throw error }
    return error
  }
}

/// Why something could not be done: one error type for everything a person may have to read.
///
/// The wording lives in factories (`static func`) beside what they describe, one a cause. Messages are lower
/// case without a full stop; hints are sentences that say what to do.
package struct Failure: Error, Sendable, Hashable {
  /// What kind of failure it is; each kind is one exit code (see `ExitCode` in Commands).
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The command line is wrong.
    case usage
    /// The scenario is wrong.
    case invalidScenario = "invalid-scenario"
    /// There is nothing at the backup's path.
    case backupNotFound = "backup-not-found"
    /// The backup is damaged, incomplete or not a backup; so is an oplog that doesn't reach the target.
    case damagedBackup = "damaged-backup"
    /// No mongod that could be used.
    case noServer = "no-usable-mongod"
    /// The drill could not be completed.
    case incomplete
    /// The user or the system asked to stop; `code` is `SIGINT` or `SIGTERM`.
    case interrupted
    /// A fault of mongodrill's own.
    case `internal`
  }

  /// What kind of failure it is.
  package var kind: Kind
  /// A stable identifier in kebab case, such as `bson-cut-short`, for machines and for the docs.
  package var code: String
  /// One lower-case sentence without a full stop.
  package var message: String
  /// Where: a file and a byte offset, or a file, line and column.
  package var place: Place?
  /// What to do about it, as a sentence.
  package var hint: String?
  /// What lies below: the system's or the server's own words.
  package var cause: String?

  /// Makes a failure; call it from factories only.
  package init(
    _ kind: Kind, _ code: String, _ message: String, at place: Place? = nil, hint: String? = nil,
    cause: String? = nil
  ) {
    self.kind = kind
    self.code = code
    self.message = message
    self.place = place
    self.hint = hint
    self.cause = cause
  }
}

extension Failure: CustomStringConvertible {
  /// `place: message: cause`, on one line, without the hint.
  package var description: String {
    var text = message
    if let place { text = "\(place): \(text)" }
    if let cause { text += ": \(cause)" }
    return text
  }
}

extension Failure {
  /// The error itself when it is a failure, otherwise an internal one that carries its text.
  package static func wrapping(_ error: any Error) -> Failure {
    error as? Failure ?? Failure(.internal, "internal", "internal error", cause: "\(error)")
  }
}

/// A place in a file.
package struct Place: Sendable, Hashable, CustomStringConvertible {
  /// The path as the user gave it or as it was found.
  package var file: String
  /// The byte offset in it (in the decompressed stream when the file is compressed).
  package var offset: UInt64?
  /// Line, from 1.
  package var line: Int?
  /// Column in characters, from 1.
  package var column: Int?

  /// A place by its file and byte offset.
  package init(_ file: String, offset: UInt64? = nil) {
    self.file = file
    self.offset = offset
  }

  /// A place by its file, line and column.
  package init(_ file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file`, `file at byte 17` or `file:3:14`.
  package var description: String {
    if let line, let column { return "\(file):\(line):\(column)" }
    if let offset { return "\(file) at byte \(offset)" }
    return file
  }
}

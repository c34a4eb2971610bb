package import Platform

/// How a command can end: the one table of exit codes.
package enum ExitCode: Int, Sendable, Hashable, CaseIterable {
  case pass = 0
  case checkFailed = 1
  case objectiveMissed = 2
  case warnings = 3
  case incomplete = 4
  case notVerified = 5
  case cleanupFailed = 6
  case usage = 64
  case damagedBackup = 65
  case backupNotFound = 66
  case noServer = 69
  case `internal` = 70
  case tryAgain = 75
  case invalidScenario = 78
  case interrupted = 130
  case terminated = 143

  /// What it says to the person who sees it, as a sentence for the help and the docs.
  package var meaning: String {
    switch self {
    case .pass: "Everything passed, or there were warnings that are allowed."
    case .checkFailed: "A check failed."
    case .objectiveMissed: "The data is good, but an objective was missed."
    case .warnings: "There were warnings, and --fail-on warn was given."
    case .incomplete: "The drill could not be completed."
    case .notVerified: "Nothing, or not all that was asked, was verified."
    case .cleanupFailed: "The clean-up failed; otherwise it passed."
    case .usage: "The command line is wrong."
    case .damagedBackup: "The backup is damaged or incomplete."
    case .backupNotFound: "There is no backup at that path."
    case .noServer: "There is no usable mongod."
    case .internal: "A fault of mongodrill's own."
    case .tryAgain: "A passing reason kept a task of a fleet from its end: it is to be begun again."
    case .invalidScenario: "The scenario is invalid."
    case .interrupted: "Interrupted by SIGINT (Ctrl-C)."
    case .terminated: "Interrupted by SIGTERM."
    }
  }

  /// The order in which they count when several hold: the first of these is the exit code.
  package static let precedence: [ExitCode] = [
    .internal, .usage, .invalidScenario, .backupNotFound, .noServer, .damagedBackup, .interrupted,
    .terminated, .tryAgain,
    .incomplete, .checkFailed, .notVerified, .objectiveMissed, .cleanupFailed, .warnings, .pass,
  ]

  /// The one that counts among several (of one drill or of several); `pass` when there is none.
  package static func first(of codes: some Sequence<ExitCode>) -> ExitCode {
    let codes = Set(codes)
    return precedence.first(where: codes.contains) ?? .pass
  }

  /// The code of a failure.
  package init(_ failure: Failure) {
    self =
      switch failure.kind {
      case .usage: .usage
      case .invalidScenario: .invalidScenario
      case .backupNotFound: .backupNotFound
      case .damagedBackup: .damagedBackup
      case .noServer: .noServer
      case .incomplete: .incomplete
      case .interrupted: failure.code == "SIGTERM" ? .terminated : .interrupted
      case .internal: .internal
      }
  }
}

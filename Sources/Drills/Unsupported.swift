internal import Configuration
internal import Platform

/// What the scenario format has and this version can't run: named as such, so that nobody takes a scenario for
/// tested that wasn't, or searches for a spelling mistake.
enum Unsupported {
  static let keys: Set<String> = []
  static let objectives: Set<String> = []
  static let steps: Set<String> = ["fault"]
}

extension Failure {
  static func notSupportedYet(_ what: String, at place: Place, known: [String] = []) -> Failure {
    .invalid(
      "not-supported-yet", "\(what) is not supported yet by this version of mongodrill", at: place,
      hint: known.isEmpty
        ? "Leave it out." : "Supported are \(known.map { "`\($0)`" }.joined(separator: ", ")).")
  }
}

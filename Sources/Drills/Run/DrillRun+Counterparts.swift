internal import Checks
internal import Configuration
internal import Platform
internal import Record
internal import Witness

extension DrillRun {
  /// Reads the witness and the baseline that checks compare with. Throws when one is asked for and isn't there.
  func readCounterparts() throws {
    let isGoneOn = options.keep || options.from != nil
    if let path = options.witness ?? scenario.witness {
      witness = try WitnessRecord.read(path)
      if isGoneOn { sums.witness = try CounterpartSums.sum(of: path, limit: WitnessRecord.largest) }
    }
    if let run = options.baseline ?? scenario.baseline {
      baseline = try Baseline.read(run, reports: options.reports)
      if isGoneOn, let file = SavedRun.file(of: run, reports: options.reports) {
        sums.baseline = try CounterpartSums.sum(of: file, limit: SavedRun.largest)
      }
    }
    for check in (scenario.suites ?? []).flatMap(\.checks) {
      switch check.check.counterpart {
      case .witness? where witness == nil: throw Failure.nothingToCompare("witness", at: check.place)
      case .baseline? where baseline == nil: throw Failure.nothingToCompare("baseline", at: check.place)
      default: continue
      }
    }
  }
}

extension Failure {
  static func nothingToCompare(_ what: String, at place: Place?) -> Failure {
    .invalid(
      "nothing-to-compare", "a check compares with a \(what), and there is none",
      at: place ?? Place("checks"),
      hint: "Name it with --\(what), or in a scenario by `\(what): …` at its top.")
  }
}

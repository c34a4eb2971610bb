internal import BSON
internal import Checks
internal import Configuration
internal import Platform
package import Record
internal import Witness

extension DrillRun {
  /// Reads the witness and the baseline that checks compare with. Throws when one is asked for and isn't there; one that
  /// is there and is asked for by no check is a warning.
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
    // What is drafted is known when it is known where the data stands.
    leave(
      uncompared: scenario.uncompared(
        witness: options.witness, baseline: options.baseline, draftsWitness: true))
  }

  /// Says what was given to compare with and isn't compared with.
  func leave(uncompared: [DrillRecord.NotVerified]) {
    for left in uncompared where !record.notVerified.contains(left) {
      record.notVerified.append(left)
      warn(left.message)
    }
  }

  /// What the witness says of where the data stands now; nil where it says nothing of that.
  var witnessHere: WitnessRecord? {
    guard let witness, let standing, witness.batches.contains(where: { $0.timestamp == standing }) else {
      return nil
    }
    return witness
  }
}

extension Scenario {
  /// The witness and the baseline that it names, or that are given besides, and that no check compares with.
  /// `draftsWitness`: whether checks that are drafted compare with the witness.
  package func uncompared(
    witness: String? = nil, baseline: String? = nil, draftsWitness: Bool = false
  ) -> [DrillRecord.NotVerified] {
    var left: [DrillRecord.NotVerified] = []
    if let path = witness ?? self.witness, suites == nil ? !draftsWitness : !compares(with: .witness) {
      left.append(
        DrillRecord.NotVerified(
          "witness",
          suites == nil
            ? "nothing is compared with the witness \(path): what is restored is not of its moment; "
              + "`replay: {to: witness}` in a scenario goes there"
            : "no check compares with the witness \(path); `digest: {compare: witness}` does, after "
              + "`replay: {to: witness}`"))
    }
    if let run = baseline ?? self.baseline, !compares(with: .baseline) {
      left.append(
        DrillRecord.NotVerified(
          "baseline", "no check compares with the baseline \(run); `count: {compare: baseline}` does"))
    }
    return left
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

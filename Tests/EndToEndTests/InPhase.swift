import TestSupport

/// A fault in a phase of the drill.
struct InPhase<Fault: Sendable>: Sendable, CustomStringConvertible {
  let fault: Fault
  let phase: String

  var description: String { "\(fault) in \(phase)" }

  /// Each of them in each phase; without `--full` the ones that are named.
  static func all(
    _ faults: [Fault], in phases: [String], briefly: [(Fault, String)]
  ) -> [InPhase] {
    guard isFullRun else { return briefly.map { InPhase(fault: $0.0, phase: $0.1) } }
    return faults.flatMap { fault in phases.map { InPhase(fault: fault, phase: $0) } }
  }
}

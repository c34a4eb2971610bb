package import Platform
package import Readiness
internal import Record

/// What earlier rounds say of each system: when it and its collections were last proven, and what its drills took.
package struct FleetLedger: Sendable {
  /// Of one system.
  package struct Entry: Sendable {
    package internal(set) var proven: WallTime?
    /// Whether the newest drill that ended failed, or couldn't say.
    package internal(set) var failed = false
    /// Seconds that its drills took, as a median of those that came to their end; nil without one.
    package internal(set) var seconds: Double?
    /// Of these, bytes of BSON a second, and the seconds that don't grow with the bytes.
    package internal(set) var rate: Double?
    package internal(set) var fixed: Double?
    /// Its collections, by name.
    package internal(set) var namespaces: [ProofLedger.Line] = []
  }

  /// Phases whose time grows with the data.
  private static let growing: Set<String> = ["restore", "indexes", "replay", "checks", "fetch"]

  /// By the bytes of the system's name.
  private let entries: [[UInt8]: Entry]

  /// Of the drills of all rounds, read with their details; see `RunIndex.init(ofFleet:)`.
  package init(_ index: RunIndex) {
    var runs: [[UInt8]: [RunSummary]] = [:]
    for run in index.runs {
      if let system = run.system, run.kind == .drill { runs[Array(system.utf8), default: []].append(run) }
    }
    entries = runs.mapValues { FleetLedger.entry($0, in: index.folder) }
  }

  /// A system's runs come the oldest first.
  private static func entry(_ runs: [RunSummary], in folder: String) -> Entry {
    var entry = Entry()
    entry.proven = runs.last(where: \.isSuccess)?.time
    entry.failed = runs.last.map { !$0.isSuccess } ?? false
    let whole = runs.filter { $0.status == .completed && !$0.isResumed }
    func fixed(_ run: RunSummary) -> Double {
      run.phases.filter { !growing.contains($0.name) }.reduce(0) { $0 + $1.seconds }
    }
    entry.seconds = Distribution(whole.map(\.seconds))?.median
    entry.fixed = Distribution(whole.map(fixed))?.median
    entry.rate =
      Distribution(
        whole.compactMap { run in
          let seconds = run.seconds - fixed(run)
          return seconds > 0 && run.bytes > 0 ? Double(run.bytes) / seconds : nil
        })?.median
    entry.namespaces = ProofLedger(RunIndex(of: folder, runs, unreadable: [], unfinished: [])).lines
    return entry
  }

  /// What is known of a system; empty for one that was never drilled.
  package func entry(of system: String) -> Entry { entries[Array(system.utf8)] ?? Entry() }

  /// A system as one that could have its turn. `estimate`: seconds of its drill where no earlier one tells them.
  /// `isSplit`: whether a budget may be spent on a part of its collections.
  package func candidate(
    _ index: Int, _ name: String, every: Double?, estimate: Double, isSplit: Bool
  ) -> RoundBudget.Candidate {
    let entry = entry(of: name)
    return RoundBudget.Candidate(
      index: index, name: name, seconds: entry.seconds ?? estimate, proven: entry.proven,
      failed: entry.failed,
      every: every,
      namespaces: isSplit
        ? entry.namespaces.filter { $0.bytes > 0 }.map { line in
          RoundBudget.Namespace(
            line.namespace, seconds: Double(line.bytes) / (entry.rate ?? 10e6), proven: line.proven?.time)
        } : [],
      fixed: entry.fixed ?? 5)
  }
}

package import Platform
internal import Readiness
internal import Record

/// What earlier rounds say of each system: when it and its collections were last proven, and what its drills took.
package struct FleetLedger: Sendable {
  /// Of one system.
  package struct Entry: Sendable {
    package internal(set) var proven: WallTime?
    /// When its newest drill began, whatever came of it.
    package internal(set) var tried: WallTime?
    /// Whether that one failed, or gave no answer.
    package internal(set) var failed = false
    /// Seconds that its drills took, as a median of those that came to their end; nil without one.
    package internal(set) var seconds: Double?
    /// Of these, bytes of BSON a second, and the seconds that don't grow with the bytes.
    package internal(set) var rate: Double?
    package internal(set) var fixed: Double?
    /// The collections of its newest drill that came to its end, by name: their bytes of BSON, and when they were last
    /// proven. Where no drill tells the bytes, the mean of the others.
    package internal(set) var namespaces: [(name: String, bytes: Double, proven: WallTime?)] = []
  }

  /// Phases whose time grows with the data.
  private static let growing: Set<String> = ["restore", "indexes", "replay", "checks", "fetch"]

  /// By the bytes of the system's name.
  private var entries: [[UInt8]: Entry]

  /// Of the drills of all rounds, read with their details.
  package init(_ fleet: FleetRuns) {
    var runs: [[UInt8]: [RunSummary]] = [:]
    for run in fleet.index.runs {
      if let system = run.system, run.kind == .drill { runs[Array(system.utf8), default: []].append(run) }
    }
    entries = runs.mapValues { FleetLedger.entry($0, in: fleet.index.folder) }
    for (system, last) in fleet.tries {
      entries[system, default: Entry()].tried = last.time
      entries[system, default: Entry()].failed = !last.isSuccess
    }
  }

  /// A system's runs come the oldest first.
  private static func entry(_ runs: [RunSummary], in folder: String) -> Entry {
    var entry = Entry()
    entry.proven = runs.last(where: \.isSuccess)?.time
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
    let ledger = ProofLedger(RunIndex(of: folder, runs, unreadable: [], unfinished: []))
    let lines = Dictionary(ledger.lines.map { ($0.namespace, $0) }, uniquingKeysWith: { first, _ in first })
    let known = ledger.lines.filter { $0.bytes > 0 }
    let mean = Double(known.reduce(0) { $0 + $1.bytes }) / Double(max(1, known.count))
    // What the backup doesn't hold any more waits for nobody.
    entry.namespaces = (whole.last?.details?.collections ?? []).map(\.source)
      .filter { !ProofLedger.isOfServer($0) }.map { name in
        let bytes = lines[name]?.bytes ?? 0
        return (name, bytes > 0 ? Double(bytes) : mean, lines[name]?.proven?.time)
      }
    return entry
  }

  /// What is known of a system; empty for one that was never drilled.
  package func entry(of system: String) -> Entry { entries[Array(system.utf8)] ?? Entry() }

  /// A system as one that could have its turn. `estimate`: seconds of its drill where no earlier one tells them.
  /// `budget`: what its drill may take at most, in seconds, for a part of its collections; nil where all are verified.
  package func candidate(
    _ index: Int, _ name: String, every: Double?, estimate: Double, budget: Double? = nil
  ) -> RoundBudget.Candidate {
    let entry = entry(of: name)
    var candidate = RoundBudget.Candidate(
      index: index, name: name, seconds: entry.seconds ?? estimate, proven: entry.proven, tried: entry.tried,
      failed: entry.failed, every: every, fixed: entry.fixed ?? 5)
    guard let budget else { return candidate }
    let rate = entry.rate ?? 10e6
    candidate.namespaces = entry.namespaces.map {
      RoundBudget.Namespace($0.name, seconds: $0.bytes / rate, proven: $0.proven)
    }
    if !candidate.namespaces.isEmpty {
      // Its drills took a part, each another one: all of it is the sum.
      candidate.seconds = candidate.fixed + candidate.namespaces.reduce(0) { $0 + $1.seconds }
    }
    candidate.most = budget
    return candidate
  }
}

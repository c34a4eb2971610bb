package import Platform
internal import Readiness

/// Which systems have their turn in a round: its time is spent on those whose last drill is longest ago, or that never had
/// one, as many as fit on the machines by what their drills are estimated to take. What came of that drill doesn't count:
/// one that can't be proven would hold up the others for ever.
package struct RoundBudget: Sendable {
  /// A system that could have a turn.
  package struct Candidate: Sendable, Hashable {
    package var index: Int
    package var name: String
    /// What a drill of all of it is estimated to take.
    package var seconds: Double
    /// When it was last proven; nil: never.
    package var proven: WallTime?
    /// When its newest drill began, whatever came of it; nil: never.
    package var tried: WallTime?
    /// Whether its newest drill failed: it is due then, however lately it was proven.
    package var failed: Bool
    /// How often it is due, in seconds; nil: in every round.
    package var every: Double?
    /// Its collections, where it can be verified in parts (`run --budget`); empty where it can't.
    package var namespaces: [Namespace]
    /// Seconds of a drill that don't grow with the collections.
    package var fixed: Double
    /// What its drill may take at most, in seconds; nil: all that it takes.
    package var most: Double?

    /// `tried` is `proven` where it isn't said.
    package init(
      index: Int, name: String, seconds: Double, proven: WallTime?, tried: WallTime? = nil,
      failed: Bool = false,
      every: Double? = nil, namespaces: [Namespace] = [], fixed: Double = 0, most: Double? = nil
    ) {
      self.index = index
      self.name = name
      self.seconds = seconds
      self.proven = proven
      self.tried = tried ?? proven
      self.most = most
      self.failed = failed
      self.every = every
      self.namespaces = namespaces
      self.fixed = fixed
    }
  }

  /// A collection of a system.
  package struct Namespace: Sendable, Hashable {
    package var name: String
    package var seconds: Double
    package var proven: WallTime?

    package init(_ name: String, seconds: Double, proven: WallTime?) {
      self.name = name
      self.seconds = seconds
      self.proven = proven
    }
  }

  /// A turn.
  package struct Turn: Sendable, Hashable {
    package let index: Int
    package let name: String
    /// What it is estimated to take.
    package let seconds: Double
    /// What its drill gets of the time (`run --budget`); nil: all that it takes.
    package let budget: Double?
    /// The collections that this is enough for; empty: all.
    package let namespaces: [String]
    /// The machine, from 0, and when it begins there, in seconds from the round's start.
    package let machine: Int
    package let start: Double
  }

  /// A system without a turn.
  package struct Left: Sendable, Hashable {
    package let index: Int
    package let name: String
    package let reason: RoundRecord.LeftOut
    package let proven: WallTime?
  }

  /// Those whose turn it is, the one drilled longest ago first.
  package private(set) var turns: [Turn] = []
  /// In the order of the file.
  package private(set) var left: [Left] = []
  /// When the last machine is done, in seconds from the round's start.
  package var makespan: Double { turns.map { $0.start + $0.seconds }.max() ?? 0 }

  /// `seconds`: what a round may take on its machines; nil: as long as it takes.
  package init(_ candidates: [Candidate], seconds: Double?, machines: Int, at time: WallTime) {
    var load = [Double](repeating: 0, count: max(1, machines))
    func isDue(_ candidate: Candidate) -> Bool {
      let proven = candidate.oldest
      guard let every = candidate.every, proven != .distantPast, !candidate.failed else { return true }
      // One that becomes due before the round is over would be overdue at the next.
      return time.timeInterval(since: proven) + (seconds ?? 0) >= every
    }
    for candidate in candidates where !isDue(candidate) { leave(candidate, .notDue) }
    var isFirst = true
    for candidate in RoundBudget.oldestFirst(candidates.filter(isDue)) {
      let machine = load.indices.min { load[$0] < load[$1] } ?? 0
      let left = (seconds ?? .infinity) - load[machine]
      let room = min(left, candidate.most ?? .infinity)
      if candidate.seconds <= room {
        take(candidate, candidate.seconds, budget: candidate.most == nil ? nil : room, [], machine, &load)
      } else if let part = RoundBudget.part(candidate, room) {
        take(candidate, part.seconds, budget: room, part.namespaces, machine, &load)
      } else if let most = candidate.most, candidate.namespaces.isEmpty, most <= left {
        // Nothing tells its collections yet.
        take(candidate, most, budget: most, [], machine, &load)
      } else if isFirst {
        // The one whose turn it is has it however long it takes: else it would never have one.
        take(candidate, candidate.seconds, budget: candidate.most, [], machine, &load)
      } else {
        leave(candidate, .budget)
      }
      isFirst = false
    }
    left.sort { $0.index < $1.index }
  }

  private mutating func take(
    _ candidate: Candidate, _ seconds: Double, budget: Double?, _ namespaces: [String], _ machine: Int,
    _ load: inout [Double]
  ) {
    turns.append(
      Turn(
        index: candidate.index, name: candidate.name, seconds: seconds, budget: budget,
        namespaces: namespaces,
        machine: machine, start: load[machine]))
    load[machine] += seconds
  }

  private mutating func leave(_ candidate: Candidate, _ reason: RoundRecord.LeftOut) {
    left.append(Left(index: candidate.index, name: candidate.name, reason: reason, proven: candidate.proven))
  }

  /// Those that were never drilled first, then those drilled longest ago; of equals those whose drill failed, then those
  /// with the oldest proof, then in the order of the file.
  package static func oldestFirst(_ candidates: [Candidate]) -> [Candidate] {
    candidates.sorted { left, right in
      let (one, two) = (left.tried ?? .distantPast, right.tried ?? .distantPast)
      if one != two { return one < two }
      if left.failed != right.failed { return left.failed }
      if left.oldest != right.oldest { return left.oldest < right.oldest }
      return left.index < right.index
    }
  }

  /// The collections that fit into so many seconds, those proven longest ago first; nil when not even the first does.
  private static func part(_ candidate: Candidate, _ room: Double) -> (seconds: Double, namespaces: [String])?
  {
    let oldest = candidate.namespaces.sorted { left, right in
      let (one, two) = (left.proven ?? .distantPast, right.proven ?? .distantPast)
      return one == two ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : one < two
    }
    guard let first = oldest.first, candidate.fixed + first.seconds <= room else { return nil }
    var seconds = candidate.fixed
    var taken: [String] = []
    for namespace in oldest where seconds + namespace.seconds <= room {
      taken.append(namespace.name)
      seconds += namespace.seconds
    }
    return (seconds, taken)
  }
}

extension RoundBudget.Candidate {
  /// When it was proven: where parts of it are, the collection proven longest ago.
  fileprivate var oldest: WallTime {
    guard !namespaces.isEmpty else { return proven ?? .distantPast }
    return namespaces.map { $0.proven ?? .distantPast }.min() ?? .distantPast
  }
}

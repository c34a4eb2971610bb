package import Platform
internal import Record

/// Which collections and indexes were proven when, over all runs.
package struct ProofLedger: Sendable {
  /// A run that says something.
  package struct Proof: Sendable, Hashable {
    package let runID: String
    /// Where its report's folder lies.
    package let folder: String
    /// When it ended; nil where its clock can't be believed.
    package let time: WallTime?
    /// How many checks of the collection passed, or warned; of indexes, how many were built.
    package let count: Int
  }

  /// A collection, by its name in the backup.
  package struct Line: Sendable, Hashable {
    package let namespace: String
    /// The newest run in which all of its documents came back.
    package internal(set) var restored: Proof?
    /// The newest of these in which checks of it were asked and none was against it.
    package internal(set) var proven: Proof?
    /// The newest run in which all its indexes came back: an `indexes` check passed, or the server refused none.
    package internal(set) var indexes: Proof?
    /// Of each index by its name the newest run in which an `indexes` check found it as it should be.
    package internal(set) var eachIndex: [String: Proof] = [:]
    /// The newest run in which a check of it failed, or documents were missing, when that is newer than `proven`.
    package internal(set) var failed: Proof?
    /// BSON bytes of its documents in the run that it was proven by, else in the newest that restored it; 0 without one.
    package internal(set) var bytes = 0

    init(_ namespace: String) { self.namespace = namespace }
  }

  /// By namespace.
  package private(set) var lines: [Line]
  /// Runs that were looked at: completed drills.
  package private(set) var runs = 0

  /// Of runs that were read with their details. `known` are collections that should be in it, whether or not a run has
  /// seen them: those of the backups at hand.
  package init(_ index: RunIndex, known: [String] = []) {
    var lines: [String: Line] = [:]
    for namespace in known { lines[namespace] = Line(namespace) }
    for run in index.runs.reversed() where run.kind == .drill && run.status == .completed {
      guard let details = run.details else { continue }
      runs += 1
      for collection in details.collections {
        guard let target = collection.target, !ProofLedger.isOfServer(collection.source) else { continue }
        var line = lines[collection.source] ?? Line(collection.source)
        line.take(collection, details.checks.filter { $0.namespace == target }, details, run)
        lines[collection.source] = line
      }
    }
    self.lines = lines.values.sorted { $0.namespace.utf8.lexicographicallyPrecedes($1.namespace.utf8) }
  }

  /// Collections that a server writes for itself are not a backup's data.
  package static func isOfServer(_ namespace: String) -> Bool {
    ["admin.", "config.", "local."].contains { namespace.hasPrefix($0) }
  }

  /// Collections that were never proven, or longer ago than so many seconds.
  package func stale(after seconds: Double, now: WallTime = .now) -> [Line] {
    lines.filter { line in
      guard let time = line.proven?.time else { return true }
      return now.timeInterval(since: time) > seconds
    }
  }

  /// The collections, those that were proven longest ago (or never) first.
  package var oldestFirst: [Line] {
    lines.sorted { left, right in
      let (one, two) = (left.proven?.time ?? .distantPast, right.proven?.time ?? .distantPast)
      return one == two ? left.namespace < right.namespace : one < two
    }
  }

  /// `[{namespace, restored, proven, indexes, each_index, failed}]`, each of these `{run_id, at, count}` or null;
  /// `each_index` is an array of `{name, run_id, at}`.
  package var json: JSON {
    .array(
      lines.map { line in
        [
          "namespace": .string(line.namespace), "restored": Proof.json(line.restored),
          "proven": Proof.json(line.proven), "indexes": Proof.json(line.indexes),
          "each_index": .array(
            line.indexNames.map { name in
              [
                "name": .string(name), "run_id": .string(line.eachIndex[name]?.runID ?? ""),
                "at": line.eachIndex[name]?.time.map { .string($0.text) } ?? .null,
              ]
            }),
          "failed": Proof.json(line.failed),
        ]
      })
  }
}

extension ProofLedger.Line {
  /// The indexes that were ever proven by name, sorted.
  package var indexNames: [String] {
    eachIndex.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Takes what a run says of it; runs come the newest first.
  fileprivate mutating func take(
    _ collection: DrillRecord.Collection, _ checks: [RunDetails.Check], _ details: RunDetails,
    _ run: RunSummary
  ) {
    let passed = checks.count { ["pass", "warn"].contains($0.result) }
    let against = checks.filter { ["fail", "error"].contains($0.result) }
    let isWhole = collection.missing == 0
    func proof(_ count: Int) -> ProofLedger.Proof {
      .init(runID: run.runID, folder: run.folder, time: run.time, count: count)
    }
    if isWhole {
      if restored == nil {
        restored = proof(passed)
        bytes = collection.bytes
      }
      if proven == nil, passed > 0, against.isEmpty {
        proven = proof(passed)
        bytes = collection.bytes
      }
    }
    let asked = checks.filter { $0.kind == "indexes" }
    let refused = details.refusedIndexes[collection.target ?? ""] ?? []
    let areBack = asked.isEmpty ? refused.isEmpty : asked.allSatisfy { ["pass", "warn"].contains($0.result) }
    if indexes == nil, areBack { indexes = proof(collection.indexes) }
    // Each by itself: one that is missing says nothing of its neighbour.
    for name in asked.flatMap(\.matching) where eachIndex[name] == nil { eachIndex[name] = proof(1) }
    if proven == nil, failed == nil, !isWhole || checks.contains(where: { $0.result == "fail" }) {
      failed = proof(checks.count { $0.result == "fail" })
    }
  }
}

extension ProofLedger.Proof {
  fileprivate static func json(_ proof: Self?) -> JSON {
    guard let proof else { return .null }
    return [
      "run_id": .string(proof.runID), "at": proof.time.map { .string($0.text) } ?? .null,
      "count": .integer(Int64(proof.count)),
    ]
  }
}

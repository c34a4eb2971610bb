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
    /// The newest of these in which checks of it passed, none was against it, and neither the restore nor the replay
    /// told of anything that went wrong with it.
    package internal(set) var proven: Proof?
    /// The newest run in which all its indexes came back: the server refused none, and an `indexes` check passed, or none
    /// was asked and they were to be built.
    package internal(set) var indexes: Proof?
    /// Of each index by its name the newest run in which an `indexes` check found it as it should be.
    package internal(set) var eachIndex: [String: Proof] = [:]
    /// The newest run in which a check of it failed, documents were missing or something was refused, when that is newer
    /// than `proven`.
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
    // By bytes: two spellings of one word are two collections.
    var lines: [[UInt8]: Line] = [:]
    for namespace in known { lines[Array(namespace.utf8)] = Line(namespace) }
    for run in index.runs.reversed() where run.kind == .drill && run.status == .completed {
      guard let details = run.details else { continue }
      runs += 1
      // Of a sharded set a collection has a part on each shard: all of them together are the collection.
      let parts = Dictionary(grouping: details.collections) { Array($0.source.utf8) }
      for (key, parts) in parts {
        guard let first = parts.first, !ProofLedger.isOfServer(first.source),
          parts.contains(where: { $0.target != nil })
        else { continue }
        var line = lines[key] ?? Line(first.source)
        line.take(CollectionEvidence(of: parts, details), run)
        lines[key] = line
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
  fileprivate mutating func take(_ evidence: CollectionEvidence, _ run: RunSummary) {
    func proof(_ count: Int) -> ProofLedger.Proof {
      .init(runID: run.runID, folder: run.folder, time: run.time, count: count)
    }
    if evidence.isWhole {
      if restored == nil {
        restored = proof(evidence.passed)
        bytes = evidence.bytes
      }
      if proven == nil, evidence.isProof {
        proven = proof(evidence.passed)
        bytes = evidence.bytes
      }
    }
    if indexes == nil, evidence.areIndexesBack { indexes = proof(evidence.indexes) }
    // Each by itself: one that is missing says nothing of its neighbour.
    for name in evidence.matching where eachIndex[name] == nil { eachIndex[name] = proof(1) }
    if proven == nil, failed == nil, evidence.isFailure { failed = proof(evidence.failed) }
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

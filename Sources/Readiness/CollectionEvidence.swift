internal import Record

/// What one run says of one collection: of all its parts, where a sharded set has several.
struct CollectionEvidence {
  /// BSON bytes of its documents, and indexes that were built.
  let bytes: Int
  let indexes: Int
  /// Whether all of its documents came back, on every part.
  let isWhole: Bool
  /// Checks that compared something and were content.
  let passed: Int
  let failed: Int
  /// Whether a check was against it, or had no answer.
  private let isDoubted: Bool
  /// Whether the restore or the replay told of something that went wrong with it, or may have.
  private let hasProblem: Bool
  /// Whether all of its indexes came back, as far as the run says.
  let areIndexesBack: Bool
  /// The names of the indexes that checks found as they should be.
  let matching: [String]

  init(of parts: [DrillRecord.Collection], _ details: RunDetails) {
    let restored = parts.filter { $0.target != nil }
    let targets = Set(restored.compactMap { $0.target.map { Array($0.utf8) } })
    let checks = details.checks.filter { check in
      check.namespace.map { targets.contains(Array($0.utf8)) } ?? false
    }
    bytes = restored.reduce(0) { RecordNumbers.sum($0, $1.bytes) }
    indexes = restored.reduce(0) { RecordNumbers.sum($0, $1.indexes) }
    // A shard whose part was left out is a part that didn't come back.
    let leftOut = details.isOfSet && parts.contains { $0.target == nil && $0.documents > 0 }
    isWhole = !leftOut && restored.allSatisfy { $0.missing == 0 }
    passed = checks.count { ["pass", "warn"].contains($0.result) && !$0.isFigure }
    failed = checks.count { $0.result == "fail" }
    isDoubted = checks.contains { ["fail", "error", "skipped"].contains($0.result) }
    hasProblem = details.isAnyUnnamed || details.problems.contains { $0.concerns(targets) }
    let asked = checks.filter { $0.kind == "indexes" }
    let refused = details.problems.contains { $0.subject == "index" && $0.concerns(targets) }
    // Where none were to be built, a comparison with the backup expects none.
    areIndexesBack =
      !refused && !details.leavesIndexesOut && asked.allSatisfy { ["pass", "warn"].contains($0.result) }
    matching = asked.flatMap(\.matching)
  }

  /// Whether the run proves the collection, given that it is whole.
  var isProof: Bool { passed > 0 && !isDoubted && !hasProblem }
  /// Whether the run found a fault in it.
  var isFailure: Bool { !isWhole || failed > 0 || hasProblem }
}

extension RunDetails.Problem {
  /// Whether it speaks of one of these collections, given by the bytes of their names in the sandbox: itself, its
  /// buckets, or the database as a whole.
  fileprivate func concerns(_ targets: Set<[UInt8]>) -> Bool {
    let name = Array(namespace.utf8)
    if name.isEmpty { return true }
    guard let dot = name.firstIndex(of: UInt8(ascii: ".")) else {
      return targets.contains { $0.starts(with: name + [UInt8(ascii: ".")]) }
    }
    let (database, collection) = (name[...dot], name[(dot + 1)...])
    if collection.isEmpty || collection.elementsEqual("$cmd".utf8) {
      // An operation of the server as a whole, `admin.$cmd`, may have been about any of them.
      return database.elementsEqual("admin.".utf8) || targets.contains { $0.starts(with: database) }
    }
    let buckets = Array("system.buckets.".utf8)
    let own = collection.starts(with: buckets) ? collection.dropFirst(buckets.count) : collection
    return targets.contains(name) || targets.contains(Array(database + own))
  }
}

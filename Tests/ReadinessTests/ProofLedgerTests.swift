import Platform
import Readiness
import Record
import Testing

@Suite("The ledger of what was proven")
struct ProofLedgerTests {
  private func collection(_ name: String, missing: Int = 0) -> DrillRecord.Collection {
    DrillRecord.Collection(
      source: name, target: name, documents: 10, bytes: 1000, inserted: 10 - missing, indexes: 2)
  }

  private func check(_ name: String, _ result: Outcome.Result, kind: String = "count") -> Outcome {
    Outcome(kind: kind, suite: "core", namespace: name, name: kind, result: result, message: "")
  }

  private func ledger(_ reports: ReportFolder, known: [String] = []) throws -> ProofLedger {
    let now = WallTime.new.after(days: 30)
    return ProofLedger(try RunIndex(reading: reports.path, depth: .details, now: now), known: known)
  }

  @Test("says of each collection which run proved it last, which restored it, and which found a fault")
  func lines() throws {
    let reports = try ReportFolder()
    let first = try reports.write(at: .new) { record in
      record.backup.collections = ["shop.a", "shop.b", "shop.c"].map { collection($0) }
      record.checks = ["shop.a", "shop.b", "shop.c"].map { check($0, .pass) }
    }
    let second = try reports.write(at: .new.after(days: 7)) { record in
      record.backup.collections = [
        collection("shop.a"), collection("shop.b"), collection("shop.c", missing: 1),
      ]
      record.checks = [check("shop.a", .pass), check("shop.b", .fail), check("shop.c", .pass)]
      record.verdict = .fail
    }
    let third = try reports.write(at: .new.after(days: 14)) { record in
      record.backup.collections = [collection("shop.a")]
      record.checks = []
    }
    // Neither says anything of a backup.
    try reports.write(at: .new.after(days: 21)) { $0.status = .aborted }
    let all = try ledger(reports, known: ["shop.never", "shop.a"])
    #expect(all.runs == 3)
    #expect(all.lines.map(\.namespace) == ["shop.a", "shop.b", "shop.c", "shop.never"])
    #expect(all.lines.map(\.proven?.runID) == [second, first, first, nil])
    #expect(all.lines.map(\.restored?.runID) == [third, second, first, nil])
    #expect(all.lines.map(\.failed?.runID) == [nil, second, second, nil])
    #expect(all.oldestFirst.map(\.namespace) == ["shop.never", "shop.b", "shop.c", "shop.a"])
    let stale = all.stale(after: 25 * 86_400, now: .new.after(days: 30))
    #expect(stale.map(\.namespace) == ["shop.b", "shop.c", "shop.never"])
  }

  @Test("takes indexes for proven when a check of them passed, or the server refused none")
  func indexes() throws {
    let reports = try ReportFolder()
    let first = try reports.write(at: .new) { record in
      record.backup.collections = [collection("shop.a"), collection("shop.b")]
    }
    try reports.write(at: .new.after(days: 7)) { record in
      record.backup.collections = [collection("shop.a"), collection("shop.b")]
      record.backup.problems = [
        DrillRecord.Problem(namespace: "shop.a", subject: "index", name: "x_1", message: "no")
      ]
      record.checks = [check("shop.b", .fail, kind: "indexes")]
    }
    #expect(try ledger(reports).lines.map(\.indexes?.runID) == [first, first])
    #expect(try ledger(reports).lines.flatMap(\.indexNames) == [])
  }

  @Test("says of each index by its name which run proved it last, whatever became of the others")
  func eachIndex() throws {
    let reports = try ReportFolder()
    func write(_ day: Int, _ result: Outcome.Result, _ matching: [String]) throws -> String {
      try reports.write(at: .new.after(days: day)) { record in
        record.backup.collections = [collection("shop.a")]
        var outcome = check("shop.a", result, kind: "indexes")
        outcome.measured = ["indexes": 3, "matching": .array(matching.map(JSON.string)), "missing": []]
        record.checks = [outcome]
      }
    }
    let first = try write(0, .pass, ["a_1", "b_1"])
    let second = try write(7, .fail, ["a_1"])
    let line = try #require(try ledger(reports).lines.first)
    #expect(line.indexNames == ["a_1", "b_1"] && line.proven?.runID == first)
    #expect(line.indexNames.map { line.eachIndex[$0]?.runID } == [second, first])
    guard case .array(let lines) = try ledger(reports).json,
      case .array(let all)? = lines.first?["each_index"]
    else {
      Issue.record("no each_index")
      return
    }
    #expect(all.map { $0["name"] } == ["a_1", "b_1"])
    #expect(all.map { $0["run_id"] } == [JSON.string(second), .string(first)])
  }

  /// Two collections whose `count` passed: what the ledger says of each when one more thing stands in the record.
  private func line(_ change: (inout DrillRecord) -> Void) throws -> ProofLedger.Line {
    let reports = try ReportFolder()
    try reports.write(at: .new) { record in
      record.backup.collections = [collection("shop.a"), collection("shop.b")]
      record.checks = ["shop.a", "shop.b"].map { check($0, .pass) }
      change(&record)
    }
    let lines = try ledger(reports).lines
    // The neighbour is as proven as ever.
    #expect(lines.last?.proven != nil && lines.last?.failed == nil)
    return try #require(lines.first)
  }

  @Test(
    "takes nothing for proven that the restore or the replay had a fault with",
    arguments: [
      ("shop.a", "operation"), ("shop.a", "index"), ("shop.a", "document"), ("shop.a", "capped"),
      ("shop.a", "collection"), ("shop.system.buckets.a", "operation"),
    ])
  func problems(namespace: String, subject: String) throws {
    let line = try line { record in
      record.backup.problems = [
        DrillRecord.Problem(namespace: namespace, subject: subject, name: "x", message: "no")
      ]
      record.backup.problemCount = 1
    }
    #expect(line.proven == nil && line.failed != nil && line.restored != nil)
    #expect((line.indexes == nil) == (subject == "index"))
  }

  @Test(
    "takes nothing for proven when a fault has no name, or is the database's",
    arguments: [(1, nil), (0, "shop"), (0, "shop.$cmd"), (0, "admin.$cmd")] as [(Int, String?)])
  func unnamed(count: Int, namespace: String?) throws {
    let reports = try ReportFolder()
    try reports.write(at: .new) { record in
      record.backup.collections = [collection("shop.a"), collection("shop.b")]
      record.checks = ["shop.a", "shop.b"].map { check($0, .pass) }
      record.backup.problems = [namespace].compactMap(\.self).map {
        DrillRecord.Problem(namespace: $0, subject: "operation", name: nil, message: "no")
      }
      record.backup.problemCount = record.backup.problems.count + count
    }
    #expect(try ledger(reports).lines.map { $0.proven == nil && $0.failed != nil } == [true, true])
  }

  @Test("of documents that the record only counts asks the collection that lacks them")
  func countedDocuments() throws {
    let reports = try ReportFolder()
    try reports.write(at: .new) { record in
      record.backup.collections = [collection("shop.a", missing: 5), collection("shop.b")]
      record.checks = ["shop.a", "shop.b"].map { check($0, .pass) }
      record.backup.problems = (0..<2).map {
        DrillRecord.Problem(namespace: "shop.a", subject: "document", name: "\($0)", message: "no")
      }
      record.backup.problemCount = 5
    }
    #expect(try ledger(reports).lines.map { $0.proven == nil } == [true, false])
  }

  @Test("of a collection with parts on shards asks all of them", arguments: [0, 1])
  func shards(damaged: Int) throws {
    let line = try line { record in
      record.shards = [DrillRecord.Shard(), DrillRecord.Shard()]
      record.backup.collections = [
        collection("shop.a", missing: damaged == 0 ? 3 : 0),
        collection("shop.a", missing: damaged == 1 ? 3 : 0), collection("shop.b"),
      ]
    }
    #expect(line.proven == nil && line.restored == nil && line.failed != nil)
    let whole = try self.line { record in
      record.shards = [DrillRecord.Shard(), DrillRecord.Shard()]
      record.backup.collections.insert(collection("shop.a"), at: 0)
    }
    #expect(whole.proven != nil && whole.bytes == 2000)
    let leftOut = try self.line { record in
      record.shards = [DrillRecord.Shard(), DrillRecord.Shard()]
      var part = collection("shop.a")
      part.target = nil
      record.backup.collections.insert(part, at: 0)
    }
    #expect(leftOut.proven == nil)
  }

  @Test(
    "takes no figure that was only noted for a check that passed", arguments: ["metric", "storage", "query"])
  func figures(kind: String) throws {
    let reports = try ReportFolder()
    func write(_ day: Int, expected: String?) throws -> String {
      let id = try reports.write(at: .new.after(days: day)) { record in
        record.backup.collections = [collection("shop.a")]
        var outcome = check("shop.a", .pass, kind: kind)
        outcome.expected = expected
        record.checks = [outcome]
      }
      let text = try Files.text(of: reports.record(id))
      let noted = text.replacing("\"kind\": \"query\"", with: "\"kind\": \"query\", \"figure_only\": true")
      if expected == nil { try Files.writeAtomically(noted.utf8, to: reports.record(id)) }
      return id
    }
    let compared = try write(0, expected: "at least 1")
    _ = try write(7, expected: nil)
    #expect(try ledger(reports).lines.map(\.proven?.runID) == [compared])
  }

  @Test("takes a check without an answer as against it", arguments: [Outcome.Result.skipped, .error])
  func unanswered(result: Outcome.Result) throws {
    let line = try line { $0.checks.append(check("shop.a", result, kind: "validate")) }
    #expect(line.proven == nil && line.restored != nil && line.failed == nil)
  }

  @Test("says nothing of indexes that a restore left out", arguments: [false, true])
  func indexesLeftOut(asks: Bool) throws {
    let line = try line { record in
      record.scenario.resolved = ["steps": [["restore": ["indexes": false]], ["check": []]]]
      if asks { record.checks.append(check("shop.a", .pass, kind: "indexes")) }
    }
    #expect(line.indexes == nil && line.proven != nil)
  }

  @Test("keeps collections apart whose names only look the same")
  func spellings() throws {
    let reports = try ReportFolder()
    try reports.write(at: .new) { record in
      record.backup.collections = [collection("shop.caf\u{e9}"), collection("shop.cafe\u{301}", missing: 1)]
      record.checks = ["shop.caf\u{e9}", "shop.cafe\u{301}"].map { check($0, .pass) }
    }
    #expect(try ledger(reports).lines.map { $0.proven != nil } == [false, true])
  }
}

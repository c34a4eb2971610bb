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
}

import Platform
import Readiness
import Record
import Reports
import Testing

@Suite("Recommendations")
struct RecommendationTests {
  private func earlier(_ count: Int, days: Int = 7) throws -> [RunSummary] {
    let folder = try ReportFolder()
    for run in 0..<count { try folder.write(at: .new.after(days: run * days)) }
    return RunIndex.completed("shop", in: folder.path, most: 10)
  }

  private func rules(
    _ earlier: [RunSummary], free: Int? = nil, _ change: (inout DrillRecord) -> Void
  ) -> [String] {
    var record = drillRecord("shop", "x", at: .new.after(days: 70))
    change(&record)
    return Recommendations.of(record, earlier: earlier, freeBytes: free).map(\.rule)
  }

  @Test("are none after a run like all others")
  func none() throws {
    #expect(try rules(earlier(10), free: 100_000_000) { _ in } == [])
  }

  @Test("name a phase that is slower than the median, from three earlier runs on")
  func slow() throws {
    for (count, expected) in [(2, [String]()), (3, ["slow-phase"])] {
      #expect(try rules(earlier(count)) { $0.phases[0].seconds = 8 } == expected)
    }
    #expect(try rules(earlier(3)) { $0.phases[0].seconds = 7 } == [])
  }

  @Test("name collections without a check of their own")
  func thin() throws {
    let rules = try rules(earlier(1)) { record in
      record.backup.collections.append(
        DrillRecord.Collection(
          source: "shop.a", target: "shop.a", documents: 5, bytes: 9, inserted: 5, indexes: 0))
      record.backup.collections.append(
        DrillRecord.Collection(
          source: "admin.system.users", target: "admin.system.users", documents: 5, bytes: 9, inserted: 5,
          indexes: 0))
    }
    #expect(rules == ["thin-coverage"])
  }

  @Test("ask nothing of replayed documents that only the backup's own could answer")
  func thinAfterReplay() {
    var record = drillRecord("shop", "x", at: .new)
    record.backup.collections.append(
      DrillRecord.Collection(
        source: "shop.a", target: "shop.a", documents: 5, bytes: 9, inserted: 5, indexes: 0))
    func advice() -> [String] {
      Recommendations.of(record, earlier: [], freeBytes: nil).filter { $0.rule == "thin-coverage" }.map(
        \.advice)
    }
    #expect(advice() == ["Ask `count` and `digest` of all with \"*\"; `mongodrill init` drafts more."])
    record.replay = DrillRecord.Replay()
    #expect(advice() == ["Ask `count: {min: …}` of each; `mongodrill init` drafts more."])
  }

  @Test("name a drill that was due, little room, a thin margin and a backup that grew")
  func others() throws {
    #expect(try rules(earlier(1)) { $0.startedAt = .new.after(days: 92) } == ["stale-drill"])
    #expect(try rules(earlier(1), free: 1_000_000) { _ in } == ["low-disk"])
    #expect(try rules(earlier(1)) { $0.objectives.rto?.measuredSeconds = 25 } == ["thin-margin"])
    #expect(try rules(earlier(3)) { $0.backup.bytes = 1_300_000 } == ["backup-grew"])
  }
}

@Suite("The comparison with earlier runs")
struct RegressionReadingTests {
  @Test("takes the median of the last ten completed runs of the scenario that measured it")
  func median() throws {
    let folder = try ReportFolder()
    for (day, seconds) in ([90, 90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as [Double]).enumerated() {
      try folder.write(at: .new.after(days: day)) { $0.objectives.rto?.measuredSeconds = seconds }
    }
    try folder.write("shop-eu", at: .new.after(days: 30)) { $0.objectives.rto?.measuredSeconds = 500 }
    try folder.write(at: .new.after(days: 31)) { $0.status = .failed }
    let own = try folder.write(at: .new.after(days: 32))
    let earlier = RunIndex.completed("shop", in: folder.path, most: 10, except: own)
    #expect(earlier.count == 10)
    let regression = DrillRecord.Regression(limit: 0.25, of: earlier, measured: 6.6)
    #expect(regression.medianSeconds == 5.5 && regression.runs == 10)
    #expect(abs((regression.change ?? 0) - 0.2) < 1e-9 && regression.met == true)
    let two = DrillRecord.Regression(limit: 0.25, of: Array(earlier.prefix(2)), measured: 99)
    #expect(two.medianSeconds == nil && two.met == nil && two.runs == 2)
  }
}

@Suite("Two runs compared")
struct DifferenceTests {
  private let before = drillRecord("shop", "a", at: .new)

  private func changes(_ change: (inout DrillRecord) -> Void) -> [String] {
    var after = before
    change(&after)
    return RunDifference(before, after).changes.map {
      "\($0.area.rawValue) \($0.name): \($0.before ?? "-") -> \($0.after ?? "-")\($0.isWorse ? " !" : "")"
    }
  }

  @Test("are the same when nothing changed but the time")
  func same() {
    #expect(changes { $0.startedAt = .new.after(days: 7) } == [])
    #expect(changes { $0.phases[0].seconds = 5.2 } == [])
  }

  @Test("differ in counts, indexes, versions, times and outcomes, and say what is worse")
  func different() {
    #expect(
      changes { $0.backup.collections[0].inserted = 4999 }.first
        == "verdict rating: EXCELLENT -> GOOD !")
    #expect(
      changes { $0.backup.collections[0].indexes = 1 } == ["collections shop.orders: 2 indexes -> 1 index !"])
    #expect(
      changes { $0.backup.collections[0].atTarget = 5400 }
        == ["collections shop.orders: 5,000 documents -> 5,400 documents"])
    #expect(
      changes { $0.backup.collections[0].atTarget = 4000 }
        == ["collections shop.orders: 5,000 documents -> 4,000 documents"])
    #expect(
      changes { $0.backup.collections[0].atTarget = 3999 }
        == ["collections shop.orders: 5,000 documents -> 3,999 documents !"])
    #expect(
      changes { $0.backup.collections[0].atTarget = 0 }
        == ["collections shop.orders: 5,000 documents -> 0 documents !"])
    #expect(changes { $0.tool.version = "0.2.0" } == ["environment mongodrill: 0.1.0 -> 0.2.0"])
    #expect(changes { $0.checks[0].result = .fail } == ["checks core: count of shop.orders: pass -> fail !"])
    #expect(changes { $0.checks = [] } == ["checks core: count of shop.orders: pass -> - !"])
    #expect(changes { $0.phases[0].seconds = 9 } == ["phases restore: 5.0 s -> 9.0 s"])
    #expect(
      changes { $0.objectives.rto?.measuredSeconds = 40 } == [
        "objectives RTO: 8.0 s -> 40.0 s", "objectives RTO met: yes -> no !",
      ])
    #expect(
      changes { $0.backup.collections = [] }.contains("collections shop.orders: 5,000 documents -> - !"))
  }
}

@Suite("The page of a history")
struct PageTests {
  @Test("is one file that takes nothing from elsewhere, with text from the records made harmless")
  func page() throws {
    let folder = try ReportFolder()
    for week in 0..<8 {
      try folder.write(at: .new.after(days: 7 * week)) { record in
        record.scenario.name = "<script>alert(1)</script>&\u{202E}"
        record.objectives.rto?.measuredSeconds = Double(5 + week)
        if week == 3 { record.verdict = .fail }
      }
    }
    let index = try RunIndex(reading: folder.path)
    let page = HistoryPage(RunHistory(index, last: nil, since: nil), made: .new).text
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;\\u{202e}"))
    for word in ["<script", "http", "url(", "@import", "\u{202E}"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.split(separator: "<svg").count - 1 == 5)
    #expect(page.contains("class=\"b\"") && page.contains("limit 30.0 s"))
  }
}

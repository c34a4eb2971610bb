import Fleet
import Platform
import Readiness
import Record
import Testing

@Suite("A report of a fleet")
struct FleetReportTests {
  private static let day = 86_400

  /// Two rounds a week apart, in which something of everything happens.
  private func twoRounds() throws -> RoundFolder {
    let folder = try RoundFolder()
    func fill(_ round: inout RoundRecord) {
      round.fleetTitle = "Shop <all>"
      round.systems[0].owner = "team-a"
      for index in round.systems.indices { round.systems[index].everySeconds = Double(7 * Self.day) }
    }
    let first = try folder.begin(6, round: "w1", fill)
    try folder.attempt(first, 0)
    try folder.attempt(first, 1, .failed)
    try folder.attempt(first, 2)
    try folder.attempt(first, 3)
    try folder.attempt(first, 4, .failed)
    let second = try folder.begin(7, round: "w2", at: .begin.after(7 * Self.day)) { round in
      fill(&round)
      round.systems[5] = RoundRecord.System(index: 5, name: "brand-new")
    }
    try folder.attempt(second, 0, .failed)
    try folder.attempt(second, 1)
    try folder.attempt(second, 2, RoundFolder.Ending { $0.endedAt = $0.startedAt.after(500) })
    try folder.attempt(second, 3, .killed)
    try folder.attempt(second, 3, after: 60, .pass)
    try folder.attempt(second, 4, .missed)
    try folder.attempt(second, 5)
    return folder
  }

  private func report(_ folder: RoundFolder, _ round: String? = nil, listed: [String] = []) throws
    -> FleetReport
  {
    try FleetReport(
      reading: folder.records, round: round, listed: listed, at: .begin.after(7 * Self.day + 3600))
  }

  @Test("puts the worst first, and ends with the worst code")
  func worstFirst() throws {
    let report = try report(try twoRounds())
    #expect(report.rows.map(\.name).prefix(3) == ["system-0", "system-6", "system-4"])
    #expect(report.exitCode == .checkFailed && report.verdict == .fail)
    #expect(
      report.sentence == "4 of 7 systems can be recovered: 2 failed, 1 without an answer.",
      "\(report.sentence)")
  }

  @Test("says what changed since the round before")
  func changes() throws {
    let report = try report(try twoRounds())
    #expect(report.previous == "w1" && report.removed == ["system-5"])
    func names(_ change: FleetReport.Change) -> [String] { report.changed(change).map(\.name) }
    #expect(names(.newFailure) == ["system-0"] && names(.stillFailing) == ["system-4"])
    #expect(names(.mended) == ["system-1"] && names(.slower) == ["system-2"])
    #expect(Set(names(.added)) == ["brand-new", "system-6"])
    #expect(try self.report(try twoRounds(), "w1").previous == nil)
  }

  @Test("looks up in all rounds when each system was last proven")
  func coverage() throws {
    let report = try report(try twoRounds())
    let rows = Dictionary(uniqueKeysWithValues: report.rows.map { ($0.name, $0) })
    #expect(rows["system-0"]?.coverage.round == "w1" && rows["system-0"]?.isOverdue == true)
    #expect(rows["system-1"]?.coverage.round == "w2" && rows["system-1"]?.isOverdue == false)
    #expect(rows["system-4"]?.coverage.proven == nil && rows["system-4"]?.coverage.wasDrilled == true)
    #expect(report.neverDrilled.map(\.name) == ["system-6"])
    #expect(report.ages.map(\.systems) == [4, 0, 1, 0, 0, 2])
    #expect(report.oldestFirst.map(\.name).prefix(3) == ["system-4", "system-6", "system-0"])
  }

  @Test("is no pass where a system was proven longer ago than the fleet requires, or isn't in the round")
  func requirement() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(2) { $0.everySystemWithinSeconds = 31 * 86_400 }
    for index in 0..<2 { try folder.attempt(round, index) }
    func code(after days: Int, listed: [String] = []) throws -> ExitCode {
      try FleetReport(
        reading: folder.records, round: nil, listed: listed, at: .begin.after(days * Self.day)
      ).exitCode
    }
    #expect(try code(after: 1) == .pass)
    #expect(try code(after: 40) == .notVerified)
    #expect(try code(after: 1, listed: ["system-0", "system-1"]) == .pass)
    #expect(try code(after: 1, listed: ["system-0", "system-1", "system-2"]) == .notVerified)
  }

  @Test("believes no proof of the future: it is as old as its round, or none")
  func futureClock() throws {
    let folder = try RoundFolder()
    func ahead(_ days: Int) -> RoundFolder.Ending {
      RoundFolder.Ending { record in
        record.startedAt = record.startedAt.after(days * Self.day)
        record.endedAt = record.endedAt.after(days * Self.day)
      }
    }
    let round = try folder.begin(2) { $0.everySystemWithinSeconds = 31 * 86_400 }
    try folder.attempt(round, 0)
    try folder.attempt(round, 1, ahead(3650))
    func report(after days: Int) throws -> FleetReport {
      try FleetReport(reading: folder.records, round: nil, at: .begin.after(days * Self.day))
    }
    let soon = try report(after: 1)
    let rows = Dictionary(uniqueKeysWithValues: soon.rows.map { ($0.name, $0) })
    #expect(soon.exitCode == .pass && rows["system-1"]?.coverage.proven == round.startedAt)
    let later = try report(after: 40)
    #expect(later.rows.map(\.isBeyondRequirement) == [true, true] && later.exitCode == .notVerified)
    // A round that lies in the future itself tells nothing of when.
    let early = try report(after: -1)
    #expect(early.rows.allSatisfy { $0.age == nil } && early.exitCode == .notVerified)
  }

  @Test("lets what isn't due be left out, as long as its last drill was good and holds")
  func leftOut() throws {
    let folder = try RoundFolder()
    let first = try folder.begin(3, round: "d1")
    try folder.attempt(first, 0)
    try folder.attempt(first, 1, .failed)
    let second = try folder.begin(3, round: "d2", at: .begin.after(Self.day)) { round in
      for index in 0..<2 {
        round.systems[index].everySeconds = Double(7 * Self.day)
        round.systems[index].leftOut = .notDue
      }
    }
    try folder.attempt(second, 2)
    func codes(after days: Int) throws -> [String: ExitCode] {
      let report = try FleetReport(reading: folder.records, round: nil, at: .begin.after(days * Self.day))
      return Dictionary(uniqueKeysWithValues: report.rows.map { ($0.name, $0.exitCode) })
    }
    let soon = try codes(after: 2)
    #expect(soon["system-0"] == .pass && soon["system-1"] == .notVerified && soon["system-2"] == .pass)
    #expect(try codes(after: 9)["system-0"] == .notVerified)
    // What a round between them said of it isn't known.
    let between = try folder.begin(3, round: "d1b", at: .begin.after(Self.day / 2))
    try folder.attempt(between, 0, .failed)
    try folder.change(Files.join(folder.records, "rounds/d1b/round.json")) { String($0.dropLast(40)) }
    #expect(try codes(after: 2)["system-0"] == .notVerified)
  }

  @Test("escapes what comes from names and records, in every format")
  func escaping() throws {
    let folder = try RoundFolder()
    let evil = "<script>alert(1)</script>|`**\n\"\\"
    let round = try folder.begin(1) { round in
      round.systems[0].name = evil
      round.systems[0].owner = evil
      round.fleetTitle = evil
    }
    try folder.attempt(
      round, 0,
      RoundFolder.Ending(code: .checkFailed, verdict: .fail) { record in
        record.reasons[0].message = "<img src=x> | here"
        record.phases[0].name = "<b>"
      })
    let report = try FleetReport(reading: folder.records, round: nil, at: .begin)
    let html = report.html(version: "0")
    #expect(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"))
    let markdown = report.markdown(version: "0")
    for line in markdown.split(separator: "\n") where line.hasPrefix("|") {
      #expect(!line.contains("| here") || line.contains("\\| here"), "\(line)")
      #expect(!line.replacing("\\<", with: "").contains("<img"))
    }
    let metrics = report.prometheus.split(separator: "\n").filter {
      $0.hasPrefix("mongodrill_fleet_system_success")
    }
    #expect(metrics.count == 1 && metrics[0].contains(#"\"\\"#), "\(metrics)")
    let text = report.json(version: "0").text()
    #expect(try JSON.parse(text).text() == text)
  }

  @Test("is the same text whatever the order in which records are read")
  func deterministic() throws {
    let folder = try twoRounds()
    let one = try FleetReport(reading: folder.records, round: nil, at: .begin, threads: 1)
    for threads in [2, 5, 16] {
      let other = try FleetReport(reading: folder.records, round: nil, at: .begin, threads: threads)
      #expect(
        other.json(version: "0") == one.json(version: "0")
          && other.html(version: "0") == one.html(version: "0"))
    }
  }

  @Test("has a line of metrics for each system, in the order of the file")
  func metrics() throws {
    let text = try report(try twoRounds()).prometheus
    let success = text.split(separator: "\n").filter { $0.hasPrefix("mongodrill_fleet_system_success{") }
    #expect(
      success.count == 7
        && success.first == #"mongodrill_fleet_system_success{system="system-0",owner="team-a"} 0"#)
    #expect(text.contains("mongodrill_fleet_systems{verdict=\"fail\"} 2\n"))
    #expect(text.contains("mongodrill_fleet_system_last_proven_timestamp_seconds{system=\"system-6\"} 0\n"))
  }

  @Test("of 1,000 systems is drawn in every format, and names each in the page")
  func large() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(1000)
    for index in 0..<1000 where index % 100 != 99 {
      try folder.attempt(round, index, index.isMultiple(of: 50) ? .failed : .pass)
    }
    let report = try FleetReport(reading: folder.records, round: nil, at: .begin)
    #expect(report.count(.missing) == 10 && report.exitCode == .checkFailed)
    let html = report.html(version: "0")
    #expect(html.contains(">system-998<") && html.utf8.count < 2_000_000)
    #expect(report.markdown(version: "0").utf8.count < 200_000)
  }
}

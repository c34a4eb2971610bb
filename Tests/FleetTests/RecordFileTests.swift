import Fleet
import Platform
import Record
import Testing

let someSHA256 = String(repeating: "0a", count: 32)

func fullRound() -> RoundRecord {
  var round = RoundRecord()
  round.tool = DrillRecord.Tool(version: "0.1.0")
  round.round = "2026-11-21"
  round.startedAt = WallTime(rfc3339: "2026-11-21T13:04:49.250Z")!
  round.fleetPath = "FLEET.yaml"
  round.fleetSHA256 = someSHA256
  round.fleetTitle = "All clusters"
  round.budgetSeconds = 28_800
  round.everySystemWithinSeconds = 31 * 86_400
  var shop = RoundRecord.System(index: 0, name: "shop")
  shop.scenario = "scenarios/full-restore"
  shop.backup = "/backups/shop"
  shop.owner = "team-shop"
  shop.contacts = ["shop@example.org"]
  shop.labels = ["tier": "gold"]
  shop.everySeconds = 7 * 86_400
  shop.timeoutSeconds = 7200
  shop.budgetSeconds = 1800
  shop.resources = RoundRecord.Resources(memoryBytes: 2 << 30, diskBytes: nil, cores: 1)
  round.systems = [shop, RoundRecord.System(index: 1, name: "Größe/7")]
  return round
}

func someAttempt() -> AttemptRecord {
  var attempt = AttemptRecord()
  attempt.round = "2026-11-21"
  attempt.index = 7
  attempt.system = "shop"
  attempt.task = "0007-shop"
  attempt.attempt = "20261121T130449.250Z-00c0ffee"
  attempt.host = "db-7"
  attempt.pid = 4711
  attempt.bootID = "4c2f"
  attempt.engine = "slurm"
  attempt.restarts = 1
  attempt.startedAt = WallTime(rfc3339: "2026-11-21T13:04:49.250Z")!
  attempt.fleetSHA256 = someSHA256
  return attempt
}

func someResult() -> ResultRecord {
  var result = ResultRecord()
  result.round = "2026-11-21"
  result.index = 7
  result.system = "shop"
  result.task = "0007-shop"
  result.attempt = "20261121T130449.250Z-00c0ffee"
  result.status = .ran
  result.exitCode = 1
  result.startedAt = WallTime(rfc3339: "2026-11-21T13:04:49.250Z")!
  result.endedAt = WallTime(rfc3339: "2026-11-21T13:04:52.750Z")!
  result.runID = "20261121T130449Z-shop"
  result.reportSHA256 = someSHA256
  result.reportBytes = 41_000
  result.message = "a check failed"
  result.fleetSHA256 = someSHA256
  return result
}

@Suite("The records of a round")
struct RecordFileTests {
  @Test("come back as they were written")
  func roundTrip() throws {
    #expect(try RoundRecord(at: "r", Array(fullRound().fileText.utf8)) == fullRound())
    #expect(try AttemptRecord(at: "a", Array(someAttempt().fileText.utf8)) == someAttempt())
    #expect(try ResultRecord(at: "r", Array(someResult().fileText.utf8)) == someResult())
  }

  @Test("cut short at any byte are no records")
  func cutShort() {
    let text = Array(someResult().fileText.utf8)
    for length in 0..<text.count - 2 {
      #expect(throws: Failure.self) { try ResultRecord(at: "r", Array(text[..<length])) }
    }
  }

  @Test("of a later schema are told apart from damaged ones")
  func laterSchema() throws {
    let text = someResult().fileText.replacing("\"schema_version\": 1", with: "\"schema_version\": 2")
    let failure = try #require(throws: Failure.self) { try ResultRecord(at: "r", Array(text.utf8)) }
    #expect(failure.code == "later-fleet-record")
    let none = someResult().fileText.replacing("\"schema_version\": 1", with: "\"schema_version\": 0")
    let damaged = try #require(throws: Failure.self) { try ResultRecord(at: "r", Array(none.utf8)) }
    #expect(damaged.code == "fleet-record-unreadable")
  }

  @Test("pass over keys that a later version added")
  func unknownKeys() throws {
    let text = someAttempt().fileText.replacing("\"pid\":", with: "\"mood\": [1, {}], \"pid\":")
    #expect(try AttemptRecord(at: "a", Array(text.utf8)) == someAttempt())
  }

  @Test(
    "say which value can't be meant",
    arguments: [
      ("\"exit_code\": 1", "\"exit_code\": 256", "exit_code"),
      ("\"exit_code\": 1", "\"exit_code\": -1", "exit_code"),
      ("\"exit_code\": 1", "\"exit_code\": \"1\"", "exit_code"),
      ("\"index\": 7", "\"index\": 8", "task"),
      ("\"index\": 7", "\"index\": -7", "index"),
      ("\"status\": \"ran\"", "\"status\": \"done\"", "status"),
      ("\"report_bytes\": 41000", "\"report_bytes\": 0", "report_bytes"),
      ("\"report_bytes\": 41000", "\"report_bytes\": null", "report_sha256"),
      ("\"run_id\": \"20261121T130449Z-shop\"", "\"run_id\": \"../x\"", "run_id"),
      ("\"attempt\": \"20261121T130449.250Z-00c0ffee\"", "\"attempt\": \"first\"", "attempt"),
      ("\"round\": \"2026-11-21\"", "\"round\": \"a/b\"", "round"),
      (
        "\"ended_at\": \"2026-11-21T13:04:52.750Z\"", "\"ended_at\": \"2026-13-21T13:04:52.750Z\"", "ended_at"
      ),
      ("\"fleet_sha256\": \"0a", "\"fleet_sha256\": \"0A", "fleet_sha256"),
    ])
  func ranges(good: String, bad: String, path: String) throws {
    let text = someResult().fileText
    try #require(text.contains(good))
    let failure = try #require(throws: Failure.self) {
      try ResultRecord(at: "r", Array(text.replacing(good, with: bad).utf8))
    }
    #expect(failure.code == "fleet-record-unreadable")
    #expect(failure.cause?.hasPrefix(path + " should be") == true, "\(failure)")
  }

  @Test("a result without a report never ends in 0")
  func noPassWithoutReport() {
    var result = someResult()
    result.runID = nil
    result.reportSHA256 = nil
    result.reportBytes = nil
    result.exitCode = 0
    #expect(throws: Failure.self) { try ResultRecord(at: "r", Array(result.fileText.utf8)) }
    result.exitCode = 66
    result.status = .failedToStart
    #expect(throws: Never.self) { try ResultRecord(at: "r", Array(result.fileText.utf8)) }
  }

  @Test("a round lists each system once, at its index")
  func systems() throws {
    var round = fullRound()
    round.systems[1].index = 2
    let moved = try #require(throws: Failure.self) { try RoundRecord(at: "r", Array(round.fileText.utf8)) }
    #expect(moved.cause?.hasPrefix("systems[1].index should be 1") == true, "\(moved)")
    round = fullRound()
    round.systems[1] = RoundRecord.System(index: 1, name: "shop")
    let doubled = try #require(throws: Failure.self) { try RoundRecord(at: "r", Array(round.fileText.utf8)) }
    #expect(doubled.cause?.hasPrefix("systems[1].name") == true, "\(doubled)")
    round.systems = []
    #expect(throws: Failure.self) { try RoundRecord(at: "r", Array(round.fileText.utf8)) }
  }

  @Test("names of tasks and attempts tell their index and time")
  func names() {
    #expect(RoundLayout.taskName(7, "shop/eu 1") == "0007-shop-eu-1")
    #expect(RoundLayout.taskName(12_345, "größe") == "12345-gr-e")
    #expect(RoundLayout.index(ofTask: "0007-shop-eu-1") == 7)
    for name in ["shop", "007-shop", "0007", "0007-a/b", "000007-a"] {
      #expect(RoundLayout.index(ofTask: name) == nil)
    }
    let time = WallTime(rfc3339: "2026-11-21T13:04:49.005Z")!
    let name = RoundLayout.attemptName(at: time, random: 0xBEEF)
    #expect(name == "20261121T130449.005Z-0000beef")
    #expect(RoundLayout.time(ofAttempt: name) == time)
    #expect(RoundLayout.time(ofAttempt: name + "0") == nil)
    for id in ["2026-11-21", "slurm-17", "a.b_c"] { #expect(RoundLayout.isRoundID(id)) }
    for id in ["", ".hidden", "a/b", "ü", String(repeating: "a", count: 101)] {
      #expect(!RoundLayout.isRoundID(id))
    }
  }
}

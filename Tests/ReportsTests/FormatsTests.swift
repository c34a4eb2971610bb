import Platform
import Record
import Reports
import Testing

@Suite("Formats")
struct FormatsTests {
  @Test(
    "are what their readers take",
    arguments: [
      DrillRecord(), passingRecord(), failingRecord(), replayingRecord(), everything(), manyChecks(),
    ])
  func read(record: DrillRecord) throws {
    let seen = try #require(ReportsTests.read([record]).first).get()
    #expect(Set(seen.keys) == Set(readFormats.map(\.name)))
    for check in record.checks {
      #expect(seen["csv"]?.texts.contains(check.message.visible) == true)
      #expect(seen["junit"]?.texts.contains { $0.contains(check.message.visible) } == true)
    }
    let page = try #require(seen["html"]?.texts.joined())
    #expect(page.contains(record.summary.sentence.visible))
    #expect(page.contains(SHA256.hex(of: Array(Renderer.json.draw(record).utf8))))
  }

  @Test("in HTML fold a thousand checks by collection, failures first, in less than a megabyte")
  func thousand() {
    let text = Renderer.html.draw(manyChecks())
    #expect(text.utf8.count < 1_000_000)
    #expect(text.matches(of: /<details open><summary><span class=.result/).count == 1)
    let failing = text.firstRange(of: "<summary><span class=\"result fail\">fail</span> <code>db.c37</code>")
    let passing = text.firstRange(of: "99 collections whose checks all passed")
    #expect(failing != nil && passing != nil)
    if let failing, let passing { #expect(failing.lowerBound < passing.lowerBound) }
  }

  @Test("of JUnit are green only where the exit code is 0", arguments: ExitCode.allCases)
  func green(code: ExitCode) {
    var record = passingRecord()
    record.checks = []
    record.notVerified = []
    record.steps = []
    record.exitCode = code
    record.verdict = verdict(of: code)
    record.reasons = code == .pass ? [] : [DrillRecord.Reason(code, "why", "something went wrong")]
    let text = Renderer.junit.draw(record)
    #expect(text.contains(" failures=\"0\" errors=\"0\"") == (code == .pass), "\(text)")
    let word = record.verdict == .inconclusive ? "<error type=\"why\"" : "<failure type=\"why\""
    #expect(text.contains(word) == (code != .pass))
  }

  @Test("of JUnit tell failures, errors and what was skipped apart, and count them")
  func junit() {
    let text = Renderer.junit.draw(everything())
    #expect(text.contains("<testsuite name=\"all collections\" id=\"2\""), "\(text)")
    #expect(text.contains("tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\""))
    #expect(text.contains("<failure type=\"failed_documents\" message=\"2 documents match"))
    #expect(text.contains("<error type=\"users\" message=\"no answer\">no answer</error>"))
    #expect(text.contains("<skipped message=\"not asked\"/>"))
    #expect(text.contains("<system-out>warning: _id_ alone</system-out>"))
  }

  @Test("of GitHub name the verdict first, then what is wrong")
  func annotations() {
    #expect(
      Renderer.githubAnnotations.draw(passingRecord()) == """
        ::notice title=Shop%2C the whole base::The backup can be recovered: 5,000 documents in 1 collection came back \
        and the one check passed.

        """)
    let lines = Renderer.githubAnnotations.draw(failingRecord()).split(separator: "\n")
    #expect(
      lines.first?.hasPrefix("::error title=# <b>Shop</b> | *bold*::Not all of the backup came back: ")
        == true)
    #expect(lines.last == "::warning title=check-warned::indexes of shop.low_stock: _id_ alone")
  }

  @Test("of GitHub are cut at a mebibyte, in no block of code, and say so", arguments: [false, true])
  func cut(inBlock: Bool) throws {
    var record = passingRecord()
    for number in 0..<3000 {
      record.checks.append(
        Outcome(
          kind: "count", suite: "s", namespace: "db.c\(number)", name: "n", result: .fail, message: "m",
          query: String(repeating: inBlock ? "a line\n" : "words ", count: 100)))
    }
    #expect(Renderer.markdown.draw(record).utf8.count > 1 << 20)
    let text = Renderer.github.draw(record)
    #expect(text.utf8.count <= 1 << 20)
    #expect(text.utf8.count > (1 << 20) - 2000)
    #expect(text.hasSuffix("`report.json` holds all of it.**\n"))
    #expect(text.matches(of: /\n```/).count.isMultiple(of: 2))
    #expect(Renderer.github.draw(passingRecord()) == Renderer.markdown.draw(passingRecord()))
  }

  @Test("of CSV make no formula of a name, and leave figures as they are")
  func csv() {
    var record = passingRecord()
    record.checks[0].name = "=1+1"
    record.checks[0].measured = -5
    record.checks[0].message = "a \"word\", and more"
    #expect(
      Renderer.csv.draw(record).split(separator: "\r\n").last
        == """
        20261121T130449Z-shop,shop,2026-11-21T13:04:49.000Z,core,count,'=1+1,shop.orders,pass,\
        "a ""word"", and more",-5,,,,,0.002
        """)
    #expect(
      Renderer.csvPhases.draw(record).hasSuffix("restore,2.000,5000,900000,2500,450000\r\n"))
  }
}

/// Ten checks of each of a hundred collections, of which one failed.
func manyChecks() -> DrillRecord {
  var record = passingRecord()
  record.checks = (0..<1000).map { number in
    Outcome(
      kind: "count", suite: "core", namespace: "db.c\(number / 10)", name: "count \(number % 10)",
      result: .pass,
      message: "\(number) documents, as in the backup", seconds: 0.001)
  }
  record.checks[375].result = .fail
  record.exitCode = .checkFailed
  record.verdict = .fail
  record.reasons = [DrillRecord.Reason(.checkFailed, "check-failed", "count 5 of db.c37: 375 documents")]
  return record
}

private func verdict(of code: ExitCode) -> DrillRecord.Verdict {
  switch code {
  case .pass, .cleanupFailed: .pass
  case .warnings: .warn
  case .checkFailed, .objectiveMissed, .damagedBackup: .fail
  default: .inconclusive
  }
}

@Suite("What to do next")
struct NextStepsTests {
  @Test("is nothing after a pass, and something after all else", arguments: ExitCode.allCases)
  func every(code: ExitCode) {
    var record = passingRecord()
    record.exitCode = code
    record.verdict = verdict(of: code)
    record.reasons = code == .pass ? [] : [DrillRecord.Reason(code, "why", "something went wrong")]
    #expect(Renderer.markdown.draw(record).contains("**What to do next**") == (code != .pass))
    #expect(Renderer.html.draw(record).contains(">What to do next<") == (code != .pass))
  }

  @Test("names the hint first, the phase that took longest, and how to look at the data")
  func words() {
    var record = passingRecord()
    record.verdict = .fail
    record.exitCode = .objectiveMissed
    record.objectives.rto = DrillRecord.Objective(limit: 2, measured: 3.25)
    record.reasons = [DrillRecord.Reason(.objectiveMissed, "objective-missed", "RTO", hint: "Ask.")]
    #expect(
      Renderer.markdown.draw(record).contains(
        "\n1. Ask.\n2. Most of the time went into restore: 2.0 s of 3.5 s."))
    record.exitCode = .checkFailed
    record.reasons = [DrillRecord.Reason(.checkFailed, "check-failed", "no")]
    #expect(
      Renderer.markdown.draw(record).contains(
        "\n1. Look at the data: `mongodrill restore --no-replay backups/base` brings it back.\n"))
  }

  @Test(
    "of a target that is out of reach doesn't give the backup up",
    arguments: [
      "target-past-end", "target-before-dump", "target-past-gap", "oplog-gap", "no-oplog",
      "base-without-oplog", "oplog-not-found",
      "not-a-backup", "nothing-to-pick",
    ])
  func outOfReach(code: String) {
    var record = passingRecord()
    record.verdict = .fail
    record.exitCode = .damagedBackup
    record.reasons = [DrillRecord.Reason(.damagedBackup, "bson-cut-short", "it ends")]
    #expect(Renderer.markdown.draw(record).contains("The backup cannot be recovered: it ends."))
    #expect(Renderer.markdown.draw(record).contains("Rely on an older backup"))
    record.reasons = [DrillRecord.Reason(.damagedBackup, code, "it ends")]
    for text in [Renderer.markdown.draw(record), Renderer.html.draw(record)] {
      #expect(!text.contains("cannot be recovered") && !text.contains("Rely on an older backup"))
      #expect(text.contains("it ends.") && text.contains("What to do next"))
    }
  }

  @Test("is a first step alone where there is but one")
  func onlyStep() {
    var record = passingRecord()
    record.verdict = .inconclusive
    record.exitCode = .noServer
    record.reasons = [DrillRecord.Reason(.noServer, "no-mongod", "no mongod is found")]
    #expect(Renderer.markdown.draw(record).contains("\n1. Drill again: "))
    record.reasons[0].hint = "Install one."
    #expect(Renderer.markdown.draw(record).contains("\n1. Install one.\n2. Then drill again: "))
  }
}

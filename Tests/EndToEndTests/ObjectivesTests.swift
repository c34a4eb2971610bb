import BSON
import Platform
import TestSupport
import Testing

@Suite("Objectives and stop conditions", .needsFixtures, .tags(.mongod))
struct ObjectivesTests {
  private func write(_ name: String, _ text: String, mode: UInt32 = 0o600, in folder: String) throws {
    try Files.writeAtomically(text.utf8, to: Files.join(folder, name), mode: mode)
  }

  private func record(of folder: String, status: Int32) throws -> JSON {
    let run = try Mongodrill.run(
      "run", "scenario.yaml", "--output=json", "-q", "--sandbox-dir", ".", in: folder)
    #expect(run.status == status, "\(run.output)\(run.errorOutput)")
    return try JSON.parse(run.output)
  }

  /// The seconds since 1970 that a program of the scenario wrote.
  private func stamp(_ name: String, in folder: String) throws -> Double {
    let text = try Files.text(of: Files.join(folder, name))
    return try #require(Double(text.prefix { $0 != "\n" }))
  }

  @Test("the RTO is the time between the first byte of the backup and the last check, by an outside clock")
  func recoveryTime() throws {
    try withFolder { folder in
      try write("source.sh", "#!/bin/sh\ndate +%s.%N > begin\ncat base.archive\n", mode: 0o700, in: folder)
      try write("end.sh", "#!/bin/sh\nsleep 0.7\ndate +%s.%N > end\n", mode: 0o700, in: folder)
      try Files.writeAtomically(
        Files.read(Fixture.base + "/full.archive"), to: Files.join(folder, "base.archive"))
      try write(
        "scenario.yaml",
        """
        version: 1
        backup: {command: [./source.sh]}
        objectives: {rto: {max: 1m}}
        steps: [restore: {no_replay: true}, run: {argv: [sleep, "0.4"]}, check: ]
        checks: {core: {shop: [command: {argv: [./end.sh]}]}}
        """, in: folder)
      var drilled: [String] = []
      let isClose = try holdsOnce {
        let record = try record(of: folder, status: 0)
        let outside = try stamp("end", in: folder) - stamp("begin", in: folder)
        let inside = try #require(record["objectives"]?["rto"]?["measured_seconds"]?.number)
        drilled.append("inside \(inside), outside \(outside)")
        #expect(outside > 1.1)
        // The one of the record begins before the first shell starts and ends after the second one ended: between the
        // clocks lie no more than that, and what a clock that is set right is moved by meanwhile.
        #expect(inside >= outside - 0.01, "\(drilled)")
        return inside - outside < 0.5
      }
      #expect(isClose, "\(drilled)")
    }
  }

  @Test(
    "the RPO is the time from the last entry of the slices to the moment it is counted from, as the slices say"
  )
  func recoveryPoint() throws {
    try withFolder { folder in
      // Read here without any of the code that replays.
      let slice = try #require(try Files.names(in: Fixture.oplog).sorted().last)
      let zipped = Files.join(Fixture.oplog, "\(slice)/local/oplog.rs.bson.gz")
      let plain = Files.join(folder, "last.bson")
      let gunzip = try Supervisor.shared.capture(
        ChildSpec(["sh", "-c", "gzip -dc \"$0\" > \"$1\"", zipped, plain]), timeout: 20)
      #expect(gunzip.status == .exited(0))
      let bytes = try Files.read(plain)
      var rest = bytes[...]
      var last: Timestamp?
      while !rest.isEmpty {
        let length =
          Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
          << 16
        let document = try Document(rest.prefix(length))
        if case .timestamp(let timestamp)? = document["ts"] { last = timestamp }
        rest = rest.dropFirst(length)
      }
      let end = try #require(last)
      try write(
        "scenario.yaml",
        """
        version: 1
        backup: {path: \(Fixture.base)/full.archive}
        oplog: [{path: \(Fixture.oplog)}]
        objectives: {rpo: {max: 40s, reference: "\(end.seconds + 42):1"}}
        steps: [restore: {}, replay: {to: latest}, check: ]
        checks: {core: {shop: [collections]}}
        """, in: folder)
      let record = try record(of: folder, status: 2)
      #expect(record["objectives"]?["rpo"]?["measured_seconds"] == 42)
      #expect(record["objectives"]?["rpo"]?["met"] == false)
      #expect(record["replay"]?["last_applied"]?.text == end.description)
      #expect(record["verdict"] == "fail")
    }
  }

  @Test("a missed RTO is 2, and said in the first sentence")
  func missed() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(
        "scenario.yaml",
        """
        version: 1
        backup: {path: dump}
        objectives: {rto: {max: 200ms}}
        steps: [restore: {}, wait: 300ms, check: ]
        checks: {core: {shop: [collections]}}
        """, in: folder)
      let run = try Mongodrill.run("run", "scenario.yaml", "-q", "--sandbox-dir", ".", in: folder)
      #expect(
        run.output.hasPrefix("FAIL  The data is good, but an objective was missed: RTO was "), "\(run.output)"
      )
      #expect(run.output.contains("above the limit of 200 ms"))
      #expect(run.status == 2)
    }
  }

  @Test("a stop condition ends the drill with 4 in the middle of a step, and the rollbacks run")
  func stopped() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(
        "scenario.yaml",
        """
        version: 1
        backup: {path: dump}
        stop_conditions: [{elapsed: "> 1500ms"}]
        steps: [restore: {}, run: {argv: [sleep, "60"]}, check: ]
        checks: {core: {shop: [collections]}}
        rollbacks:
          - run: {argv: [false]}
          - run: {argv: [touch, rolled-back]}
        """, in: folder)
      let record = try record(of: folder, status: 4)
      #expect(record["status"] == "aborted")
      #expect(record["reasons"]?.list?.first?["code"] == "stop-condition")
      #expect(record["reasons"]?.list?.contains { $0["code"] == "rollback-failed" } == true)
      #expect(record["rollbacks"]?.list?.map { $0["status"] } == ["failed", "completed"])
      #expect(try Files.names(in: folder).sorted() == ["dump", "reports", "rolled-back", "scenario.yaml"])
    }
  }
}

import BSON
import Mongo
import Platform
import TestSupport
import Testing

@Suite("A physical copy on the command line", .tags(.mongod), .timeLimit(.minutes(10)))
struct PhysicalTests {
  @Test("is verified, planned, restored and drilled; what it can't have is refused")
  func all() throws {
    try withFolder { folder in
      let source = try LiveSource.start()
      try source.pool.run(["insert": "orders", "documents": [["_id": 1], ["_id": 2]]], on: "shop")
      let early = try source.now()
      try source.pool.run(["insert": "orders", "documents": [["_id": 3]]], on: "shop")
      try source.shutDown()
      let copy = Files.join(folder, "copy")
      try source.copyData(to: copy)

      let verify = try Mongodrill.run("verify", copy)
      #expect(verify.status == 0 && verify.output.contains("What they hold is not proven"))
      let plan = try Mongodrill.run("plan", copy)
      #expect(plan.status == 0 && plan.output.contains("physical copy"), "\(plan.errorOutput)")

      let restore = try Mongodrill.run(
        "restore", copy, "--", "sh", "-c", "echo \"$MONGODRILL_URI\"", in: folder)
      #expect(restore.status == 0, "\(restore.errorOutput)")
      #expect(restore.output.hasPrefix("mongodb://") && restore.errorOutput.contains("shut down"))
      let before = try Mongodrill.run("restore", copy, "--to", "\(early)", "--", "true", in: folder)
      #expect(before.status == 65 && before.errorOutput.contains("the copy is newer than the target"))
      #expect(try Mongodrill.run("restore", copy, "--include", "shop", "--", "true").status == 64)

      let scenario = Files.join(folder, "scenario.yaml")
      func drill(_ checks: String) throws -> (Mongodrill.Run, JSON?) {
        let yaml = "version: 1\nbackup: {path: copy}\nchecks:\n  core:\n    shop.orders:\n      - \(checks)\n"
        try Files.writeAtomically(yaml.utf8, to: scenario)
        let run = try Mongodrill.run("run", scenario, "--output", "json", "-q", in: folder)
        return (run, try? JSON.parse(run.output))
      }
      let (good, record) = try drill("count: {equals: 3}")
      #expect(good.status == 0, "\(good.errorOutput)")
      #expect(record?["backup"]?["form"] == .string("physical copy"))
      #expect(record?["replay"]?["through"] != nil && record?["not_verified"] != .array([]))
      #expect(try drill("count: {equals: 4}").0.status == 1)
      #expect(try drill("count: {compare: backup}").0.status == 78)

      #expect(try drill("digest: {compare: backup}").0.status == 78)

      let plain = try Mongodrill.run("run", copy, "--output", "json", "-q", in: folder)
      #expect(plain.status == 0, "\(plain.output)")
      let steps = "[{restore: {}, timeout: 200ms}, {check: [core]}]"
      try Files.writeAtomically(
        "version: 1\nbackup: {path: copy}\nsteps: \(steps)\nchecks: {core: {shop.orders: [count: {equals: 3}]}}\n"
          .utf8, to: scenario)
      let late = try Mongodrill.run("run", scenario, "--output", "jsonl", in: folder)
      #expect(late.status == 4 && late.output.contains(#""step-timed-out""#), "\(late.output)")
      // Its end is not waited for.
      #expect(!late.output.contains(#""recover""#), "\(late.output)")
      try Files.removeTree(Files.join(copy, "_mdb_catalog.wt"))
      let damaged = try Mongodrill.run("run", copy, "-q", in: folder)
      #expect(damaged.status == 65)
      #expect(try Mongodrill.run("verify", copy).status == 65)
    }
  }

  @Test("in a tar goes on with slices; what the slices don't lead on from is refused")
  func slices() throws {
    try withFolder { folder in
      let source = try LiveSource.start()
      try source.pool.run(["insert": "orders", "documents": [["_id": 1], ["_id": 2]]], on: "shop")
      let copied = try source.now()
      try source.pool.run(["fsync": 1, "lock": true])
      try source.copyData(to: Files.join(folder, "db"))
      try source.pool.run(["fsyncUnlock": 1])
      try source.pool.run(["insert": "orders", "documents": [["_id": 3]]], on: "shop")
      try source.pool.run(["drop": "orders"], on: "shop")
      let end = try source.now()
      let oplog = Files.join(folder, "oplog.rs.bson")
      // Of an entry alone that both hold nothing is proven: the slice begins well before.
      try source.slice(after: Timestamp(seconds: copied.seconds - 30, increment: 0), through: end, to: oplog)
      source.stop()
      let pack = try Supervisor.shared.spawn(
        ChildSpec(
          ["tar", "-czSf", "copy.tgz", "--exclude", "WiredTigerPreplog.*", "db"], workingDirectory: folder))
      #expect(pack.wait() == .exited(0))
      try Files.removeTree(Files.join(folder, "db"))

      let verify = try Mongodrill.run("verify", "copy.tgz", in: folder)
      #expect(verify.status == 0 && verify.output.contains("read to its end"), "\(verify.output)")
      let drop = "before-first:{op: drop, ns: shop.orders}"
      let restore = try Mongodrill.run(
        "restore", "copy.tgz", "--oplog", "oplog.rs.bson", "--to", drop, "--", "true", in: folder)
      #expect(
        restore.status == 0 && restore.errorOutput.contains("arrived at the target"), "\(restore.errorOutput)"
      )

      let yaml = """
        version: 1
        backup: {path: copy.tgz}
        oplog: [oplog.rs.bson]
        steps:
          - {id: restore, restore: {}}
          - {id: replay, replay: {to: "TARGET"}}
          - {id: verify, check: []}
        checks: {core: {shop.orders: [count: {equals: 3}]}}
        """
      func drill(_ target: String, _ change: (String) -> String = { $0 }) throws -> (Mongodrill.Run, JSON?) {
        let text = change(
          String(yaml.split(separator: "TARGET")[0]) + target + yaml.split(separator: "TARGET")[1])
        try Files.writeAtomically(text.utf8, to: Files.join(folder, "s.yaml"))
        let run = try Mongodrill.run("run", "s.yaml", "--output", "json", "-q", in: folder)
        return (run, try? JSON.parse(run.output))
      }
      let before = "before:\(end)"
      let (good, record) = try drill(before)
      #expect(good.status == 0, "\(good.output)")
      let replay = record?["replay"]
      #expect(replay?["step"] == .string("replay") && replay?["next_entry"] == .string("\(end)"))
      #expect(replay?["proven"] == .bool(true) && replay?["applied"] != nil)
      let plan = try Mongodrill.run("plan", "s.yaml", in: folder)
      #expect(plan.status == 0 && plan.output.contains("behind the copy's own"), "\(plan.errorOutput)")
      // What was dropped is not there to be counted.
      let dropped = try drill("latest").0
      #expect(dropped.status == 1, "\(dropped.output)")
      let far = Timestamp(seconds: end.seconds + 999, increment: 1)
      #expect(try drill("\(far)").0.status == 65)
      // An end that lies before the files' own moment is another snapshot's.
      let early = Timestamp(seconds: copied.seconds - 1000, increment: 1)
      let until = try drill("latest") {
        String($0.replacing("{path: copy.tgz}", with: "{path: copy.tgz, until: \"\(early)\"}"))
      }
      #expect(until.0.status == 65 && until.0.output.contains("copy-past-its-end"), "\(until.0.output)")
      let many = try drill("latest") {
        String($0.replacing("{path: copy.tgz}", with: "{from: ., pick: latest}"))
      }
      #expect(many.0.status == 65, "\(many.0.output)")
      let bytes = try Files.read(Files.join(folder, "copy.tgz"), limit: 1 << 26)
      try Files.writeAtomically(bytes.prefix(bytes.count / 2), to: Files.join(folder, "copy.tgz"))
      #expect(try Mongodrill.run("verify", "copy.tgz", in: folder).status == 65)
      #expect(try drill("latest").0.status == 65)
    }
  }
}

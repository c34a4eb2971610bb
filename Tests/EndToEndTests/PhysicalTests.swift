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

      let plain = try Mongodrill.run("run", copy, "--output", "json", "-q", in: folder)
      #expect(plain.status == 0, "\(plain.output)")
      try Files.removeTree(Files.join(copy, "_mdb_catalog.wt"))
      let damaged = try Mongodrill.run("run", copy, "-q", in: folder)
      #expect(damaged.status == 65)
      #expect(try Mongodrill.run("verify", copy).status == 65)
    }
  }
}

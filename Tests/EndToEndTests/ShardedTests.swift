import Platform
import TestSupport
import Testing

private let cluster = Files.join(
  Files.folder(of: Files.folder(of: Files.folder(of: #filePath))), "scenarios/sharded-restore")

@Suite("A sharded set on the command line")
struct ShardedTests {
  @Test("is verified part by part, with the moment that they share")
  func verify() throws {
    let good = try Mongodrill.run("verify", cluster, "-q")
    #expect(good.status == 0, "\(good.errorOutput)")
    for title in ["== Config servers\n", "== Shard north\n", "== Shard south\n"] {
      #expect(good.output.contains(title))
    }
    #expect(good.output.hasSuffix("Every part reaches 1795289568:0.\n"))
    let late = try Mongodrill.run("verify", cluster, "-q", "--to", "1795289569:0")
    #expect(late.status == 65 && late.output.contains("config servers: the target 1795289569:0 lies past"))
    let slices = try Mongodrill.run("verify", cluster, "--oplog", cluster)
    #expect(slices.status == 64)
  }

  @Test("is planned, and can't have faults planted in it", .tags(.mongod))
  func plan() throws {
    let plan = try Mongodrill.run("plan", cluster)
    #expect(
      plan.status == 0 && plan.output.contains("Target     through 1795289568:0"),
      "\(plan.output)\(plan.errorOutput)")
    try withFolder { folder in
      let damage = try Mongodrill.run("damage", cluster, "-q", "--report-dir", folder)
      #expect(damage.status == 78)
    }
  }
}

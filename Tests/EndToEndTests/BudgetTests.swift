import Platform
import TestSupport
import Testing

@Suite("mongodrill run --budget", .tags(.mongod))
struct BudgetTests {
  /// The collections that a run restored, and those that it left to another.
  private func run(in folder: String, _ more: String...) throws -> (
    restored: [String], left: [String], sentence: String, status: Int32
  ) {
    let run = try Mongodrill.run(
      ["run", "dump", "--budget", "1ms", "--output=json", "-q", "--sandbox-dir", "."] + more, in: folder)
    let record = try JSON.parse(run.output)
    let collections = record["backup"]?["collections"]?.list ?? []
    let left = (record["not_verified"]?.list ?? []).filter { $0["code"] == "budget" }
    return (
      collections.filter { $0["target"] != .null }.compactMap { $0["source"]?.text },
      left.compactMap { $0["message"]?.text }, record["summary"]?["sentence"]?.text ?? "", run.status
    )
  }

  @Test("verifies what was proven longest ago, names the rest, and comes to all of it in turn")
  func turns() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let one = try run(in: folder)
      #expect(one.restored == ["shop.customers"] && one.status == 0)
      #expect(
        one.sentence.contains(" in 1 of 2 collections (the budget left out 1)"), "\(one.sentence)")
      #expect(one.left == ["shop.orders was left to another run by the budget; it was never proven"])
      let two = try run(in: folder)
      #expect(two.restored == ["shop.orders"])
      #expect(
        two.left.first?.hasPrefix("shop.customers was left to another run by the budget; last proven 2")
          == true)
      #expect(try run(in: folder).restored == ["shop.customers"])
      let plan = try Mongodrill.run("plan", "dump", "--budget", "1ms", "--sandbox-dir", ".", in: folder)
      #expect(
        plan.output.contains("the budget is spent on 1 of 2 collections, those proven longest ago: about "))
      #expect(plan.output.contains("\n  shop.customers  not restored: not selected\n"))
    }
  }

  @Test("is whole where it suffices")
  func enough() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let all = try run(in: folder, "--budget", "1h")
      #expect(all.restored == ["shop.customers", "shop.orders"] && all.left.isEmpty && all.status == 0)
      #expect(!all.sentence.contains("the budget left out"), "\(all.sentence)")
    }
  }

  @Test("is refused where a check asks of what it may leave out, and where no sizes are known")
  func refused() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: dump}
        budget: 10m
        checks: {core: {shop.orders: [count: {min: 1}]}}
        """.utf8, to: Files.join(folder, "s.yaml"))
      let named = try Mongodrill.run("plan", "s.yaml", "--sandbox-dir", ".", in: folder)
      #expect(named.status == 64)
      #expect(named.errorOutput.contains("a check asks of shop.orders, which the budget may leave out"))
      let archive = try Mongodrill.run(
        "plan", Fixture.base + "/full.archive", "--budget", "1m", "--sandbox-dir", ".", in: folder)
      #expect(
        archive.status == 64 && archive.errorOutput.contains("nothing tells the sizes of the collections in"))
    }
  }
}

import Platform
import TestSupport
import Testing

@Suite("mongodrill run --from", .tags(.mongod))
struct GoingOnTests {
  private static let scenario = """
    version: 1
    backup: {path: ../dump}
    objectives: {rto: {max: 1h}}
    steps:
      - {id: restore, restore: {}}
      - {id: first, check: [kept]}
      - {id: verify, check: [core]}
    checks:
      kept: {shop.orders: [count: {equals: 2}, indexes: {compare: backup}]}
      core: {shop.customers: [count: {equals: MANY}]}
    """

  private func write(_ count: Int, in folder: String, more: String = "") throws {
    let path = Files.join(folder, "shop")
    if !Files.exists(path) { try Files.createFolder(path) }
    try Files.writeAtomically(
      (Self.scenario.replacing("MANY", with: "\(count)") + more).utf8, to: Files.join(path, "scenario.yaml"))
  }

  private func record(_ arguments: String..., in folder: String) throws -> (JSON, Int32) {
    let run = try Mongodrill.run(arguments + ["--output=json", "-q", "--sandbox-dir", "."], in: folder)
    return (try JSON.parse(run.output), run.status)
  }

  @Test("asks a mended check again on the data that was kept, and all else stands as it was")
  func mended() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(4, in: folder)
      let (wrong, status) = try record("run", "shop", "--keep", in: folder)
      #expect(status == 1 && wrong["verdict"] == "fail")
      let kept = try #require(wrong["environment"]?["sandbox"]?["directory"]?.text)

      try write(3, in: folder)
      let (right, code) = try record("run", "shop", "--from", "verify", in: folder)
      #expect(code == 0 && right["verdict"] == "warn", "\(right)")
      #expect(right["resumed"]?["run_id"] == wrong["run_id"])
      #expect(right["resumed"]?["directory"] == .string(kept))
      #expect(right["steps"]?.list?.map { $0["status"] } == ["completed", "completed", "completed"])
      #expect(right["checks"]?.list?.map { $0["result"] } == ["pass", "pass", "pass"])
      #expect(right["backup"]?["collections"] == wrong["backup"]?["collections"])
      #expect(right["environment"]?["sandbox"]?["kept"] == true)
      #expect(right["objectives"]?["rto"]?["met"] == true)
      #expect(Files.exists(kept))

      let removed = try Mongodrill.run("clean", "--kept", "--sandbox-dir", ".", in: folder)
      #expect(removed.status == 0 && !Files.exists(kept))
    }
  }

  @Test("what can't be gone on with is said before anything is begun, in 64")
  func refused() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(4, in: folder)
      func refusal(_ arguments: String...) throws -> String {
        let run = try Mongodrill.run(["run", "shop"] + arguments + ["-q", "--sandbox-dir", "."], in: folder)
        #expect(run.status == 64)
        return run.errorOutput + run.output
      }
      #expect(
        try refusal("--from", "verfy").contains("has no step `verfy`\nHINT: Did you mean \"verify\"?"))
      #expect(try refusal("--from", "restore").contains("it is the first step: leave --from out"))
      #expect(try refusal("--kept", "x").contains("--kept names a sandbox to go on with, but not from where"))
      #expect(!Files.exists(Files.join(folder, "reports")))
      #expect(try refusal("--from", "verify").contains("no sandbox that a drill of shop kept lies in ."))
      #expect(
        try refusal("--from", "verify", "--kept", "dump").contains(
          "holds nothing that a drill could go on from"))
    }
  }

  @Test(
    "the backup and the steps before it have to be those of the kept run",
    arguments: [
      ("{id: first, check: [kept]}", "{id: other, check: [kept]}"),
      ("restore: {}", "restore: {indexes: false}"),
      ("{path: ../dump}", "{path: ../dump/shop}"),
    ])
  func otherSteps(old: String, new: String) throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(3, in: folder)
      _ = try record("run", "shop", "--keep", in: folder)
      let path = Files.join(folder, "shop/scenario.yaml")
      let text = try Files.text(of: path).replacing(old, with: new)
      try Files.writeAtomically(text.utf8, to: path)
      let (refused, code) = try record("run", "shop", "--from", "verify", in: folder)
      #expect(code == 64)
      #expect(refused["reasons"]?.list?.first?["code"] == "cannot-resume")
      _ = try Mongodrill.run("clean", "--kept", "--sandbox-dir", ".", in: folder)
    }
  }
}

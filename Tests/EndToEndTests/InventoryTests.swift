import Platform
import TestSupport
import Testing

@Suite("mongodrill inventory")
struct InventoryTests {
  @Test("lists a real set: what it reaches, who reaches a moment, and exits as it found")
  func real() throws {
    let shop = Files.folder(of: Fixture.base)
    let run = try Mongodrill.run("inventory", shop, "--output", "json")
    #expect(run.status == 0, "\(run)")
    let json = try JSON.parse(run.output)
    let entries = json["entries"]?.list ?? []
    #expect(entries.count { $0["kind"] == "slice" } == 8 && entries.count == 12)
    let backups = entries.filter { $0["kind"] != "slice" }
    #expect(Set(backups.map { $0["coverage"]?["to"]?.text }).count == 1)
    #expect(backups.allSatisfy { $0["coverage"]?["limit"] == .null && $0["coverage"]?["slices"] == 8 })
    // As verify, which reads all of it.
    let verified = try Mongodrill.run(
      "verify", Files.join(Fixture.base, "dump"), "--oplog", Fixture.oplog, "--to",
      backups.first?["coverage"]?["to"]?.text ?? "")
    #expect(verified.status == 0, "\(verified)")
    let found = try Mongodrill.run(
      "inventory", shop, "--target", "2026-11-21T11:14:50Z", "--holds", "shop.orders")
    #expect(found.status == 0 && found.output.contains("(proven)"), "\(found)")
    #expect(found.output.contains("4 of 4 backups, 8 slices"))
    #expect(try Mongodrill.run("inventory", shop, "--target", "2026-11-21T12:00:00Z").status == 65)
    #expect(try Mongodrill.run("inventory", shop, "--holds", "shop.nothing").status == 66)
  }

  @Test("lists the snapshots and slices of a store, and one whose description is gone")
  func store() throws {
    try withFolder { folder in
      let archive = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/pbm/store.tar.gz"
      let unpacked = try Supervisor.shared.capture(
        ChildSpec(["tar", "xzf", archive, "-C", folder]), timeout: 30)
      try #require(unpacked.status == .exited(0), "\(unpacked.errorOutput.text)")
      let run = try Mongodrill.run("inventory", "store", "--output", "json", in: folder)
      let entries = try JSON.parse(run.output)["entries"]?.list ?? []
      let snapshots = entries.filter { $0["kind"] == "snapshot" }
      #expect(run.status == 0 && snapshots.count == 1 && entries.count == 4, "\(run)")
      #expect(snapshots.first?["coverage"]?["slices"] == 3 && snapshots.first?["coverage"]?["limit"] == .null)
      let names = try Files.names(in: Files.join(folder, "store")).filter { $0.hasSuffix(".pbm.json") }
      for name in names { try Files.removeTree(Files.join(folder, "store/\(name)")) }
      let bare = try Mongodrill.run("inventory", "store", in: folder)
      #expect(bare.status == 65 && bare.output.contains("pbm.json is missing"), "\(bare)")
    }
  }

  @Test("names damage, gaps and what a retention would remove, removes nothing, and exits with the worst")
  func wrong() throws {
    try withFolder { folder in
      for day in ["2026-01-01", "2026-01-02", "2026-01-09"] {
        try Files.createFolder(Files.join(folder, day))
        _ = try Dump(in: Files.join(folder, day))
      }
      let gap = try Mongodrill.run("inventory", ".", "--every", "24h", in: folder)
      #expect(gap.status == 1 && gap.output.contains("! 7d 00h from ./2026-01-02/dump"), "\(gap)")
      let kept = try Mongodrill.run("inventory", ".", "--keep-daily", "1", in: folder)
      #expect(kept.status == 0 && kept.output.contains("2 could go"), "\(kept)")
      #expect(
        kept.output.contains("remove  ./2026-01-01/dump") && kept.output.contains("Nothing was removed."))
      #expect(try Files.names(in: folder).count == 3)
      try Files.removeTree(Files.join(folder, "2026-01-02/dump/shop/orders.bson"))
      let damaged = try Mongodrill.run("inventory", ".", "--every=24h", in: folder)
      #expect(
        damaged.status == 65 && damaged.output.contains("! damaged: ./2026-01-02/dump/shop/orders"),
        "\(damaged)")
      try Files.createFolder(Files.join(folder, "empty"))
      #expect(try Mongodrill.run("inventory", "empty", in: folder).status == 66)
      #expect(try Mongodrill.run("inventory", "nowhere", in: folder).status == 66)
      #expect(try Mongodrill.run("inventory", ".", "--target", "latest", in: folder).status == 64)
      #expect(try Mongodrill.run("inventory", ".", "--current", "9d", in: folder).status == 64)
    }
  }

  @Test("a drill of a backup shows beside it, and its collections in the ledger", .tags(.mongod))
  func drilled() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
      try #require(run.status == 0, "\(run)")
      let list = try Mongodrill.run("inventory", "dump", "--coverage", "--output", "json", in: folder)
      let json = try JSON.parse(list.output)
      let entry = json["entries"]?.list?.first
      #expect(list.status == 0 && entry?["last_proven"]?["verdict"] == "pass", "\(list)")
      let id = entry?["last_drill"]?["run_id"]
      let ledger = json["ledger"]?.list ?? []
      #expect(ledger.map { $0["namespace"] } == ["shop.customers", "shop.orders"])
      #expect(
        ledger.allSatisfy { $0["proven"]?["run_id"] == id && $0["indexes"]?["count"] == 1 }, "\(ledger)")
      let history = try Mongodrill.run("history", "--coverage", in: folder)
      #expect(history.status == 0 && history.output.contains("shop.customers"), "\(history)")
      // Another backup at the same place was never drilled.
      let file = Files.join(folder, "dump/shop/orders.bson")
      try Files.writeAtomically(Files.read(file) + Files.read(file), to: file)
      let other = try Mongodrill.run("inventory", "dump", in: folder)
      #expect(other.output.contains("never"), "\(other)")
    }
  }
}

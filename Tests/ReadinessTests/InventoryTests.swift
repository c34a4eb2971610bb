import BSON
import Backups
import Platform
import Readiness
import Record
import Testing

@Suite("An inventory")
struct InventoryTests {
  let folder: BackupFolder
  /// 2026-11-21T12:00:00Z, some hours after the backups of that day.
  let now = WallTime(rfc3339: "2026-11-21T12:00:00Z")!

  init() throws { folder = try BackupFolder() }

  private func inventory(_ names: String..., runs: RunIndex? = nil) throws -> Inventory {
    try Inventory(of: names.isEmpty ? [folder.path] : names.map { folder[$0] }, runs: runs, now: now)
  }

  private func name(_ entry: Inventory.Entry) -> String {
    String(entry.path.dropFirst(folder.path.count + 1))
  }

  /// Unix seconds of that hour of a day of November 2026.
  private func second(_ day: Int, _ hour: Int = 3) -> Int {
    1_793_491_200 + (day - 1) * 86_400 + hour * 3600
  }

  @Test("tells dumps, archives, copies and slices apart by their content, whatever they are called")
  func kinds() throws {
    try folder.dump("a/nightly", oplog: ["\(second(20)):1", "\(second(20)):2"])
    try folder.slice("a/pieces/first", ["\(second(20)):2", "\(second(21)):1"])
    try folder.slice("a/more/000/local/oplog.rs.bson", ["\(second(21)):1", "\(second(21)):2"])
    try folder.write("no backup".utf8, to: "a/readme.txt")
    for file in ["WiredTiger.wt", "_mdb_catalog.wt"] {
      try folder.write([0x41, 0xD8, 0x01, 0x00] + [UInt8](repeating: 0, count: 4092), to: "copy/\(file)")
    }
    for file in ["WiredTiger", "WiredTiger.turtle", "mongod.lock"] {
      try folder.write([], to: "copy/\(file)")
    }
    let found = try inventory()
    #expect(
      found.entries.map { "\(name($0)) \($0.kind.rawValue) \($0.status.rawValue)" }.sorted() == [
        "a/more/000/local/oplog.rs.bson slice sound", "a/nightly dump sound", "a/pieces/first slice sound",
        "copy physical copy sound",
      ])
    let dump = try #require(found.entries.first { $0.kind == .dump })
    #expect(dump.time?.seconds == second(20) && dump.found.time?.source == .oplog)
    #expect(dump.found.oplog?.last == Timestamp(seconds: UInt32(second(20)), increment: 2))
    #expect(found.collections == ["shop.orders"])
  }

  @Test("counts what several paths lead to once, and names links that lead nowhere or out")
  func links() throws {
    try folder.dump("in/2026-11-20")
    try folder.dump("in/2026-11-21")
    try folder.dump("out/2026-11-19")
    try folder.link("in/latest", to: "2026-11-21")
    try folder.link("in/gone", to: "2026-11-01")
    try folder.link("in/elsewhere", to: "../out/2026-11-19")
    try folder.link("again", to: "in")
    let found = try inventory("in", "again")
    #expect(found.backups.filter(\.isSound).map(name) == ["in/2026-11-20", "in/2026-11-21"])
    #expect(found.backups.last?.found.links == [folder["in/latest"]])
    #expect(found.bad.map(name) == ["in/gone"] && found.bad.first?.failure?.code == "backup-not-found")
    #expect(found.passedOver.map(\.path) == [folder["in/elsewhere"]])
    #expect(found.storage.count == 1)
    #expect(try inventory("in/latest").backups.count == 1)
  }

  @Test("names what is damaged, failed or unfinished, each with its reason")
  func damaged() throws {
    try folder.dump("2026-11-17")
    try folder.dump("2026-11-18", oplog: ["\(second(18)):1"])
    let torn = try Files.read(folder["2026-11-18/oplog.bson"]) + folder.entry("\(second(18)):2").dropLast()
    try folder.write(torn, to: "2026-11-18/oplog.bson")
    try folder.dump("2026-11-19")
    try Files.removeTree(folder["2026-11-19/shop/orders.bson"])
    try folder.dump("2026-11-20")
    try folder.write(#"{"status": "failed"}"#.utf8, to: "2026-11-20/backup_metadata.json")
    try folder.dump("2026-11-21")
    try folder.write(#"{"status": "running"}"#.utf8, to: "2026-11-21/backup_metadata.json")
    try folder.write(#"{"status": "success"}"#.utf8, to: "2026-11-22/backup_metadata.json")
    try folder.write(#"{"status": "success", "type": "full"}"#.utf8, to: "2026-11-17/backup_metadata.json")
    try folder.write("torn".utf8, to: "shop.archive.gz")
    try folder.write(folder.entry("\(second(18)):2").dropLast(), to: "oplog/0.bson")
    try folder.slice("oplog/1.bson", ["\(second(18)):2"])
    try Files.createFolder(folder["2026-11-23"])
    let found = try inventory()
    #expect(
      found.entries.map { "\(name($0)) \($0.status.rawValue) \($0.failure?.code ?? "")" }.sorted() == [
        "2026-11-17 sound ", "2026-11-18 damaged oplog-end-torn", "2026-11-19 damaged documents-missing",
        "2026-11-20 failed backup-failed", "2026-11-21 unfinished backup-unfinished",
        "2026-11-22 damaged sidecar-alone", "oplog/0.bson damaged bson-cut-short", "oplog/1.bson sound ",
        "shop.archive.gz damaged not-an-archive",
      ])
    let good = try #require(found.backups.first { $0.isSound })
    #expect(good.found.saidSucceeded == true && good.found.saidType == "full")
    #expect(found.passedOver.map(\.path) == [folder["2026-11-23"]])
  }

  @Test("names a word of a sidecar for how it went that nobody knows, and takes nothing from it")
  func unknownWord() throws {
    try folder.dump("2026-11-17")
    try folder.write(
      #"{"status": "archived", "completed": true}"#.utf8, to: "2026-11-17/backup_metadata.json")
    let entry = try #require(try inventory().entries.first)
    #expect(entry.found.unknownWords == ["status, archived,"] && entry.found.saidSucceeded == true)
    let sidecar = try #require(try Sidecar.find(for: folder["2026-11-17"]))
    #expect(sidecar.notes.count == 1 && sidecar.notes[0].hasPrefix("its status, archived, is no word"))
  }

  @Test("gives ages and growth by the limits and by the series")
  func ages() throws {
    for (day, documents) in [(1, 100), (15, 110), (21, 99)] {
      try folder.dump("full/2026-11-\(day < 10 ? "0" : "")\(day)", documents: documents)
    }
    try folder.dump("other/2026-11-21", documents: 7)
    let found = try inventory()
    #expect(
      found.entries.map { "\(name($0)) \($0.age?.rawValue ?? "")" }
        == [
          "full/2026-11-01 OLD", "full/2026-11-15 RECENT", "full/2026-11-21 CURRENT",
          "other/2026-11-21 CURRENT",
        ])
    let growth = found.entries.map { $0.growth.map { Int(($0 * 100).rounded()) } }
    #expect(growth == [nil, 10, -10, nil])
    let strict = try Inventory(of: [folder.path], ages: .init(current: 3600, recent: 7200), now: now)
    #expect(strict.entries.allSatisfy { $0.age == .old })
  }

  @Test(
    "finds the last entry of a slice at its end, also behind what looks like one, without reading the rest")
  func ends() throws {
    let times = (1...5000).map { "\(second(20)):\($0)" }
    try folder.slice("oplog/a.bson", times)
    // A large entry as the last.
    let big: Document = [
      "op": "n", "ns": "", "o": ["text": .string(String(repeating: "x", count: 2_000_000))],
      "ts": .timestamp(Timestamp(seconds: UInt32(second(21)), increment: 7)), "t": .int64(1),
    ]
    var bytes = folder.entry("\(second(20)):5000")
    big.withBytes { bytes += $0 }
    try folder.write(bytes, to: "oplog/b.bson")
    let found = try inventory()
    #expect(found.slices.map { $0.found.oplog?.last?.increment } == [5000, 7])
    #expect(found.chains.map(\.links.count) == [2] && found.chains[0].breaks.isEmpty)
  }

  @Test("says which moments a backup and its slices reach, up to a gap")
  func coverage() throws {
    let day = second(20)
    try folder.dump("base/2026-11-20", oplog: ["\(day):1", "\(day + 10):1"])
    try folder.slice("oplog/0.bson", ["\(day + 5):1", "\(day + 100):1"])
    try folder.slice("oplog/1.bson", ["\(day + 100):1", "\(day + 200):1"])
    try folder.slice("oplog/2.bson", ["\(day + 200):1", "\(day + 300):1"])
    func moments(_ found: Inventory) -> [Int?] {
      let coverage = found.backups[0].coverage
      return [coverage?.dumpEnd, coverage?.provenEnd, coverage?.end].map { $0.map { Int($0.seconds) - day } }
    }
    let whole = try inventory()
    #expect(moments(whole) == [10, 300, 300] && whole.backups[0].coverage?.limit == nil)
    func reach(_ found: Inventory, _ second: Int) -> [Bool] {
      let moment = Timestamp(seconds: UInt32(day + second), increment: 1)
      return found.reaching(from: moment, through: moment).map(\.isProven)
    }
    #expect(reach(whole, 250) == [true] && reach(whole, 301) == [] && reach(whole, 9) == [])
    try Files.removeTree(folder["oplog/1.bson"])
    try folder.slice("oplog/3.bson", ["\(day + 300):1", "\(day + 400):1"])
    let gap = try inventory()
    #expect(moments(gap) == [10, 100, 100] && gap.backups[0].coverage?.limit == .gap)
    #expect(gap.chains[0].breaks.map(\.isGap) == [true])
    // No habit tells whether something is missing.
    try Files.removeTree(folder["oplog/3.bson"])
    let open = try inventory()
    #expect(moments(open) == [10, 100, 300] && open.backups[0].coverage?.limit == .unproven)
    #expect(reach(open, 250) == [false])
  }

  @Test("takes the slices that lie nearest, not those of another system")
  func systems() throws {
    let day = second(20)
    for system in ["crm", "shop"] {
      try folder.dump("dumps/\(system)/2026-11-20", oplog: ["\(day):1"])
    }
    try folder.slice("oplogs/crm/0.bson", ["\(day):1", "\(day + 100):1"])
    try folder.slice("oplogs/shop/0.bson", ["\(day):1", "\(day + 200):1"])
    let ends = try inventory().backups.map { Int($0.coverage?.provenEnd.seconds ?? 0) - day }
    #expect(ends == [100, 200])
  }

  @Test("finds by namespace, and names what doesn't show what it holds")
  func holding() throws {
    try folder.dump("2026-11-20", ["shop.orders", "shop.products"])
    try folder.dump("2026-11-21", ["crm.people"])
    let found = try inventory()
    #expect(found.holding("shop.orders").found.map(name) == ["2026-11-20"])
    #expect(found.holding("*.people").found.map(name) == ["2026-11-21"])
    #expect(found.holding("shop.none").found.isEmpty && found.holding("shop.none").unknown.isEmpty)
  }

  @Test("names gaps of the schedule between backups, and up to now")
  func schedule() throws {
    for day in [15, 16, 18, 19] { try folder.dump("2026-11-\(day)") }
    let gaps = try inventory().gaps(every: 86_400)
    #expect(gaps.map { Int($0.seconds / 3600) } == [48, 60])
    #expect(gaps.map(\.after) == [folder["2026-11-18"], nil])
    #expect(try inventory().gaps(every: 3 * 86_400).isEmpty)
  }

  @Test("finds the drills of a backup by its path and its files, and not those of what lay there before")
  func drills() throws {
    let reports = try ReportFolder()
    try folder.dump("2026-11-20")
    try folder.dump("2026-11-21", documents: 2)
    let file = folder["2026-11-21/shop/orders.bson"]
    func digest(_ path: String, _ bytes: [UInt8]) -> DrillRecord.FileDigest {
      DrillRecord.FileDigest(path: path, bytes: bytes.count, sha256: SHA256.hex(of: bytes))
    }
    // Before it was taken.
    try reports.write(at: WallTime(rfc3339: "2026-11-19T05:00:00Z")!) {
      $0.backup.path = folder["2026-11-20"]
    }
    try reports.write(at: WallTime(rfc3339: "2026-11-21T04:00:00Z")!) { record in
      record.backup.path = folder["2026-11-21"]
      record.backup.files = [digest(file, try! Files.read(file))]
    }
    try reports.write(at: WallTime(rfc3339: "2026-11-21T05:00:00Z")!) { record in
      record.backup.path = folder["2026-11-21"]
      record.backup.files = [digest(file, [1, 2, 3])]
      record.verdict = .fail
    }
    func drilled() throws -> [String] {
      let runs = try RunIndex(reading: reports.path, depth: .details, now: now)
      return try inventory(runs: runs).backups.map { entry in
        "\(name(entry)) \(entry.lastDrill?.verdict ?? "-") \(entry.lastProven?.time?.text ?? "-")"
      }
    }
    #expect(try drilled() == ["2026-11-20 - -", "2026-11-21 pass 2026-11-21T04:00:10Z"])
    try reports.write(at: WallTime(rfc3339: "2026-11-21T06:00:00Z")!) { record in
      record.backup.path = folder["2026-11-21"]
      record.backup.files = []
      record.verdict = .inconclusive
    }
    #expect(try drilled()[1] == "2026-11-21 inconclusive 2026-11-21T04:00:10Z")
    // The same files, moved.
    let bytes = try inventory().backups[1].bytes
    let old = "/elsewhere/nightly"
    try reports.write(at: WallTime(rfc3339: "2026-11-21T07:00:00Z")!) { record in
      record.backup.path = old
      record.backup.bytes = bytes
      record.backup.files = [digest(old + "/shop/orders.bson", try! Files.read(file))]
    }
    #expect(try drilled()[1] == "2026-11-21 pass 2026-11-21T07:00:10Z")
  }

  @Test("of hundreds of backups is made in seconds")
  func quick() throws {
    for number in 0..<300 {
      let day = second(1) - number * 86_400
      try folder.dump("full/\(WallTime(seconds: day).compact)", oplog: ["\(day):1", "\(day + 1):1"])
      try folder.slice("oplog/\(number).bson", ["\(day):1", "\(day + 86_400):1"])
    }
    let (found, seconds) = try Clock.measure { try inventory() }
    #expect(found.backups.count == 300 && found.slices.count == 300 && found.bad.isEmpty)
    #expect(found.backups[0].coverage?.provenEnd.seconds == UInt32(second(2)))
    #expect(seconds < 60, "\(seconds) s")
  }
}

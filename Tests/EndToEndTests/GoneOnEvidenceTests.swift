import BSON
import Mongo
import Platform
import TestSupport
import Testing

@Suite("The verdict of a run that goes on", .needsFixtures, .tags(.mongod), .timeLimit(.minutes(10)))
struct GoneOnEvidenceTests {
  private func write(_ scenario: String, in folder: String) throws {
    try Files.writeAtomically(scenario.utf8, to: Files.join(folder, "scenario.yaml"))
  }

  private func run(_ arguments: String..., in folder: String) throws -> (Int32, JSON) {
    let run = try Mongodrill.run(
      ["run", "scenario.yaml", "--output=json", "-q", "--sandbox-dir", "."] + arguments, in: folder)
    return (run.status, try JSON.parse(run.output))
  }

  private func clean(_ folder: String) throws {
    _ = try Mongodrill.run("clean", "--kept", "--sandbox-dir", ".", in: folder)
  }

  // MARK: What moments of a witness showed

  private static let small = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/small"

  /// A witness of two moments: at the first, orders hold something else; at the second there are none above the first's.
  private func witness(sum: String = String(repeating: "6", count: 64), in folder: String) throws {
    let known = try Files.text(of: Files.join(Self.small, "ended.json"))
    guard
      case .object(var members) = try JSON.parse(
        known.replacing("\"batch\":0,\"documents\":2", with: "\"batch\":1,\"documents\":2")
          .replacing(#/"cuts":1,"ranges":\[\{"batch":0,"documents":4.*/#) { _ in
            """
            "cuts":2,"ranges":[
              {"batch":0,"max":"{\\"$numberInt\\":\\"1000\\"}","documents":4,"bytes":200,"sum":"\(sum)"},
              {"batch":1,"min":"{\\"$numberInt\\":\\"1000\\"}","documents":0,"bytes":0,
               "sum":"\(String(repeating: "0", count: 64))"}]}
            """
          })
    else { return }
    for (at, member) in members.enumerated() where member.key == "batches" {
      members[at].value = [
        ["timestamp": "1795301445:16", "time": "2026-11-21T22:50:45Z"],
        ["timestamp": "1795301445:19", "time": "2026-11-21T22:50:45Z"],
      ]
    }
    members.removeAll { $0.key == "sha256" || $0.key == "documents_file" }
    let sum = SHA256.hex(of: Array(JSON.object(members).text().utf8))
    members.append(JSON.Member("sha256", .string(sum)))
    try Files.writeAtomically(
      JSON.object(members).text().utf8, to: Files.join(folder, "shop.witness.json"))
  }

  private func witnessedScenario(limit: Int = 9) -> String {
    """
    version: 1
    backup: {path: \(Self.small)/dump}
    oplog: [{path: \(Self.small)/slices}]
    witness: shop.witness.json
    steps:
      - {id: restore, restore: {}}
      - {id: replay, replay: {to: witness}}
      - {id: verify, check: [proof]}
    checks:
      proof: {shop.orders: [digest: {compare: witness}, count: {max: \(limit)}]}
    """
  }

  @Test("holds what an earlier moment of the witness showed, again and again")
  func moments() throws {
    try withFolder { folder in
      try witness(in: folder)
      try write(witnessedScenario(), in: folder)
      let (status, first) = try run("--keep", in: folder)
      #expect(status == 1, "\(first["reasons"] ?? .null)")
      let words = first["checks"]?.list?.first?["message"]?.text
      #expect(words?.hasPrefix("1 range of _id with other documents (up to 1000)") == true, "\(words ?? "")")
      for _ in 0..<2 {
        let (again, record) = try run("--from", "verify", in: folder)
        #expect(again == 1 && record["verdict"] == "fail", "\(record["checks"] ?? .null)")
        #expect(record["checks"]?.list?.first?["message"]?.text == words)
      }
      // What it showed holds of that witness alone.
      try witness(sum: String(repeating: "7", count: 64), in: folder)
      let (other, record) = try run("--from", "verify", in: folder)
      #expect(other == 64)
      #expect(
        record["reasons"]?.list?.first?["message"]?.text?.contains("the witness is another than in run")
          == true,
        "\(record["reasons"] ?? .null)")
      try clean(folder)
    }
  }

  // MARK: Suites that were asked

  private static let scenario = """
    version: 1
    parameters: {fewest: {type: integer, default: 1}, token: {type: string, default: s3cret-and-long}}
    backup: {path: dump}
    steps:
      - {id: restore, restore: {}}
      - {id: tell, run: {argv: ["true", "${token}"]}}
      - {id: first, check: [kept]}
      - {id: verify, check: [core]}
    checks:
      kept: {shop.orders: [count: {min: "${fewest}"}]}
      core: {shop.customers: [count: {equals: 3}]}
    """

  @Test(
    "stands on suites as they are: one that was asked before can't be another now",
    arguments: [
      ("count: {min: \"${fewest}\"}", "count: {min: 9}", "`kept` is another"),
      ("default: 1}", "default: 9}", "`kept` is another"),
      ("kept: {shop.orders: [", "kept: {shop.orders: [indexes, ", "`kept` is another"),
    ])
  func askedSuites(old: String, new: String, words: String) throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(Self.scenario, in: folder)
      #expect(try run("--keep", in: folder).0 == 0)
      try write(Self.scenario.replacing(old, with: new), in: folder)
      let (status, record) = try run("--from", "verify", in: folder)
      let reason = record["reasons"]?.list?.first
      #expect(status == 64 && reason?["code"] == "cannot-resume", "\(record["reasons"] ?? .null)")
      #expect(reason?["message"]?.text?.contains(words) == true, "\(record["reasons"] ?? .null)")
      #expect(reason?["hint"] == "Ask it again: --from first. Or begin anew without --from.")
      // From where it is asked, it may be what it is now.
      let (again, asked) = try run("--from", "first", in: folder)
      #expect(asked["checks"]?.list?.isEmpty == false && again == (new.contains("9") ? 1 : 0), "\(asked)")
      try clean(folder)
    }
  }

  @Test("takes other suites than those that were asked, and no new one where all were")
  func otherSuites() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(Self.scenario, in: folder)
      #expect(try run("--keep", in: folder).0 == 0)
      try write(Self.scenario.replacing("equals: 3", with: "equals: 4"), in: folder)
      #expect(try run("--from", "verify", in: folder).0 == 1)
      try clean(folder)

      let all = Self.scenario.replacing("check: [kept]", with: "check: []")
      try write(all, in: folder)
      #expect(try run("--keep", in: folder).0 == 0)
      try write(all + "\n  late: {shop.orders: [count: {equals: 9}]}\n", in: folder)
      let (status, record) = try run("--from", "verify", in: folder)
      #expect(status == 64)
      #expect(
        record["reasons"]?.list?.first?["message"]?.text?.contains("suite `late` is another") == true,
        "\(record["reasons"] ?? .null)")
      try clean(folder)
    }
  }

  @Test("stands on the baseline that was compared with")
  func baseline() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try write(Self.scenario, in: folder)
      #expect(try run("--report-dir", "before", in: folder).0 == 0)
      #expect(try run("--report-dir", "between", in: folder).0 == 0)
      func report(_ name: String) throws -> String {
        let reports = Files.join(folder, name)
        let run = try #require(Files.names(in: reports).first { $0 != "chain.jsonl" })
        return Files.join(reports, run)
      }
      let compared = Self.scenario.replacing(
        "[count: {min: \"${fewest}\"}]", with: "[count: {compare: baseline}]")
      try write(compared, in: folder)
      #expect(try run("--keep", "--baseline", report("before"), in: folder).0 == 0)
      #expect(try run("--from", "verify", "--baseline", report("before"), in: folder).0 == 0)
      let (status, record) = try run("--from", "verify", "--baseline", report("between"), in: folder)
      #expect(status == 64)
      #expect(
        record["reasons"]?.list?.first?["message"]?.text?.contains(
          "suite `kept`, which step first asked, compares with a baseline") == true,
        "\(record["reasons"] ?? .null)")
      try clean(folder)
    }
  }

  // MARK: Seams

  @Test("goes past an unproven seam no better than a whole run does")
  func seams() throws {
    try withFolder { folder in
      // As scripts cut slices that begin behind ($gt) the last entry of the one before.
      let slices = Files.join(folder, "slices")
      try Files.createFolder(slices)
      let next = try Files.read(Files.join(Fixture.oplog, "001/local/oplog.rs.bson"))
      let length = next[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
      try Files.writeAtomically(next[length...], to: Files.join(slices, "001.bson"))
      try write(
        """
        version: 1
        backup: {path: \(Fixture.base)/dump}
        oplog: [{path: \(Fixture.oplog)/000}, {path: slices}]
        steps:
          - {id: restore, restore: {}}
          - {id: replay, replay: {}}
          - {id: verify, check: [core]}
        checks: {core: {shop.orders: [count: {min: 1}]}}
        """, in: folder)
      let (loose, first) = try run("--keep", in: folder)
      #expect(loose == 0 && first["verdict"] == "warn" && first["replay"]?["proven"] == false)
      #expect(try run("--from", "verify", in: folder).0 == 0)
      let (strict, record) = try run("--from", "verify", "--require-proven", in: folder)
      #expect(strict == 5 && record["verdict"] == "inconclusive", "\(record["reasons"] ?? .null)")
      let seam = record["reasons"]?.list?.first
      #expect(
        seam?["code"] == "not-verified"
          && seam?["message"]?.text?.hasPrefix("an unproven seam of the oplog: ") == true)
      // What is asked for says what it is worth, not what was asked for before.
      let (again, last) = try run("--from", "verify", in: folder)
      #expect(again == 0 && last["verdict"] == "warn")
      #expect(last["reasons"]?.list?.count { $0["message"] == seam?["message"] } == 1)
      try clean(folder)
    }
  }

  // MARK: Copies

  @Test("expects nothing of a physical copy that it was not there to expect")
  func copy() throws {
    try withFolder { folder in
      let source = try LiveSource.start()
      try source.pool.run(["insert": "orders", "documents": [["_id": 1], ["_id": 2]]], on: "shop")
      try source.shutDown()
      try source.copyData(to: Files.join(folder, "copy"))
      func scenario(_ check: String) -> String {
        """
        version: 1
        backup: {path: copy}
        steps: [{id: restore, restore: {}}, {id: tell, run: {argv: ["true"]}}, {id: verify, check: [core]}]
        checks: {core: {"*": [\(check)]}}
        """
      }
      try write(scenario("validate"), in: folder)
      let (status, first) = try run("--keep", in: folder)
      #expect(status == 0, "\(first["reasons"] ?? .null)")
      let (again, record) = try run("--from", "verify", in: folder)
      #expect(again == 0, "\(record["reasons"] ?? .null)")
      #expect(
        record["checks"]?.list?.map { $0["namespace"] } == first["checks"]?.list?.map { $0["namespace"] })
      try clean(folder)
    }
  }
}

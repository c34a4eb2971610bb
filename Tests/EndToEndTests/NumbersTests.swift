import Platform
import TestSupport
import Testing

@Suite("Records with numbers that no drill measures")
struct RecordNumbersTests {
  private static let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

  /// A record of the repository's example, cut down to a few checks and collections.
  private static func example() throws -> JSON {
    let json = try JSON.parse(Files.read(Files.join(repository, "reports/example/report.json")))
    guard case .object(let members) = json else { return json }
    return .object(
      members.map { member in
        guard member.key == "checks", case .array(let checks) = member.value else { return member }
        return JSON.Member("checks", .array(Array(checks.prefix(5))))
      })
  }

  private static func put(_ record: JSON, second: Int, in reports: String) throws -> String {
    let time = WallTime(seconds: 1_767_225_600 + second)
    let id = "\(time.compact)-quickstart"
    guard case .object(let members) = record else { return id }
    let changed = JSON.object(
      members.map { member in
        switch member.key {
        case "run_id": JSON.Member("run_id", .string(id))
        case "started_at", "ended_at": JSON.Member(member.key, .string(time.text))
        default: member
        }
      })
    try Files.createFolder(Files.join(reports, id), parents: true)
    try Files.writeAtomically(changed.text().utf8, to: Files.join(reports, "\(id)/report.json"))
    return id
  }

  @Test("are named and left out of histories, readiness and inventories, and refused where one was asked for")
  func extremes() throws {
    try withFolder { folder in
      let reports = Files.join(folder, "reports")
      let record = try Self.example()
      var second = 0
      var odd: [String] = []
      for (path, _) in record.numbers {
        for number in [JSON.integer(.max), -1, .double(1e300), .integer(1 << 53), .double(1e-300)] {
          second += 1
          let id = try Self.put(record.replacing(path, with: number), second: second, in: reports)
          if path.hasPrefix("backup.bytes") { odd.append(id) }
        }
      }
      let good = try Self.put(record, second: second + 1, in: reports)
      try Files.writeAtomically(
        "version: 1\nsystems:\n  shop: {scenarios: quickstart, slices: false, full_backup: false, proven: {within: 10d}}\n"
          .utf8, to: Files.join(folder, "policy.yaml"))
      try Files.createFolder(Files.join(folder, "backups"))
      for words in [
        ["history"], ["history", "--last", "10000", "--output", "json"], ["history", "--coverage"],
        ["history", "--html", "page.html"], ["history", "--project", "1PB"],
        ["history", "--project", "8000PB"],
        ["history", "--verify"], ["inventory", "backups", "--report-dir", "reports", "--coverage"],
        ["readiness", "policy.yaml", "--report-dir", "reports", "--html", "ready.html"],
      ] {
        let run = try Mongodrill.run(words, in: folder)
        #expect([0, 1, 3, 66].contains(run.status), "\(words): \(run.status) \(run.errorOutput.suffix(400))")
      }
      let history = try JSON.parse(Mongodrill.run("history", "--output", "json", in: folder).output)
      guard case .array(let unreadable)? = history["unreadable"] else { throw Failure.wrapping(Gone()) }
      #expect(unreadable.count > 40)
      #expect(unreadable.contains { $0["code"] == "record-out-of-range" && $0["run_id"] == .string(odd[0]) })

      let one = try Mongodrill.run("report", odd[0], in: folder)
      #expect(one.status == 65 && one.output == "")
      #expect(
        one.errorOutput.contains("backup.bytes should be a number from 0 to 2^53"), "\(one.errorOutput)")
      #expect(try Mongodrill.run("diff", good, odd[0], in: folder).status == 65)
      // The largest that is let in.
      #expect(try Mongodrill.run("diff", good, odd[3], in: folder).status == 0)
    }
  }

  private struct Gone: Error {}
}

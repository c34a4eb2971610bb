import Platform
import Record
import Reports
import TestSupport
import Testing

@Suite("Numbers that no drill measures")
struct NumbersTests {
  /// Keys whose value may be anything, as data or a scenario has it.
  private static func isFree(_ path: String) -> Bool {
    path.hasPrefix("checks[0].measured") || path.hasPrefix("scenario.resolved")
  }

  /// A record whose first check has figures in every form that reports look into.
  private static let record: JSON = {
    var record = everything()
    var counted = Outcome(
      kind: "count", suite: "core", namespace: record.backup.collections.first?.target, name: "count",
      result: .fail, message: "fewer", measured: ["expected": 12, "documents": 7, "share": 0.5])
    counted.expected = "as in the backup"
    record.checks.insert(counted, at: 0)
    record.checks.append(
      Outcome(
        kind: "unique", suite: "core", namespace: nil, name: "unique", result: .fail, message: "twice",
        measured: ["repeats": .integer(.max)]))
    record.scenario.resolved = ["version": 1]
    return record.json
  }()

  private static func read(_ json: JSON) throws -> DrillRecord {
    try DrillRecord(reportAt: "report.json", Array(json.text().utf8))
  }

  @Test("make a record a bad one, which names the key, wherever they stand")
  func refused() throws {
    let numbers = Self.record.numbers
    #expect(numbers.count > 70)
    for (path, _) in numbers where !Self.isFree(path) && !path.hasSuffix("_per_second") {
      for number in [
        JSON.integer(.max), .integer(.min), .double(1e300), .double(-1e300), .integer(1 << 53 + 1),
      ] {
        #expect("\(path) = \(number)") {
          _ = try Self.read(Self.record.replacing(path, with: number))
        } throws: { error in
          guard let failure = error as? Failure else { return false }
          if path == "schema_version", number == .integer(.max) || number == .integer(1 << 53 + 1) {
            return failure.code == "later-record"
          }
          return failure.code == "record-out-of-range" && failure.kind == .damagedBackup
            && failure.cause?.hasPrefix((path.hasSuffix(".") ? String(path.dropLast()) : path) + " should be")
              == true
        }
      }
    }
  }

  @Test("are drawn in every format, where they are let in")
  func drawn() throws {
    var drawn = 0
    for (path, _) in Self.record.numbers {
      let isFree = Self.isFree(path)
      let numbers: [JSON] =
        isFree
        ? [.integer(.max), .integer(.min), .double(1e300), .double(-1e300), -1, .double(1e-300)]
        : [.integer(1 << 53), .double(1e-300)] + (path.hasSuffix("seconds") ? [-1, .integer(-1 << 52)] : [])
      for number in numbers {
        // A fraction isn't a count.
        guard let record = try? Self.read(Self.record.replacing(path, with: number)) else {
          #expect(
            number == .double(1e-300) || ["exit_code", "schema_version"].contains { path.hasSuffix($0) },
            "\(path)")
          continue
        }
        for renderer in Renderer.all where !renderer.draw(record).isEmpty { drawn += 1 }
        // What is written anew can be read again, unless a check measured what can't be.
        #expect(isFree || (try? Self.read(record.json)) != nil, "\(path) = \(number)")
      }
    }
    #expect(drawn > 1000)
  }

  @Test("are too large together, long before a sum of them is")
  func together() throws {
    var record = everything()
    record.backup.collections = (0..<200).map {
      DrillRecord.Collection(
        source: "db.c\($0)", target: "db.c\($0)", documents: 1 << 53, bytes: 1, inserted: 1 << 53, indexes: 0)
    }
    #expect {
      _ = try Self.read(record.json)
    } throws: { error in
      (error as? Failure)?.cause?.hasPrefix("backup.collections[6") == true
    }
    record.backup.collections.removeLast(140)
    // The sums that follow from these are worked out anew.
    guard case .object(let members) = record.json else { return }
    let read = try Self.read(.object(members.filter { $0.key != "summary" && $0.key != "rating" }))
    for renderer in Renderer.all { #expect(!renderer.draw(read).isEmpty) }
  }
}

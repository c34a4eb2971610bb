import BSON
import Backups
import Mongo
import Platform
import Replay
import Restore
import Sandbox
import Testing

@Suite("An update of a document that the base lacks", .tags(.mongod), .timeLimit(.minutes(10)))
struct AbsentDocumentTests {
  /// `u` and `i` write their number into the document, `d` deletes it; all at once, so that they share a batch.
  private func replayed(
    _ kinds: String, in sandbox: Sandbox
  ) throws -> (document: String?, replay: Replayer.Result) {
    var entries: [Document] = [Self.entry(1, ["op": "n", "ns": "", "o": ["msg": "begin"]])]
    for (at, kind) in kinds.enumerated() {
      let number = Value.int32(Int32(at + 1))
      let operation: Document =
        switch kind {
        case "u":
          ["op": "u", "ns": "d.a", "o": ["_id": 1, "n": number, "stale": true], "o2": ["_id": 1]]
        case "i": ["op": "i", "ns": "d.a", "o": ["_id": 1, "n": number], "o2": ["_id": 1]]
        default: ["op": "d", "ns": "d.a", "o": ["_id": 1]]
        }
      entries.append(Self.entry(UInt32(at + 2), operation))
    }
    let made = try MadeUpChain(base: entries)
    try sandbox.empty()
    let options = RestoreOptions()
    let backup = try openBackup(made.base)
    let planned = try PlannedReplay(of: backup, slices: [], to: nil)
    let plan = try RecoveryPlan(planned, of: backup, options)
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
    #expect(try recovery.load(plan).problems == [])
    let stage = try recovery.replay(planned, plan)
    let found = try sandbox.pool.all(["find": "a"], on: "d").first
    let text = found.map { "n \($0["n"]?.integer ?? -1)\($0["stale"] == nil ? "" : ", stale")" }
    return (text, stage.replay)
  }

  private static func entry(_ increment: UInt32, _ fields: Document) -> Document {
    fields.setting("ts", to: .timestamp(Timestamp(seconds: 100, increment: increment))).setting(
      "t", to: .int64(1))
  }

  @Test("is explained by its delete, and not done to the document that has its _id later")
  func deleted() throws {
    let cases: [(String, String?)] = [
      ("udi", "n 3"), ("udiu", "n 4, stale"), ("uudi", "n 4"), ("udiudi", "n 6"), ("ud", nil), ("uid", nil),
    ]
    try withSandbox { sandbox in
      for (kinds, document) in cases {
        let (text, replay) = try replayed(kinds, in: sandbox)
        #expect(text == document && replay.problems == [], "\(kinds): \(replay.problems)")
        #expect(replay.ledger.explainedUpdates > 0, "\(kinds)")
      }
    }
  }

  @Test("without a delete is a fault of the base, whatever comes later")
  func unexplained() throws {
    let cases: [(String, String?)] = [("u", nil), ("ui", "n 2"), ("uiu", "n 3, stale"), ("uu", nil)]
    try withSandbox { sandbox in
      for (kinds, document) in cases {
        let (text, replay) = try replayed(kinds, in: sandbox)
        #expect(text == document && replay.problemCount == 1, "\(kinds): \(replay.problems)")
        #expect(replay.problems.first?.message.contains("found no document") == true, "\(kinds)")
      }
    }
  }
}

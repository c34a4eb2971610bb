import BSON
import Backups
import Platform
import Replay
import Testing

@Suite("before-first")
struct TargetBeforeFirstTests {
  /// Two deletes and a drop; a transaction of two entries, whose first part comes before the drop.
  private static func history() throws -> MadeUpChain {
    let session: Document = ["lsid": ["id": 1], "txnNumber": .int64(5)]
    func part(_ time: String, _ operations: [Document], _ more: Document, previous: String) -> Document {
      let list = Value.list(operations.map { .document($0) })
      var object: Document = ["applyOps": list]
      for field in more { object = object.setting(field.name, to: field.value) }
      let link: Value = .timestamp(Timestamp(previous) ?? Timestamp(bits: 0))
      return entry(
        time, command(object, "admin"),
        session.setting("prevOpTime", to: ["ts": link, "t": .int64(1)]))
    }
    return try MadeUpChain(
      base: [entry("10:1", insert(1)), entry("10:2", delete(8))],
      slices: [
        [
          entry("10:1", insert(1)), entry("10:2", delete(8)), entry("11:1", insert(2, "d.b")),
          entry(
            "11:2",
            ["op": "u", "ns": "d.a", "o": ["$v": 2, "diff": ["u": ["status": "gone"]]], "o2": ["_id": 1]]),
          part("12:1", [delete(3, "d.c")], ["partialTxn": true], previous: "0:0"),
          entry("12:2", command(["create": "system.buckets.m"])),
          entry("13:1", command(["drop": "b"])),
          part("14:1", [delete(4, "d.c")], ["count": 2], previous: "12:1"),
          entry("15:1", delete(8)), entry("16:1", command(["renameCollection": "d.c", "to": "d.e"])),
          entry("17:1", command(["dropDatabase": 1], "old")),
          entry("18:1", insert(.double(2), "d.x")),
        ]
      ])
  }

  @Test(
    "stops at the entry before the first match",
    arguments: [
      ("{op: drop, ns: d.b}", "13:1"),
      ("{\"op\": \"drop\", \"ns\": \"d.b\"}", "13:1"),
      ("{op: c, ns: d.b}", "13:1"),
      ("{ op: drop }", "13:1"),
      ("{op: i}", "11:1"),
      ("{op: i, ns: d.x}", "18:1"),
      ("{op: i, ns: 'd.*'}", "11:1"),
      ("{op: u, ns: d.a}", "11:2"),
      ("{op: u, o.diff.u.status: gone}", "11:2"),
      ("{op: u, o: {diff: {u: {status: gone}}}}", "11:2"),
      ("{op: u, o2._id: 1}", "11:2"),
      ("{op: d, ns: d.c}", "14:1"),
      ("{op: d, ns: d.c, _id: 4}", "14:1"),
      ("{op: d, _id: 8}", "15:1"),
      ("{op: d, ns: d.a}", "15:1"),
      ("{op: renameCollection, ns: d.c}", "16:1"),
      ("{op: renameCollection, o.to: d.e}", "16:1"),
      ("{op: dropDatabase, ns: old}", "17:1"),
      ("{op: create, ns: d.m}", "12:2"),
      ("{op: create, ns: d.system.buckets.m}", "12:2"),
      ("{op: i, _id: 2.0, ns: d.x}", "18:1"),
      ("{op: i, _id: {$numberLong: 2}}", "11:1"),
    ])
  func found(text: String, at: String) throws {
    let history = try Self.history()
    let resolved = try Target("before-first:\(text)").resolve(in: history.chain)
    #expect(resolved.entry == Timestamp(at))
    #expect(resolved.through.bits + 1 == resolved.entry?.bits)
    #expect(resolved.isProven)
    #expect(resolved.text == "up to \(at), without it")
  }

  @Test("says when an entry in the dump's window matches too, which can't be gone back before")
  func early() throws {
    let history = try Self.history()
    let resolved = try Target("before-first:{op: d, _id: 8}").resolve(in: history.chain)
    #expect(
      resolved.warnings == [
        "an entry at 10:2, in the dump's window, matches too; it can't be gone back before"
      ])
    #expect(try Target("before-first:{op: drop}").resolve(in: history.chain).warnings.isEmpty)
  }

  @Test(
    "is refused when nothing matches", arguments: ["{op: drop, ns: d.a}", "{op: d, ns: d.zzz}", "{_id: 77}"])
  func nothing(text: String) throws {
    let history = try Self.history()
    let failure = try #require(
      #expect(throws: Failure.self) { try Target("before-first:\(text)").resolve(in: history.chain) })
    #expect(failure.code == "nothing-matches")
    #expect(failure.kind == .damagedBackup)
    #expect(failure.message.contains("10:2 through 18:1"))
  }

  @Test("names a match that the dump's window holds, when there is no later one")
  func onlyEarly() throws {
    let short = try MadeUpChain(
      base: [entry("10:1", insert(1)), entry("10:2", command(["drop": "a"])), entry("10:3", insert(2))],
      slices: [[entry("10:3", insert(2)), entry("11:1", insert(3))]])
    let failure = #expect(throws: Failure.self) {
      try Target("before-first:{op: drop}").resolve(in: short.chain)
    }
    #expect(failure?.hint?.contains("10:2 lies within the dump's window") == true)
  }

  @Test(
    "is refused when it can't be understood",
    arguments: [
      ("", "a value expected"), ("{", "expected"), ("{}", "says nothing"), ("drop", "not {…}"),
      ("{op: drop} x", "the end expected"), ("{op: dorp}", "no operation \"dorp\""),
      ("{op: 5}", "op is a word"),
      ("{ns: 5}", "ns is a name"), ("{namespace: d.a}", "no \"namespace\""), ("{o_id: 5}", "no \"o_id\""),
      ("{op: d, op: i}", "stands twice"), ("{op: 'd}", "without an end"), ("{op: \"d}", "without an end"),
      ("{op d}", "expected"), ("{op: d, _id: {$oid: 5}}", "no type of Extended JSON"),
      ("{op: [d}", "expected"),
    ])
  func malformed(text: String, message: String) throws {
    let failure = try #require(#expect(throws: Failure.self) { try Target("before-first:\(text)") })
    #expect(failure.kind == .usage)
    #expect(failure.code == "invalid-match")
    #expect(failure.message.contains(message), "\(failure)")
    #expect(failure.hint != nil)
  }

  @Test("helps with a word that is nearly right")
  func suggestion() throws {
    let failure = #expect(throws: Failure.self) { try Target("before-first:{op: dropp}") }
    #expect(failure?.hint == "Did you mean \"drop\"?")
  }

  @Test("reads values of every kind")
  func values() throws {
    let text =
      #"{_id: {$oid: "0123456789abcdef01234567"}, o.a: [1, 'it''s', "\"x\\"], o.b: null, o.c: true, o.d: -1.5e3, o.e: a b}"#
    let match = try OplogMatch(text: text)
    #expect(
      try match
        == OplogMatch([
          "_id": .objectID(
            ObjectID(bytes: [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67])),
          "o.a": [1, "it's", "\"x\\"], "o.b": .null, "o.c": true, "o.d": -1500.0, "o.e": "a b",
        ]))
    #expect(try OplogMatch(text: match.description) == match)
  }

  @Test(
    "finds the accidents of the real history",
    arguments: [
      ("{op: drop, ns: shop.products}", "after-corruption", "after-drop"),
      ("{op: d, ns: shop.customers}", "before-accident", "after-delete"),
    ])
  func real(text: String, after: String, before: String) throws {
    let shop = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/shop"
    let chain = try OplogChain.open(base: openBackup("\(shop)/base/dump"), slices: ["\(shop)/oplog"])
    let truth = try Document(extendedJSON: Files.text(of: "\(shop)/truth.json"))
    let points = try #require(truth["points"]?.elements).compactMap(\.document)
    func point(_ name: String) throws -> Timestamp {
      let point = try #require(points.first { $0["name"]?.string == name })
      let parts = try #require(point["ts"]?.elements).compactMap(\.integer)
      return Timestamp(seconds: UInt32(parts[0]), increment: UInt32(parts[1]))
    }
    let resolved = try Target("before-first:\(text)").resolve(in: chain)
    #expect(try resolved.through >= point(after))
    #expect(try resolved.through < point(before))
  }
}

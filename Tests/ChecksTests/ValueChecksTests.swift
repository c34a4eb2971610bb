import BSON
import Checks
import Facts
import Platform
import Record
import Testing

/// Values that trip careless code.
private let mixed: [Document] = [
  ["_id": 1, "v": 1, "s": "a"], ["_id": 2, "v": .double(1), "s": "b"], ["_id": 3, "v": .int64(2), "s": "A"],
  ["_id": 4, "v": .double(.nan), "s": ["a", "b"]], ["_id": 5, "v": .null, "s": .null], ["_id": 6],
  ["_id": 7, "v": "1", "s": .array([:])], ["_id": 8, "v": [1, 5], "s": "zz"],
  ["_id": 9, "v": .decimal128(low: 10, high: 0x303E_0000_0000_0000), "s": "a"],
  ["_id": 10, "v": .undefined, "s": "a"],
]

@Suite("accepted_values", .tags(.mongod), .timeLimit(.minutes(10)))
struct AcceptedValuesCheckTests {
  @Test(
    "numbers are equal by value, elements of arrays count each, null and missing are no values",
    arguments: [
      ("accepted_values: {field: s, values: [a, b]}", .fail, 2, ["3", "8"]),
      ("accepted_values: {field: s, values: [a, b, A, zz]}", .pass, 0, []),
      ("accepted_values: {field: v, values: [1, 2]}", .fail, 3, ["4", "7", "8"]),
      ("accepted_values: {field: v, values: [1, 2, 5, \"1\", {$numberDouble: NaN}]}", .pass, 0, []),
      ("accepted_values: {field: v, forbidden: [1]}", .fail, 4, ["1", "2", "8", "9"]),
      ("accepted_values: {field: v, forbidden: [null]}", .fail, 1, ["5"]),
      ("accepted_values: {field: s, forbidden: [q, r]}", .pass, 0, []),
      ("{accepted_values: {field: s, values: [a, b]}, severity: warn}", .warn, 2, ["3", "8"]),
      ("{accepted_values: {field: s, values: [a, b]}, error_if: '> 50%'}", .pass, 2, ["3", "8"]),
      ("{accepted_values: {field: s, values: [a, b]}, where: {_id: {$lt: 3}}}", .pass, 0, []),
      ("{accepted_values: {field: s, values: [a]}, samples: 1}", .fail, 4, ["2"]),
    ] as [(String, Outcome.Result, Int64, [String])])
  func accepted(item: String, result: Outcome.Result, count: Int64, samples: [String]) throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.measured["unexpected"] == .integer(count))
    #expect(outcome.samples == samples)
  }

  @Test("names the values, how often each occurs, and finds them again")
  func report() throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", "accepted_values: {field: s, values: [b, zz]}")
    #expect(
      outcome.message == "5 of 10 documents with another value in `s`: \"a\" (4), \"A\" (1)", "\(outcome)")
    #expect(outcome.measured["values"] == [["value": "\"a\"", "count": 4], ["value": "\"A\"", "count": 1]])
    #expect(outcome.measured["missing"] == 2 && outcome.measured["null"] == 1)
    #expect(outcome.expected == "one of \"b\", \"zz\"")
    #expect(outcome.query?.hasSuffix(".find({s: {$in: [\"a\", \"A\"]}})") == true)
  }

  @Test("a collation of the collection decides what is equal")
  func collation() throws {
    let database = try TestDatabase()
    try database.create("c", ["collation": ["locale": "en", "strength": 2]])
    try database.insert("c", mixed)
    #expect(try database.check("c", "accepted_values: {field: s, values: [A, b, zz]}").result == .pass)
    let outcome = try database.check("c", "accepted_values: {field: s, values: [A, B]}")
    #expect(outcome.samples == ["8"], "\(outcome)")
    #expect(
      outcome.measured == [
        "documents": 10, "unexpected": 1, "missing": 2, "null": 1,
        "values": [["value": "\"zz\"", "count": 1]],
      ])
    #expect(try database.check("c", "accepted_values: {field: v, values: [1, 2, 5]}").samples == ["4", "7"])
  }

  @Test("without a value there is no answer")
  func nothing() throws {
    let database = try TestDatabase()
    try database.create("empty")
    #expect(try database.check("empty", "accepted_values: {field: a, values: [1]}").result == .error)
    try database.insert("c", mixed)
    let outcome = try database.check("c", "accepted_values: {field: nope, values: [1]}")
    #expect(outcome.message == "no data: no document has a value in `nope`")
  }
}

@Suite("types", .tags(.mongod), .timeLimit(.minutes(10)))
struct TypesCheckTests {
  @Test(
    "tells types as `$type` does; an array is an array",
    arguments: [
      ("types: {field: v, types: [number, string, array]}", .fail, 3, ["5", "6", "10"]),
      ("types: {field: v, types: [number, string, array, missing, \"null\", undefined]}", .pass, 0, []),
      (
        "types: {field: v, types: [int, double, string, array, \"null\", missing, undefined]}", .fail, 2,
        ["3", "9"]
      ),
      ("types: {field: s, types: string}", .fail, 4, ["4", "5", "6", "7"]),
      ("types: {field: v}", .pass, 0, []),
      ("types: {fields: {v: [number], s: [string], _id: []}}", .fail, 6, ["4", "5", "6", "7", "8"]),
      (
        "{types: {field: s, types: string}, warn_if: '> 0', error_if: '> 40%'}", .warn, 4,
        ["4", "5", "6", "7"]
      ),
    ] as [(String, Outcome.Result, Int64, [String])])
  func types(item: String, result: Outcome.Result, count: Int64, samples: [String]) throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.measured["unexpected"] == .integer(count))
    #expect(outcome.samples == samples)
  }

  @Test("records how often each occurs, and a type that an earlier run did not have fails")
  func drift() throws {
    var database = try TestDatabase()
    try database.insert("c", mixed)
    let item = "types: {field: v, compare: baseline}"
    let none = try database.check("c", item)
    #expect(none.message == "there is no baseline to compare with")
    var before = none
    before.measured = [
      "types": ["v": ["int": 1, "double": 5, "missing": 1, "null": 1, "undefined": 1, "array": 1]]
    ]
    let baseline = Baseline(run: "r1", [before])
    database.server = { $0.baseline = baseline }
    let outcome = try database.check("c", item)
    #expect(outcome.result == .fail && outcome.samples == ["3", "7", "9"], "\(outcome)")
    #expect(
      outcome.message
        == "3 of 10 documents with a type that the baseline lacks: `v` decimal (1), long (1), string (1)")
    #expect(
      outcome.measured["types"]?["v"]
        == [
          "double": 2, "array": 1, "decimal": 1, "int": 1, "long": 1, "missing": 1, "null": 1, "string": 1,
          "undefined": 1,
        ])
    let same = outcome
    database.server = { $0.baseline = Baseline(run: "r2", [same]) }
    #expect(try database.check("c", item).result == .pass)
  }

  @Test("every type that there is has the name that the server gives it")
  func names() throws {
    let database = try TestDatabase()
    try database.insert("c", KeyValues.all.map { ["v": .document(["w": $0])] })
    let asked = try database.all("c", [["$group": ["_id": ["$type": "$v.w"], "n": ["$sum": 1]]]])
    let outcome = try database.check("c", "types: {field: v.w}")
    for type in asked {
      #expect(
        outcome.measured["types"]?["v.w"]?[type["_id"]?.string ?? ""]
          == type["n"]?.integer.map { .integer($0) })
    }
    #expect(asked.count == 18)
  }
}

@Suite("distinct", .tags(.mongod), .timeLimit(.minutes(10)))
struct DistinctCheckTests {
  @Test(
    "counts different values as the server does",
    arguments: [
      ("distinct: {field: v, equals: 5}", .pass, "5 different values in `v`"),
      ("distinct: {field: s, min: 5}", .fail, "4 different values in `s`, fewer than 5"),
      ("distinct: {field: s, max: 3}", .fail, "4 different values in `s`, more than 3"),
      ("{distinct: {field: s}, warn_if: '< 5'}", .warn, "4 different values in `s`"),
      ("distinct: {field: nope, max: 3}", .error, "no data: 0 different values in `nope`"),
      ("distinct: {field: nope, equals: 0}", .pass, "0 different values in `nope`"),
      ("distinct: {field: s, compare: baseline}", .error, "there is no baseline to compare with"),
    ] as [(String, Outcome.Result, String)])
  func distinct(item: String, result: Outcome.Result, message: String) throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
  }

  @Test(
    "compares with an earlier run, within a tolerance",
    arguments: [("0%", Outcome.Result.fail), ("20%", .pass)])
  func baseline(tolerance: String, result: Outcome.Result) throws {
    var database = try TestDatabase()
    try database.insert("c", mixed)
    let item = "distinct: {field: s, compare: baseline, tolerance: \(tolerance)}"
    var before = try database.check("c", item)
    before.measured = ["distinct": 5]
    let baseline = Baseline(run: "r1", [before])
    database.server = { $0.baseline = baseline }
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
  }

  @Test("all values of all types; with a collation, and beyond the memory")
  func truth() throws {
    var database = try TestDatabase()
    let documents = KeyValues.all.map { Document([("v", $0)]) }
    try database.insert("c", documents)
    let groups = try database.all("c", [["$group": ["_id": "$v"]]])
    #expect(try database.check("c", "distinct: {field: v, equals: \(groups.count)}").result == .pass)
    try database.create("de", ["collation": ["locale": "de", "strength": 1]])
    try database.insert("de", ["a", "A", "ä", "b"].map { ["v": .string($0)] } + [["v": ["B", "c"]]])
    let collated = try database.check("de", "distinct: {field: v, equals: 3}")
    #expect(collated.result == .pass, "\(collated)")
    database.memory = 96 << 10
    try database.insert("many", numbered(24_000))
    #expect(try database.check("many", "distinct: {field: _id, equals: 24000}").result == .pass)
  }
}

@Suite("range", .tags(.mongod), .timeLimit(.minutes(10)))
struct RangeCheckTests {
  @Test(
    "is in the server's order; other types and NaN are outside, null and missing are no values",
    arguments: [
      ("range: {field: v, min: 1}", .fail, 2, ["4", "7"]),
      ("range: {field: v, min: 1, max: 2}", .fail, 3, ["4", "7", "8"]),
      ("range: {field: v, min: 1, exclusive: true}", .fail, 6, ["1", "2", "4", "7", "8"]),
      ("range: {field: s, min: a}", .fail, 1, ["3"]),
      ("range: {field: s, min: A, max: zz}", .pass, 0, []),
      ("range: {field: s, max: z}", .fail, 1, ["8"]),
      ("range: {field: _id, min: 1, max: {$numberDecimal: \"10.0\"}}", .pass, 0, []),
      ("{range: {field: _id, min: 2}, severity: warn}", .warn, 1, ["1"]),
    ] as [(String, Outcome.Result, Int64, [String])])
  func range(item: String, result: Outcome.Result, count: Int64, samples: [String]) throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.measured["outside"] == .integer(count))
    #expect(outcome.samples == samples)
  }

  @Test("tells the least and the greatest, also when it passes")
  func report() throws {
    let database = try TestDatabase()
    try database.insert("c", mixed)
    let outcome = try database.check("c", "range: {field: v, max: 4}")
    #expect(
      outcome.message
        == "3 of 10 documents outside (1 above, 2 of another type), `v` from 1 to 5", "\(outcome)")
    #expect(
      outcome.measured == [
        "documents": 10, "outside": 3, "min": "1", "max": "5", "below": 0, "above": 1, "other_type": 2,
        "missing": 1,
        "null": 2,
      ])
    let passed = try database.check("c", "range: {field: s, min: A, max: zz}")
    #expect(passed.message == "10 documents, `s` from \"A\" to \"zz\"")
  }

  @Test("dates and ObjectIds have their own order; texts under a collation have no answer, numbers do")
  func types() throws {
    let database = try TestDatabase()
    try database.create("c", ["collation": ["locale": "de"]])
    try database.insert(
      "c", [["_id": 1, "d": .date(-1), "s": "x"], ["_id": 2, "d": .date(1000), "s": "y"]])
    let dates = try database.check("c", "range: {field: d, min: {$date: \"1970-01-01T00:00:00Z\"}}")
    #expect(dates.samples == ["1"] && dates.measured["below"] == 1, "\(dates)")
    let texts = try database.check("c", "range: {field: s, min: a}")
    #expect(texts.result == .error && texts.message.contains("collation"))
    try database.create("empty")
    #expect(try database.check("empty", "range: {field: s, min: a}").result == .error)
    #expect(try database.check("c", "range: {field: nope, min: a}").result == .error)
  }
}

@Suite("freshness", .tags(.mongod), .timeLimit(.minutes(10)))
struct FreshnessCheckTests {
  /// 2026-11-21T14:00:00Z.
  private static let moment = 1_795_269_600.0

  private func shop() throws -> TestDatabase {
    var database = try TestDatabase()
    database.server = { $0.moment = Self.moment }
    func ms(_ hours: Double) -> Int64 { Int64((Self.moment - hours * 3600) * 1000) }
    let id = ObjectID(
      bytes: (0..<4).map { UInt8(truncatingIfNeeded: (Int(Self.moment) - 7200) >> (24 - 8 * $0)) }
        + [UInt8](repeating: 1, count: 8))
    try database.insert(
      "c",
      [
        [
          "_id": .objectID(id), "at": .date(ms(30)),
          "ts": .timestamp(Timestamp(seconds: UInt32(Self.moment) - 60, increment: 9)),
        ],
        [
          "_id": 2, "at": .date(ms(25)), "text": "2026-11-21T13:59:00Z",
          "list": .list([.date(ms(3)), .date(ms(1)), .null]),
        ],
        ["_id": 3, "at": .date(ms(400)), "late": .date(ms(-2))], ["_id": 4, "at": .null],
      ])
    return database
  }

  @Test(
    "tells how old the newest value is",
    arguments: [
      ("freshness: {field: at, max: 24h}", .fail, 90_000),
      ("freshness: {field: at, max: 26h}", .pass, 90_000),
      ("{freshness: {field: at}, warn_if: '> 1h', error_if: '> 2d'}", .warn, 90_000),
      ("{freshness: {field: at}, error_if: '> 3600'}", .fail, 90_000),
      ("freshness: {field: ts, max: 1m}", .pass, 60),
      ("freshness: {max: 3h}", .pass, 7200),
      ("freshness: {field: list, max: 2h}", .pass, 3600),
      ("{freshness: {field: at, max: 26h}, where: {_id: 3}}", .fail, 1_440_000),
      ("freshness: {field: at, max: 1h, at: \"2026-11-20T13:30:00Z\"}", .pass, 1800),
    ] as [(String, Outcome.Result, Double)])
  func age(item: String, result: Outcome.Result, seconds: Double) throws {
    let database = try shop()
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.measured["age_seconds"] == .double(seconds))
  }

  @Test("a value in the future is told, a text is no time, and without a moment there is no answer")
  func odd() throws {
    var database = try shop()
    let late = try database.check("c", "freshness: {field: late, max: 1h}")
    #expect(late.result == .warn && late.measured["is_future"] == true, "\(late)")
    #expect(
      late.message
        == "the newest `late` is 2026-11-21T16:00:00.000Z, 2h 00m after 2026-11-21T14:00:00.000Z: in the future of what was recovered"
    )
    let near = try database.check("c", "freshness: {field: late, max: 1h, at: \"2026-11-21T15:56:00Z\"}")
    #expect(near.result == .pass && near.measured["is_future"] == true, "\(near)")
    let text = try database.check("c", "freshness: {field: text, max: 1h}")
    #expect(text.message == "no data: no document has a date, a timestamp or an ObjectId in `text`")
    database.server = { _ in }
    let unknown = try database.check("c", "freshness: {field: at, max: 1h}")
    #expect(unknown.result == .error && unknown.message.contains("`at: 2026-11-21T14:30:00Z`"), "\(unknown)")
    try database.create("empty")
    #expect(
      try database.check("empty", "freshness: {max: 1h, at: \"2026-11-21T14:30:00Z\"}").result == .error)
  }
}

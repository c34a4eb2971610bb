import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing

@Suite("One reading for many checks", .tags(.mongod), .timeLimit(.minutes(10)))
struct ScanningTests {
  /// With `scripts/test --full` a million of them in 8 MiB.
  @Test(
    "very many documents that fail leave few samples, in little memory", arguments: [isFullRun ? 1000 : 100])
  func many(thousands: Int) throws {
    var database = try TestDatabase()
    database.memory = thousands << 13
    try database.insert("seed", numbered(thousands))
    _ = try database.all(
      "seed",
      [
        ["$project": ["n": ["$range": [0, 1000]]]], ["$unwind": "$n"],
        ["$project": ["_id": ["$add": [["$multiply": ["$_id", 1000]], "$n"]], "r": "$n"]],
        ["$out": "c"],
      ])
    let documents = thousands * 1000
    let outcomes = try database.checks(
      """
      s:
        DB.c:
          - missing: {field: m}
          - types: {field: r, types: string}
          - accepted_values: {field: r, values: [1000]}
          - unique: {field: r}
          - references: {field: r, to: DB.seed, to_field: none}
          - count: {equals: \(documents)}

      """)
    #expect(outcomes.map(\.result) == [.fail, .fail, .fail, .fail, .fail, .pass], "\(outcomes)")
    let all = JSON.integer(Int64(documents))
    #expect(outcomes[0].measured["missing"] == all && outcomes[1].measured["unexpected"] == all)
    #expect(outcomes[2].measured["unexpected"] == all)
    #expect(outcomes[3].measured["repeats"] == .integer(Int64(documents - 1000)))
    #expect(outcomes[4].measured["dangling"] == all)
    for outcome in outcomes.dropLast() { #expect(outcome.samples.count == 5) }
  }

  @Test(
    "large documents, of which the server sends the fields that are wanted, give the same answers",
    arguments: [0, 4000])
  func large(padding: Int) throws {
    let database = try TestDatabase()
    let pad = Value.string(String(repeating: "x", count: padding))
    let values: [Value] = [
      .list([1, ["b": 2]]), .list([1, 2]), .list([["b": .null], [:]]), ["b": [3, 4]], 7, .list([[["b": 5]]]),
      ["b": ["c": 1]], .array([:]),
    ]
    try database.insert("c", values.enumerated().map { ["_id": .int32(Int32($0)), "pad": pad, "a": $1] })
    try database.insert("p", numbered(9))
    let outcomes = try database.checks(
      """
      s:
        DB.c:
          - missing: {field: a.b}
          - references: {field: a.b, to: DB.p}
          - unique: {field: a.b}
          - types: {field: a.b}
          - types: {field: a}

      """)
    #expect(outcomes[0].measured["missing"] == 6, "\(outcomes)")
    #expect(
      outcomes[1].measured == ["references": 4, "dangling": 1, "dangling_values": 1, "missing": 7, "null": 1])
    #expect(outcomes[2].measured["repeats"] == 5)
    #expect(
      outcomes[3].measured["types"]?["a.b"] == ["missing": 7, "array": 1, "int": 1, "null": 1, "object": 1])
    #expect(outcomes[4].measured["types"]?["a"] == ["array": 5, "object": 2, "int": 1])
  }

  @Test("documents of 16 MiB pass by")
  func huge() throws {
    let database = try TestDatabase()
    let bytes = [UInt8](repeating: 7, count: (16 << 20) - 200)
    for id in 0..<3 {
      try database.insert(
        "c", [["_id": .int32(Int32(id)), "k": .int32(Int32(id / 2)), "bytes": .binary(subtype: 0, bytes)]])
    }
    let outcomes = try database.checks(
      """
      s:
        DB.c:
          - unique: {field: bytes}
          - unique: {field: k}
          - accepted_values: {field: bytes, values: [x]}
          - range: {field: bytes, min: 0}
          - missing: {field: k}

      """)
    #expect(outcomes.map(\.result) == [.fail, .fail, .fail, .fail, .pass], "\(outcomes.map(\.message))")
    #expect(outcomes[0].measured["repeats"] == 2 && outcomes[1].measured["repeats"] == 1)
    #expect(outcomes.allSatisfy { $0.message.utf8.count < 1000 && $0.query?.utf8.count ?? 0 < 4000 })
  }

  @Test("a field whose name holds a dot or begins with a dollar is not the path that looks like it")
  func names() throws {
    let database = try TestDatabase()
    try database.insert(
      "c", [["_id": 1, "a.b": 1], ["_id": 2, "a": ["b": 1]], ["_id": 3, "a": ["$b": 1, "b.c": 2]]])
    #expect(try database.check("c", "missing: {field: a.b}").samples == ["1", "3"])
    #expect(try database.check("c", "distinct: {field: a.b, equals: 1}").result == .pass)
    #expect(try database.check("c", "types: {field: a.b.c}").measured["types"]?["a.b.c"] == ["missing": 3])
  }

  @Test(
    "what a time series shows is read, and an error on the way is every check's error",
    .needs(ServerVersion(5, 0), "time series"))
  func series() throws {
    let database = try TestDatabase()
    try database.create("t", ["timeseries": ["timeField": "at", "metaField": "m"]])
    try database.insert(
      "t",
      (0..<10).map {
        ["at": .date(1_700_000_000_000 + $0), "m": .int32(Int32($0 % 2)), "v": .int32(Int32($0))]
      })
    let outcomes = try database.checks(
      """
      s:
        DB.t:
          - count: {equals: 10}
          - range: {field: v, min: 0, max: 9}
          - distinct: {field: m, equals: 2}
          - freshness: {field: at, max: 1h, at: "2023-11-14T22:13:21Z"}
          - accepted_values: {field: m, values: [0, 1]}
          - types: {field: v, types: [int]}

      """)
    #expect(outcomes.allSatisfy { $0.result == .pass }, "\(outcomes)")
    try database.insert("c", numbered(5))
    try database.create("v", ["viewOn": "c", "pipeline": .list([["$project": ["a": ["$divide": [1, 0]]]]])])
    let failed = try database.checks(
      "s:\n  DB.v:\n    - types: {field: a}\n    - distinct: {field: a, min: 1}\n    - range: {field: a, min: 1}\n"
    )
    #expect(failed.map(\.result) == [.error, .error, .error])
    #expect(failed.allSatisfy { $0.message.contains("divide by zero") })
  }
}

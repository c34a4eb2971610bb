import BSON
import Checks
import Mongo
import Platform
import Record
import Testing

/// Values of all types, many of which are equal to the server in another form.
enum KeyValues {
  static func parsed(_ json: String) -> Value {
    (try? Document(extendedJSON: "{\"v\": \(json)}")["v"]) ?? .null
  }

  static let decimals = [
    "0", "-0", "0E-5", "1", "1.0", "10E-1", "1E0", "0.1", "1.10", "1.1", "NaN", "-NaN", "Infinity",
    "-Infinity",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "1E6144", "1E-6176", "0.5", "5E-1",
    "123456789012345678901234567890.1234",
  ].map { parsed("{\"$numberDecimal\": \"\($0)\"}") }

  static let numbers: [Value] = [
    .int32(0), .int32(1), .int32(-1), .int64(0), .int64(1), .int64(9_007_199_254_740_993), .int64(.max),
    .int64(.min),
    .double(0), .double(-0.0), .double(1), .double(0.1), .double(1.1), .double(0.5), .double(.nan),
    .double(-.nan), .double(.infinity), .double(-.infinity), .double(9_007_199_254_740_992),
    .double(9_223_372_036_854_775_808), .double(.leastNonzeroMagnitude), .double(1e300), .double(123_456),
  ]

  static let others: [Value] = [
    .string(""), .string("a"), .string("A"), .string("a\0b"), .string("\u{E9}"), .string("e\u{301}"),
    .symbol("a"), .symbol(""),
    .code("a"), .code(""), .codeWithScope("a", [:]), .codeWithScope("a", ["x": 1]),
    .codeWithScope("a", ["x": .double(1)]), .regex(pattern: "a", options: ""),
    .regex(pattern: "a", options: "i"),
    .regex(pattern: "", options: ""), .bool(true), .bool(false), .date(0), .date(-1), .date(1),
    .timestamp(Timestamp(seconds: 0, increment: 1)), .timestamp(Timestamp(seconds: 1, increment: 0)),
    .objectID(ObjectID(bytes: Array(0..<12))), .objectID(ObjectID(bytes: Array(1..<13))),
    .binary(subtype: 0, []), .binary(subtype: 0, [1]), .binary(subtype: 5, [1]),
    .binary(subtype: 4, Array(0..<16)),
    .binary(subtype: 3, Array(0..<16)), .binary(subtype: 2, [1, 0, 0, 0, 7]),
    .dbPointer("a.b", ObjectID(bytes: Array(0..<12))), .minKey, .maxKey,
    .document([:]), ["a": 1], ["a": .double(1)], ["a": .null], ["a": .undefined], ["b": 1], ["a": 1, "b": 2],
    ["b": 2, "a": 1], ["a": ["b": .int64(1)]], ["a": ["b": .double(1)]], ["a": [1, 2]],
    ["a": [.double(1), 2]],
    ["a": .array([:])], ["a": .double(.nan)], ["a": .double(-0.0)], ["a": .int32(0)],
  ]

  static let all = decimals + numbers + others
  /// What stands for nothing; nil for a missing field.
  static let nothing: [Value?] = [nil, .null, .undefined]

  /// One of them, or an array of some.
  static func value(_ random: inout SplitMix) -> Value? {
    switch random.next() % 20 {
    case 0: return nothing[Int(random.next() % 3)]
    case 1: return .array([:])
    case 2...5:
      return .list(
        (0..<(1 + random.next() % 3)).map { _ in
          random.next().isMultiple(of: 8) ? .null : all[Int(random.next() % UInt64(all.count))]
        })
    default: return all[Int(random.next() % UInt64(all.count))]
    }
  }
}

/// Pseudo-random numbers, the same in every run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

/// What the server's own pipelines say is what the checks say, on values of all types.
@Suite("Keys are equal as for the server", .tags(.mongod), .timeLimit(.minutes(10)))
struct KeyTruthTests {
  /// Children and parents with some values in common.
  private func family(_ seed: UInt64, _ database: borrowing TestDatabase) throws {
    var random = SplitMix(seed: seed)
    func documents(_ count: Int, _ shape: UInt64) -> [Document] {
      numbered(count) { _ in
        let value = KeyValues.value(&random)
        guard let value else { return [:] }
        switch random.next() % 4 {
        case 0: return ["f": value, "a": .list([["b": value], ["c": 1], 5])]
        case 1: return ["f": value, "a": ["b": value]]
        case 2: return ["f": value, "a": .list([["b": value], ["b": KeyValues.value(&random) ?? .null]])]
        default: return ["f": value]
        }
      }
    }
    try database.insert("children", documents(900, 0))
    try database.insert("parents", documents(60, 1))
  }

  private static func unwound(_ path: String) -> [Value] {
    let names = path.split(separator: ".")
    return names.indices.map { last in
      let prefix = "$" + names[...last].joined(separator: ".")
      return ["$unwind": ["path": .string(prefix), "preserveNullAndEmptyArrays": true]]
    }
  }

  @Test(
    "references dangle as `$lookup` of each value finds nothing", arguments: [1, 2, 3] as [UInt64],
    ["f", "a.b"])
  func references(seed: UInt64, path: String) throws {
    let database = try TestDatabase()
    try family(seed, database)
    let isNothing: Value = ["$in": [["$type": .string("$" + path)], ["missing", "null", "undefined"]]]
    // An array that is left is looked up as a whole: in an array of its own, as `$lookup` looks into one.
    let wrapped: [Value] =
      Self.unwound(path) + [
        [
          "$set": [
            "nothing": isNothing, "type": ["$type": .string("$" + path)], "key": [.string("$" + path)],
          ]
        ]
      ]
    let looked = try database.all(
      "children",
      wrapped + [
        ["$match": ["nothing": false]],
        ["$lookup": ["from": "parents", "localField": "key", "foreignField": .string(path), "as": "found"]],
        [
          "$group": [
            "_id": .string("$" + path), "n": ["$sum": 1],
            "dangles": ["$max": ["$eq": [["$size": "$found"], 0]]],
          ]
        ],
        [
          "$group": [
            "_id": .null, "references": ["$sum": "$n"],
            "dangling": ["$sum": ["$cond": ["$dangles", "$n", 0]]],
            "values": ["$sum": ["$cond": ["$dangles", 1, 0]]],
          ]
        ],
      ])[0]
    let nothing = try database.all(
      "children",
      wrapped + [
        ["$match": ["nothing": true]], ["$group": ["_id": ["$eq": ["$type", "missing"]], "n": ["$sum": 1]]],
      ])
    func count(_ isMissing: Bool) -> Int64 {
      nothing.first { $0["_id"] == .bool(isMissing) }?["n"]?.integer ?? 0
    }
    let outcome = try database.check(
      "children", "references: {field: \(path), to: DB.parents, to_field: \(path)}")
    #expect(
      outcome.measured == [
        "references": .integer(looked["references"]?.integer ?? -1),
        "dangling": .integer(looked["dangling"]?.integer ?? -1),
        "dangling_values": .integer(looked["values"]?.integer ?? -1), "missing": .integer(count(true)),
        "null": .integer(count(false)),
      ])
    #expect(outcome.result == .fail && outcome.samples.count == 5)
  }

  @Test(
    "keys are repeated as `$group` finds them, null and missing set aside", arguments: [4, 5] as [UInt64],
    ["f", "a.b"])
  func groups(seed: UInt64, path: String) throws {
    let database = try TestDatabase()
    try family(seed, database)
    let groups = try database.all(
      "children",
      Self.unwound(path) + [
        ["$match": [path: ["$ne": .null, "$not": ["$type": "undefined"]]]],
        ["$group": ["_id": ["key": .string("$" + path), "document": "$_id"]]],
        ["$group": ["_id": "$_id.key", "n": ["$sum": 1]]],
      ])
    let counts = groups.map { Int($0["n"]?.integer ?? 0) }
    let outcome = try database.check("children", "unique: {field: \(path), null: ignore}")
    #expect(outcome.measured["keys"] == .integer(Int64(counts.count)))
    #expect(outcome.measured["repeated_keys"] == .integer(Int64(counts.count { $0 > 1 })))
    #expect(outcome.measured["repeats"] == .integer(Int64(counts.reduce(0) { $0 + $1 - 1 })))
    #expect(outcome.result == .fail && outcome.samples.count == 5)
  }

  @Test("a document repeats a key exactly when a unique index would not take it", arguments: ["f", "f.b"])
  func uniqueIndex(path: String) throws {
    let database = try TestDatabase()
    try database.index("i", ["key": [path: 1], "name": "u", "unique": true])
    let values: [Value?] =
      KeyValues.nothing
      + [
        .array([:]), .list([.null]), .list([.undefined]), .list([.array([:])]), [[1, 2]], [1, 2], [1, 1], 1,
        "a", 5,
        ["b": .null], ["b": .undefined], ["b": .array([:])], .list([["b": 1]]), .list([["b": 1], [:]]),
        .list([["b": 1], 5]), .list([[["b": 1]]]), ["b": [1, 2]], .list([["b": [1]], ["b": .array([:])]]),
        .list([["b": 1], ["b": 1]]),
      ]
    for (at, first) in values.enumerated() {
      for second in values[at...] {
        func document(_ id: Int32, _ value: Value?) -> Document {
          value.map { ["_id": .int32(id), "f": $0] } ?? ["_id": .int32(id)]
        }
        let pair = [document(1, first), document(2, second)]
        try database.run(["delete": "i", "deletes": .list([["q": [:], "limit": 0]])])
        let reply = try database.pool.run(
          ["insert": "i", "documents": .list(pair.map { .document($0) })], on: database.name)
        try database.run(["delete": "p", "deletes": .list([["q": [:], "limit": 0]])])
        try database.insert("p", pair)
        let outcome = try database.check("p", "unique: {field: \(path)}")
        let isRefused = reply["writeErrors"] != nil
        #expect(outcome.result == (isRefused ? .fail : .pass), "\(pair.map { $0.extendedJSON() }) \(outcome)")
      }
    }
  }

  @Test("scalars of all types are one key or two as in a unique index")
  func scalars() throws {
    let database = try TestDatabase()
    try database.index("i", ["key": ["f": 1], "name": "u", "unique": true])
    let documents = numbered(KeyValues.all.count) { ["f": KeyValues.all[$0 - 1]] }
    let reply = try database.pool.run(
      ["insert": "i", "documents": .list(documents.map { .document($0) }), "ordered": false],
      on: database.name)
    try database.insert("c", documents)
    let refused = reply["writeErrors"]?.elements?.count ?? 0
    #expect(refused > 20)
    #expect(try database.check("c", "unique: {field: f}").measured["repeats"] == .integer(Int64(refused)))
  }
}

import BSON
import Testing

@Suite("the server's order")
struct OrderTests {
  private func value(_ json: String) throws -> Value {
    try #require(try Document(extendedJSON: #"{"v":\#(json)}"#)["v"])
  }

  /// Values in ascending order; those of one line are equal to the server.
  static let ascending: [[String]] = [
    [#"{"$minKey":1}"#],
    [#"{"$undefined":true}"#],
    ["null"],
    [#"{"$numberDouble":"NaN"}"#, #"{"$numberDecimal":"NaN"}"#],
    [#"{"$numberDouble":"-Infinity"}"#, #"{"$numberDecimal":"-Infinity"}"#],
    [#"{"$numberDecimal":"-1E+400"}"#],
    [#"{"$numberDouble":"-1.7976931348623157e308"}"#],
    [#"{"$numberDecimal":"-9223372036854775809"}"#],
    [#"{"$numberLong":"-9223372036854775808"}"#, #"{"$numberDouble":"-9223372036854775808"}"#],
    ["-1", #"{"$numberDouble":"-1.0"}"#, #"{"$numberDecimal":"-1.00"}"#],
    [#"{"$numberDecimal":"-1E-6000"}"#],
    ["0", "0.0", #"{"$numberDouble":"-0.0"}"#, #"{"$numberLong":"0"}"#, #"{"$numberDecimal":"-0E+5"}"#],
    [#"{"$numberDecimal":"1E-6000"}"#],
    [#"{"$numberDouble":"4.9406564584124654e-324"}"#],
    [#"{"$numberDecimal":"0.1"}"#],
    [#"{"$numberDouble":"0.1"}"#],
    [#"{"$numberDecimal":"0.1000000000000000055511151231257828"}"#],
    ["0.5", #"{"$numberDecimal":"0.50"}"#, #"{"$numberDecimal":"5E-1"}"#],
    ["1", #"{"$numberLong":"1"}"#, "1.0", #"{"$numberDecimal":"1.0"}"#],
    ["1.5", #"{"$numberDecimal":"1.5"}"#],
    ["9007199254740992.0", #"{"$numberLong":"9007199254740992"}"#],
    [#"{"$numberLong":"9007199254740993"}"#, #"{"$numberDecimal":"9007199254740993"}"#],
    [#"{"$numberLong":"9223372036854775807"}"#, #"{"$numberDecimal":"9223372036854775807"}"#],
    [#"{"$numberDouble":"9223372036854775808"}"#, #"{"$numberDecimal":"9223372036854775808"}"#],
    [#"{"$numberDouble":"1e300"}"#],
    [#"{"$numberDecimal":"1E+400"}"#],
    [#"{"$numberDecimal":"1.1E+400"}"#],
    [#"{"$numberDouble":"Infinity"}"#, #"{"$numberDecimal":"Infinity"}"#],
    [#""""#], [#""A""#], [#""a""#, #"{"$symbol":"a"}"#], [#""a\u0000""#], [#""aa""#], [#""é""#],
    ["{}"], [#"{"a":1}"#, #"{"a":1.0}"#], [#"{"a":1,"b":1}"#], [#"{"b":1}"#], [#"{"a":"x"}"#],
    ["[]"], ["[1]", "[1.0]"], ["[1,1]"], ["[2]"], [#"["a"]"#], ["[[]]"],
    [#"{"$binary":{"base64":"","subType":"80"}}"#], [#"{"$binary":{"base64":"AQ==","subType":"00"}}"#],
    [#"{"$binary":{"base64":"AA==","subType":"05"}}"#], [#"{"$binary":{"base64":"AAA=","subType":"00"}}"#],
    [#"{"$oid":"57e193d7a9cc81b4027498b5"}"#], [#"{"$oid":"57e193d7a9cc81b4027498b6"}"#],
    ["false"], ["true"],
    [#"{"$date":-1}"#], [#"{"$date":0}"#],
    [#"{"$timestamp":{"t":1,"i":2}}"#], [#"{"$timestamp":{"t":4294967295,"i":1}}"#],
    [#"{"$regularExpression":{"pattern":"a","options":""}}"#],
    [#"{"$regularExpression":{"pattern":"a","options":"i"}}"#],
    [#"{"$regularExpression":{"pattern":"ab","options":""}}"#],
    [#"{"$code":"a"}"#], [#"{"$code":"b"}"#],
    [#"{"$code":"a","$scope":{"x":1}}"#, #"{"$code":"a","$scope":{"x":1.0}}"#],
    [#"{"$code":"a","$scope":{"x":2}}"#],
    [#"{"$maxKey":1}"#],
  ]

  @Test("holds for each pair of values, and equal ones alone share a canonical key")
  func order() throws {
    let values = try Self.ascending.enumerated().flatMap { place, line in
      try line.map { (place: place, text: $0, value: try value($0)) }
    }
    let keys = values.map(\.value.canonicalKey)
    for (i, left) in values.enumerated() {
      for (j, right) in values.enumerated() {
        let expected = (left.place - right.place).signum()
        #expect(Value.compare(left.value, right.value).signum() == expected, "\(left.text) and \(right.text)")
        #expect((keys[i] == keys[j]) == (expected == 0), "\(left.text) and \(right.text)")
        // The same inside of a document and of an array.
        let (l, r): (Value, Value) = (["x": [left.value], "y": 1], ["x": [right.value], "y": 1.0])
        #expect(Value.compare(l, r).signum() == expected)
        #expect((l.canonicalKey == r.canonicalKey) == (expected == 0))
      }
    }
  }

  @Test("agrees with canonical keys on numbers at random", arguments: [1, 2, 3] as [UInt64])
  func numbers(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let values: [Value] = try (0..<120).map { _ in
      let small = Int64.random(in: -20...20, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return .int32(Int32(small))
      case 1: return .int64(small)
      case 2: return .double(Double(small) / 4)
      case 3: return try value(#"{"$numberDecimal":"\#(small * 25)E-2"}"#)
      default: return .double(Double(bitPattern: random.next()))
      }
    }
    for left in values {
      for right in values {
        let order = Value.compare(left, right)
        #expect(order.signum() == -Value.compare(right, left).signum())
        #expect((order == 0) == (left.canonicalKey == right.canonicalKey))
        if let left = left.number, let right = right.number, !left.isNaN, !right.isNaN {
          #expect(order.signum() == (left < right ? -1 : left > right ? 1 : 0))
        }
      }
    }
  }
}

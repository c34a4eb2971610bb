import Platform
import Testing

private let values: [(String, JSON)] = [
  ("null", JSON.null), (" true\n", true), ("false", false), ("0", 0), ("-12", -12), ("1.5", 1.5),
  ("1e3", 1000.0),
  ("9223372036854775807", JSON.integer(.max)), ("9223372036854775808", JSON.double(0x1p63)), ("\"\"", ""),
  (#""a\n\"\\\/\u00e9\ud83d\ude00""#, "a\n\"\\/é😀"), ("[]", []), ("[1, [2]]", [1, [2]]), ("{}", [:]),
  (#"{"b": 1, "a": {"c": null}}"#, ["b": 1, "a": ["c": nil]]),
]

@Suite("The JSON parser")
struct JSONParserTests {
  @Test("reads every kind of value", arguments: values)
  func reads(text: String, value: JSON) throws {
    #expect(try JSON.parse(text) == value)
  }

  @Test(
    "refuses what is not JSON, and says where",
    arguments: [
      ("", 0), ("  ", 2), ("nul", 0), ("01", 1), ("-", 1), ("1.", 2), ("1e", 2), ("+1", 0), (".5", 0),
      ("1e999", 0),
      ("[1,]", 3), ("[1 2]", 3), ("{,}", 1), (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), (#"{"a":1,"a":2}"#, 7),
      ("\"a", 0),
      ("\"\n\"", 1), (#""\x""#, 1), (#""\ud800""#, 1), (#""\ud800\u0041""#, 1), (#""\udc00""#, 1),
      (#""\u12g4""#, 5),
      ("1 2", 2), ("{} //", 3), ("'a'", 0), ("NaN", 0), ("\u{FEFF}1", 0),
    ])
  func refuses(text: String, offset: Int) {
    #expect { try JSON.parse(text) } throws: { ($0 as? MalformedJSON)?.offset == offset }
  }

  @Test("refuses a string that is not UTF-8")
  func notUTF8() {
    #expect(throws: MalformedJSON.self) { try JSON.parse([0x22, 0xC3, 0x28, 0x22]) }
  }

  @Test("refuses nesting that could exhaust the stack")
  func nesting() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSON.parse(nested(JSON.deepestNesting))
    #expect(throws: MalformedJSON.self) { try JSON.parse(nested(100_000)) }
  }

  @Test("reads back what the writer writes", arguments: [true, false])
  func roundTrip(pretty: Bool) throws {
    let value: JSON = [
      "text": "\u{0}\u{7F}\t\"\\\u{2028}é", "numbers": [0, -1, 0.1, 1e300, 1e-300, .integer(.min)],
      "nothing": nil, "empty": [[], [:]], "flag": true,
    ]
    #expect(try JSON.parse(value.text(pretty: pretty)) == value)
  }

  @Test(
    "reads back what the writer spells out, because a terminal would obey it or it turns the writing round")
  func spelledOut() throws {
    let text = "é\u{85}\u{9B}31m\u{202E}txt\u{2066}\u{FEFF}\u{1F468}\u{200D}\u{1F467}ß"
    let json = JSON.string(text).text()
    #expect(json == #""é\u0085\u009b31m\u202etxt\u2066\ufeff👨\u200d👧ß""#)
    let read = try JSON.parse(json)
    #expect(read == .string(text))
  }
}

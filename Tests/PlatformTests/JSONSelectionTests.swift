import Platform
import Testing

@Suite("Parts of a JSON text")
struct JSONSelectionTests {
  private let text =
    #"{"a": {"b": [1, {"c": "}]\"\\", "d": [[], {}]}], "e": -1.5e3}, "f": ["x,", null], "g": true}"#

  @Test(
    "are what the whole text holds there, and nothing else",
    arguments: [
      (JSONSelection.members(["g": .all]), #"{"g":true}"#),
      (.members(["a": .members(["e": .all])]), #"{"a":{"e":-1500}}"#),
      (
        .members(["a": .members(["b": .elements(.members(["c": .all]))])]), #"{"a":{"b":[1,{"c":"}]\"\\"}]}}"#
      ),
      (.members(["f": .members([:]), "a": .members([:])]), #"{"a":{},"f":["x,",null]}"#),
      (.members([:]), "{}"), (.members(["z": .all]), "{}"),
    ])
  func parts(selection: JSONSelection, expected: String) throws {
    #expect(try JSON.parse(Array(text.utf8), only: selection).text() == expected)
  }

  @Test("with everything wanted are the whole")
  func all() throws {
    #expect(try JSON.parse(Array(text.utf8), only: .all) == JSON.parse(text))
  }

  @Test("of a text that was cut short, wherever, are none")
  func cut() {
    let bytes = Array(text.utf8)
    for end in 0..<bytes.count {
      #expect(throws: MalformedJSON.self, "\(end)") {
        try JSON.parse(Array(bytes[..<end]), only: .members(["g": .all]))
      }
    }
  }

  @Test(
    "are refused where the text is none",
    arguments: [#"{"a":1}x"#, #"{"a":}"#, #"{"a" 1}"#, #"{"g":1,"g":2}"#, #"{"a":1,}"#, "[", "{]"])
  func malformed(text: String) {
    #expect(throws: MalformedJSON.self) { try JSON.parse(Array(text.utf8), only: .members(["g": .all])) }
  }
}

import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("command", .tags(.mongod), .timeLimit(.minutes(10)))
struct CommandCheckTests {
  @Test(
    "what a program says by its status and its output",
    arguments: [
      ("{argv: [sh, -c, 'echo fine']}", .pass, "sh ended with exit status 0"),
      ("{argv: [sh, -c, 'exit 3']}", .fail, "sh ended with exit status 3"),
      ("{argv: [sh, -c, 'exit 3'], status: 3}", .pass, "sh ended with exit status 3"),
      ("{argv: [sh, -c, 'exit 0'], status: 3}", .fail, "sh ended with exit status 0, not 3"),
      ("{argv: [sh, -c, 'kill -9 $$']}", .fail, "sh ended with signal 9 (killed)"),
      (
        #"{argv: [sh, -c, 'echo one; echo 12 rows'], output: '^\d+ rows$'}"#, .pass,
        "sh ended with exit status 0"
      ),
      ("{argv: [sh, -c, 'echo bad >&2'], output: ba.}", .pass, "sh ended with exit status 0"),
      ("{argv: [echo, fine], output: ^rows}", .fail, "echo wrote nothing that matches /^rows/"),
      // No shell reads the arguments.
      ("{argv: [echo, '$HOME;', '*'], output: '^\\$HOME; \\*$'}", .pass, "echo ended with exit status 0"),
      (
        "{argv: [sh, -c, 'echo $MONGODRILL_URI'], output: '^mongodb://.*sock/'}", .pass,
        "sh ended with exit status 0"
      ),
      (
        "{argv: [echo, 'at ${sandbox.uri}'], output: 'sock'}", .fail, "echo wrote nothing that matches /sock/"
      ),
    ] as [(String, Outcome.Result, String)])
  func outcomes(keys: String, result: Outcome.Result, message: String) throws {
    let outcome = try #require(try TestDatabase().checks("s: {DB: [{command: \(keys)}]}").first)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
    #expect(outcome.measured["status"] != nil)
  }

  @Test("a program that isn't there, or takes too long, gives no answer")
  func errors() throws {
    let outcomes = try TestDatabase().checks(
      """
      s:
        "*":
          - command: {argv: [no-such-program]}
          - {command: {argv: [sleep, "600"]}, timeout: 300ms}
          - {command: {argv: [sh, -c, "exit 1"]}, severity: warn}
          - {command: {argv: [sh, -c, "exit 1"]}, warn_if: "> 0"}
      """)
    #expect(outcomes.map(\.result) == [.error, .error, .warn, .warn])
    #expect(outcomes[0].message == "program no-such-program is not found")
    #expect(outcomes[1].message == "no answer within 300 ms")
    #expect(outcomes[1].seconds < 60)
  }

  @Test("output is cut, and secrets in it are masked")
  func masked() throws {
    let outcome = try #require(
      try TestDatabase().checks(
        "s: {'*': [{command: {argv: [sh, -c, 'echo mongodb://me:hunter22@host/x; seq 1 20000; exit 1']}}]}"
      ).first)
    guard case .string(let output)? = outcome.measured["output"] else {
      Issue.record("\(outcome)")
      return
    }
    #expect(output.hasPrefix("mongodb://***@host/x\n1\n"))
    #expect(output.utf8.count < 10_000)
    #expect(output.contains(" bytes …]"))
    #expect(outcome.observed?.contains("hunter22") == false)
  }
}

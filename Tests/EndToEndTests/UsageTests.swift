import Platform
import TestSupport
import Testing

@Suite("The command line")
struct UsageTests {
  @Test("shows its version")
  func version() throws {
    let run = try Mongodrill.run("--version")
    #expect(run.output == "mongodrill 0.1.0\n")
    #expect(run.errorOutput == "")
    #expect(run.status == 0)
  }

  @Test(
    "explains each command, with examples and exit status",
    arguments: [
      "run", "restore", "verify", "find", "lint", "plan", "schema", "doctor", "clean", "version",
      "completion", "manual",
    ])
  func help(command: String) throws {
    let run = try Mongodrill.run(command, "--help")
    #expect(run.output.hasPrefix("mongodrill \(command): "))
    for title in ["Usage", "Examples", "Exit status"] { #expect(run.output.contains("\n\(title):\n")) }
    #expect(run.output.contains("  mongodrill \(command)"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("  mongodrill") })
    #expect(run.errorOutput == "")
    #expect(run.status == 0)
    #expect(try Mongodrill.run("--help").output.contains("\n  \(command) "))
  }

  @Test(
    "refuses what it doesn't know, and says what was meant",
    arguments: [
      (
        ["verfy", "x"], "unknown command 'verfy'",
        #"Did you mean "verify"? Run 'mongodrill --help' to see what there is."#
      ),
      ([], "no command was given", "Run 'mongodrill --help' to see what there is."),
      (
        ["verify", "x", "--ouput", "json"], "unknown option '--ouput'",
        #"Did you mean "--output"? Run 'mongodrill verify --help' to see what there is."#
      ),
      (
        ["verify", "x", "--output", "jsn"], "option '--output' takes one of text, json, jsonl, not 'jsn'",
        #"Did you mean "json"? Run 'mongodrill verify --help' to see what there is."#
      ),
      (
        ["run", "dump", "--oplog", "slices"], "unknown option '--oplog'",
        "'--oplog' is an option of 'restore'; in a scenario write `oplog: [PATH]`. "
          + #"Run 'mongodrill run --help' to see what there is."#
      ),
      (
        ["lint", "x", "--lanes=2"], "unknown option '--lanes'",
        "'--lanes' is an option of 'restore'. Run 'mongodrill lint --help' to see what there is."
      ),
      (
        ["verify"], "BACKUP is missing: mongodrill verify BACKUP [OPTION]…",
        "Run 'mongodrill verify --help' to see what there is."
      ),
    ])
  func refusal(arguments: [String], message: String, hint: String) throws {
    let captured = try Supervisor.shared.capture(
      ChildSpec([Mongodrill.path] + arguments, environment: Mongodrill.environment), timeout: 60)
    #expect(captured.output.text == "")
    #expect(captured.errorOutput.text == "mongodrill: \(message)\nHINT: \(hint)\n")
    #expect(captured.status == .exited(64))
  }

  @Test("gives an error as JSON to whom asked for JSON")
  func errorAsJSON() throws {
    let run = try Mongodrill.run("verify", "--output=json")
    #expect(
      run.output == """
        {
          "error": {
            "kind": "usage",
            "code": "missing-argument",
            "message": "BACKUP is missing: mongodrill verify BACKUP [OPTION]…",
            "hint": "Run 'mongodrill verify --help' to see what there is.",
            "exit_code": 64
          }
        }

        """)
    #expect(run.status == 64)
  }

  @Test("survives a reader that goes away, with its own exit status")
  func closedOutput() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      let captured = try Supervisor.shared.capture(
        ChildSpec(
          ["sh", "-c", #"{ "$0" verify "$1" -q; echo $? >&2; } | :"#, Mongodrill.path, dump.path],
          environment: Mongodrill.environment), timeout: 60)
      #expect(captured.errorOutput.text == "0\n")
    }
  }
}

@Suite("Standard output")
struct StandardOutputTests {
  /// Runs a line of the shell with the program as `$0`.
  private func shell(_ line: String) throws -> (status: Int32, output: String, errorOutput: String) {
    let done = try Supervisor.shared.capture(
      ChildSpec(["bash", "-c", line, Mongodrill.path], environment: Mongodrill.environment), timeout: 60)
    return (done.status.shellCode, done.output.text, done.errorOutput.text)
  }

  @Test(
    "that can't be written is a failure, whatever the command would have ended in",
    arguments: [
      "--help", "--version", "report reports/example --format html", "report reports/example --output json",
      "schema", "manual", "completion bash", "history --report-dir reports/none",
    ])
  func full(words: String) throws {
    let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
    let done = try shell("cd '\(repository)' && \"$0\" \(words) > /dev/full")
    let isUsage = words.hasSuffix("none")
    #expect(done.status == (isUsage ? 64 : 4), "\(done)")
    #expect(isUsage || done.errorOutput.hasPrefix("mongodrill: cannot write the output"), "\(done)")
  }

  @Test("whose reader went away ends without a word")
  func closed() throws {
    let done = try shell("\"$0\" manual | head -c 1; echo \" ${PIPESTATUS[0]}\"")
    #expect(done.output.hasSuffix(" 0\n") && done.errorOutput == "", "\(done)")
  }
}

import Platform
import TestSupport
import Testing

@Suite("The manual")
struct ManualTests {
  private static let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

  @Test(
    "is what docs/reference says: when this fails, run scripts/docs",
    arguments: ["commands", "checks", "scenarios", "exit-codes", "compatibility", "reports"])
  func references(page: String) throws {
    let run = try Mongodrill.run("manual", "--page", page)
    let file = Files.join(ManualTests.repository, "docs/reference/\(page).md")
    let isSame = try Files.text(of: file) == run.output
    #expect(isSame, "docs/reference/\(page).md is not what the code says")
    #expect(run.status == 0)
  }

  @Test("has a page that mandoc takes without a warning, dated by the build")
  func page() throws {
    var environment = Mongodrill.environment
    environment["SOURCE_DATE_EPOCH"] = "1795219200"
    let run = try Mongodrill.run("manual", environment: environment)
    #expect(run.output.hasPrefix(".TH MONGODRILL 1 2026-11-21 "))
    let lint = try Supervisor.shared.capture(
      ChildSpec(
        ["sh", "-c", "\"$0\" manual | mandoc -Tlint -W warning", Mongodrill.path], environment: environment),
      timeout: 60)
    #expect(lint.output.text == "")
    #expect(lint.errorOutput.text == "")
    #expect(lint.status == .exited(0))
  }

  @Test("refuses a shell that it can't complete, and says what was meant")
  func shell() throws {
    let run = try Mongodrill.run("completion", "bahs")
    #expect(
      run.errorOutput == """
        mongodrill: SHELL is one of bash, zsh, fish, not 'bahs'
        HINT: Did you mean "bash"? Run 'mongodrill completion --help' to see what there is.

        """)
    #expect(run.output == "")
    #expect(run.status == 64)
  }

  @Test(
    "has completions that their shell reads without a word",
    arguments: [["bash", "-n"], ["zsh", "-f", "-n"], ["fish", "--no-config", "--no-execute"]])
  func syntax(shell: [String]) throws {
    let run = try Supervisor.shared.capture(
      ChildSpec(
        ["sh", "-c", "\"$0\" completion \"$1\" | \"$@\"", Mongodrill.path] + shell,
        environment: Mongodrill.environment), timeout: 60)
    #expect(run.output.text + run.errorOutput.text == "")
    #expect(run.status == .exited(0))
  }

  @Test("completes the program's own commands and options in bash")
  func bash() throws {
    let script = """
      source <("$0" completion bash)
      COMP_WORDS=(mongodrill run --fail-on '') COMP_CWORD=3
      _mongodrill
      echo "${COMPREPLY[@]}"
      """
    let run = try Supervisor.shared.capture(
      ChildSpec(["bash", "--norc", "-c", script, Mongodrill.path], environment: Mongodrill.environment),
      timeout: 60)
    #expect(run.output.text == "fail warn\n")
  }
}

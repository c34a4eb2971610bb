import Arguments
import Testing

@Suite("Completion")
struct CompletionTests {
  @Test("offers commands, options, words, files and folders where they belong", arguments: Shell.allCases)
  func offers(shell: Shell) throws {
    let expected: [(line: String, offers: [String])] = [
      ("workshop s", ["sand", "saw"]),
      ("workshop --light b", ["beech", "birch"]),
      ("workshop --light ash sa", ["sand", "saw"]),
      ("workshop saw --wood be", ["beech"]),
      ("workshop saw --wo", ["--wood"]),
      ("workshop saw --out p", ["parts", "plans"]),
      ("workshop saw -o p", ["parts", "plans"]),
      ("workshop saw --plan pl", ["plan.txt", "plans"]),
      ("workshop saw pl", ["plan.txt", "plans"]),
      ("workshop saw --name x pl", ["plan.txt", "plans"]),
      ("workshop saw --name p", []),
      ("workshop g", ["glue"]),
      ("workshop glue ", ["board", "joint"]),
      ("workshop --quiet glue b", ["board"]),
      ("workshop glue board --clamp b", ["beech", "birch"]),
      ("workshop glue board b", ["beech", "birch"]),
    ]
    for (line, offers) in expected {
      #expect(try Shells.offers(shell, line) == offers, "\(shell.rawValue): \(line)")
    }
  }

  @Test(
    "knows an argument by its place, and the command after --",
    arguments: [Shell.bash, .zsh],
    [
      ("workshop sand b", ["beech", "birch"]), ("workshop sand ash pl", ["plan.txt", "plans"]),
      ("workshop saw chair -- mkfif", ["mkfifo"]),
    ])
  func places(shell: Shell, expected: (line: String, offers: [String])) throws {
    #expect(try Shells.offers(shell, expected.line) == expected.offers)
  }

  @Test(
    "in bash goes on after =, at which bash cuts words",
    arguments: [
      ("workshop saw --wood=", ["ash", "beech", "birch"]), ("workshop saw --wood=bi", ["birch"]),
      ("workshop saw --name=a=b:c --wood be", ["beech"]), ("workshop saw --out=pl", ["plans"]),
      ("workshop saw --name a=b pl", ["plan.txt", "plans"]),
      ("workshop sand a:b=c pl", ["plan.txt", "plans"]),
    ])
  func cuts(line: String, offers: [String]) throws {
    #expect(try Shells.offers(.bash, line) == offers)
  }

  @Test("offers every long option after a dash")
  func dash() throws {
    #expect(
      try Shells.offers(.bash, "workshop saw -") == [
        "--light", "--name", "--out", "--plan", "--quiet", "--wood",
      ])
  }
}

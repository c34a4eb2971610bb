import Arguments
import Platform
import Testing

@Suite("The parser")
struct ParserTests {
  @Test(
    "takes options anywhere, as the next word or after =",
    arguments: [
      "fry wok egg ham --heat high -t 5 -q", "-q fry --heat=high wok --timer 5 egg ham",
      "fry wok egg --timer=5 ham -q --heat high", "fry -qt5 wok egg ham --heat=high",
      "fry --heat low wok egg ham --heat high -t 7 -t 5 --quiet",
    ])
  func optionsAnywhere(line: String) throws {
    let values = try Kitchen.values(line)
    #expect(values[Kitchen.pan] == "wok")
    #expect(values[Kitchen.food] == ["egg", "ham"])
    #expect(values[Kitchen.heat] == .high)
    #expect(values[Kitchen.timer] == 5)
    #expect(values[Kitchen.quiet])
  }

  @Test("gives what holds when an option isn't there")
  func defaults() throws {
    let values = try Kitchen.values("fry wok egg")
    #expect(values[Kitchen.heat] == .medium)
    #expect(values[Kitchen.timer] == nil)
    #expect(values[Kitchen.spices] == [])
    #expect(!values[Kitchen.quiet])
    #expect(values.trailing == nil)
  }

  @Test("keeps each value of a repeated option, in order, with its = and -")
  func repeated() throws {
    let values = try Kitchen.values("fry --spice salt wok --spice=a=b egg --spice -x")
    #expect(values[Kitchen.spices] == ["salt", "a=b", "-x"])
  }

  @Test("leaves what follows -- alone")
  func trailing() throws {
    let values = try Kitchen.values("fry wok egg -- eve --quiet --help -- x")
    #expect(values.trailing == ["eve", "--quiet", "--help", "--", "x"])
    #expect(!values[Kitchen.quiet])
    #expect(try Kitchen.values("fry wok egg --").trailing == [])
  }

  @Test("takes - as an argument, not as an option")
  func dash() throws {
    #expect(try Kitchen.values("fry - egg")[Kitchen.pan] == "-")
  }

  @Test(
    "answers a call for help whatever else is on the line",
    arguments: [
      ("--help", nil), ("-h", nil), ("help", nil), ("fry --help", "fry"), ("--help fry", "fry"),
      ("help clean", "clean"), ("fry --nonsense --help", "fry"), ("fryy --help", nil), ("", "none"),
    ])
  func help(line: String, command: String?) throws {
    if command == "none" {
      #expect(Kitchen.failure(line)?.code == "missing-command")
      return
    }
    guard case .help(let found) = try Kitchen.syntax.parse(Kitchen.words(line)) else {
      Issue.record("not help: \(line)")
      return
    }
    #expect(found?.name == command)
  }

  @Test("knows a command of two words, with options on either side, and its help")
  func groups() throws {
    #expect(try Kitchen.values("bake -q bread rye wheat")[Kitchen.food] == ["rye", "wheat"])
    for (line, hint) in [
      ("bake", "kitchen bake --help"), ("bake brad rye", "Did you mean \"bake bread\"?"),
      ("bread rye", "kitchen --help"),
    ] {
      let failure = Kitchen.failure(line)
      #expect(["missing-command", "unknown-command"].contains(failure?.code))
      #expect(failure?.hint?.contains(hint) == true, "\(line): \(failure?.hint ?? "")")
    }
    guard case .help(let bread) = try Kitchen.syntax.parse(["bake", "bread", "--help"]) else {
      throw Kitchen.NotACommand()
    }
    #expect(bread?.name == "bake bread")
    guard case .helpOnGroup(let group) = try Kitchen.syntax.parse(["bake", "-h"]) else {
      throw Kitchen.NotACommand()
    }
    #expect(group == "bake")
    #expect(Kitchen.syntax.help(onGroup: group, width: 80).contains("bake cake"))
  }

  @Test("knows --version, but not after --")
  func version() throws {
    guard case .version = try Kitchen.syntax.parse(["--version"]) else {
      Issue.record("not the version")
      return
    }
    #expect(try Kitchen.values("fry wok egg -- --version").trailing == ["--version"])
  }

  @Test(
    "says what is wrong, and what was meant",
    arguments: [
      (
        "frry", "unknown-command", "unknown command 'frry'",
        #"Did you mean "fry"? Run 'kitchen --help' to see what there is."#
      ),
      ("xyzzy", "unknown-command", "unknown command 'xyzzy'", "Run 'kitchen --help' to see what there is."),
      (
        "fry wok egg --haet low", "unknown-option", "unknown option '--haet'",
        #"Did you mean "--heat"? Run 'kitchen fry --help' to see what there is."#
      ),
      (
        "fry wok egg -x", "unknown-option", "unknown option '-x'",
        #"Did you mean "-q"? Run 'kitchen fry --help' to see what there is."#
      ),
      (
        "clean --heat low", "unknown-option", "unknown option '--heat'",
        "'--heat' is an option of 'fry'. Run 'kitchen clean --help' to see what there is."
      ),
      (
        "--heat low fry wok egg", "option-before-command",
        "option '--heat' stands before the command it belongs to",
        "Write it after the command: 'kitchen fry … --heat'."
      ),
      (
        "fry wok egg --timer", "missing-value", "option '--timer' needs a value: MINUTES",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "fry wok egg --timer --quiet", "missing-value", "option '--timer' needs a value: MINUTES",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "fry wok egg -t 0", "invalid-value", "option '--timer' takes a whole number from 1 to 600, not '0'",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "fry wok egg --heat hihg", "invalid-value",
        "option '--heat' takes one of low, medium, high, not 'hihg'",
        #"Did you mean "high"? Run 'kitchen fry --help' to see what there is."#
      ),
      (
        "fry wok egg --spice=", "invalid-value", "option '--spice' takes a text that isn't empty, not ''",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "fry wok egg --quiet=yes", "unexpected-value", "option '--quiet' takes no value",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "fry wok", "missing-argument", "FOOD is missing: kitchen fry PAN FOOD… [OPTION]… [-- GUEST…]",
        "Run 'kitchen fry --help' to see what there is."
      ),
      (
        "clean floor", "unexpected-argument", "unexpected argument 'floor'",
        "Run 'kitchen clean --help' to see what there is."
      ),
      (
        "clean -- floor", "unexpected-argument", "unexpected argument 'floor'",
        "Run 'kitchen clean --help' to see what there is."
      ),
      ("-q", "missing-command", "no command was given", "Run 'kitchen --help' to see what there is."),
    ])
  func usage(line: String, code: String, message: String, hint: String) throws {
    let failure = try #require(Kitchen.failure(line))
    #expect(failure.kind == .usage)
    #expect(failure.code == code)
    #expect(failure.message == message)
    #expect(failure.hint == hint)
  }
}

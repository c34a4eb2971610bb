import Arguments
import Platform

/// A small program to parse for.
enum Kitchen {
  enum Heat: String, CaseIterable { case low, medium, high }

  static let quiet = Option.flag("-q", "--quiet", help: "Says nothing.")
  static let heat = Option.choice("--heat", default: Heat.medium, help: "How hot.")
  static let timer = Option.value(
    "-t", "--timer", placeholder: "MINUTES", kind: .integer(in: 1...600), default: "10", help: "How long.")
  static let spices = Option.list("--spice", placeholder: "NAME", kind: .text, help: "What to add.")
  static let pan = Positional.one("PAN", help: "What to cook in.")
  static let food = Positional.oneOrMore("FOOD", help: "What to cook.")

  static let syntax = ProgramSyntax(
    name: "kitchen", summary: "cooks.", options: OptionGroup("Options of every command", [quiet]),
    commands: [
      CommandSyntax(
        name: "fry", summary: "fries food in a pan",
        description: ["Heats the pan first and then adds the food, one piece after the other."],
        positionals: [pan, food], trailing: "GUEST…",
        options: [OptionGroup("Options", [heat, timer, spices])],
        examples: [Example("kitchen fry wok egg --heat high", "An egg, quickly.")],
        exits: [ExitMeaning("0", "It is done."), ExitMeaning("1", "It burnt.")]),
      CommandSyntax(
        name: "clean", summary: "cleans up", examples: [Example("kitchen clean", "All of it.")],
        exits: [ExitMeaning("0", "It is clean.")]),
      CommandSyntax(
        name: "bake bread", summary: "bakes bread", positionals: [food],
        examples: [Example("kitchen bake bread rye", "A loaf.")], exits: [ExitMeaning("0", "It rose.")]),
      CommandSyntax(
        name: "bake cake", summary: "bakes a cake", examples: [Example("kitchen bake cake", "A cake.")],
        exits: [ExitMeaning("0", "It rose.")]),
    ],
    examples: [Example("kitchen fry pan egg", "Breakfast.")])

  /// The values of a line; fails on help, version and errors.
  static func values(_ line: String) throws -> Values {
    guard case .command(_, let values) = try syntax.parse(words(line)) else { throw NotACommand() }
    return values
  }

  /// The failure of a line.
  static func failure(_ line: String) -> Failure? {
    do { _ = try syntax.parse(words(line)) } catch { return error as? Failure }
    return nil
  }

  static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  struct NotACommand: Error {}
}

internal import Platform

/// The wording of what can be wrong with a command line.
extension Failure {
  /// In a group: its name was given, and no command of it.
  static func missingCommand(of program: ProgramSyntax, in group: String? = nil) -> Failure {
    guard let group else {
      return Failure(.usage, "missing-command", "no command was given", hint: advice(nil, program))
    }
    let words = program.commands(of: group).map(\.lastWord).joined(separator: ", ")
    return Failure(
      .usage, "missing-command", "'\(group)' needs a command: \(words)",
      hint: "Run '\(program.name) \(group) --help' to see what there is.")
  }

  static func unknownCommand(_ word: String, of program: ProgramSyntax, in group: String? = nil) -> Failure {
    guard let group else {
      return Failure(
        .usage, "unknown-command", "unknown command '\(word)'",
        hint: advice(nil, program, instead: Suggestion.nearest(to: word, among: program.firstWords)))
    }
    let near = Suggestion.nearest(to: word, among: program.commands(of: group).map(\.lastWord))
    return Failure(
      .usage, "unknown-command", "unknown command '\(group) \(word)'",
      hint: (near.map { "Did you mean \"\(group) \($0)\"? " } ?? "")
        + "Run '\(program.name) \(group) --help' to see what there is.")
  }

  static func unknownOption(
    _ name: String, known: [String], owner: CommandSyntax?, command: CommandSyntax?, of program: ProgramSyntax
  ) -> Failure {
    let near = Suggestion.nearest(to: name, among: known)
    let substitute = command?.substitutes[name].map { "; \($0)" } ?? ""
    let elsewhere = owner.map { "'\(name)' is an option of '\($0.name)'\(substitute). " } ?? ""
    return Failure(
      .usage, "unknown-option", "unknown option '\(name)'",
      hint: elsewhere + advice(command, program, instead: near))
  }

  static func optionBeforeCommand(_ name: String, owner: CommandSyntax, of program: ProgramSyntax) -> Failure
  {
    Failure(
      .usage, "option-before-command", "option '\(name)' stands before the command it belongs to",
      hint: "Write it after the command: '\(program.name) \(owner.name) … \(name)'.")
  }

  static func missingValue(
    _ option: OptionSyntax, command: CommandSyntax?, of program: ProgramSyntax
  ) -> Failure {
    let placeholder = option.placeholder ?? "VALUE"
    return Failure(
      .usage, "missing-value", "option '\(option.name)' needs a value: \(placeholder)",
      hint: advice(command, program))
  }

  static func unexpectedValue(
    _ option: OptionSyntax, command: CommandSyntax?, of program: ProgramSyntax
  ) -> Failure {
    Failure(
      .usage, "unexpected-value", "option '\(option.name)' takes no value", hint: advice(command, program))
  }

  static func invalidValue(
    _ value: InvalidValue, of option: OptionSyntax, command: CommandSyntax, in program: ProgramSyntax
  ) -> Failure {
    Failure(
      .usage, "invalid-value", "option '\(option.name)' takes \(value.expected), not '\(value.text)'",
      hint: advice(command, program, instead: Suggestion.nearest(to: value.text, among: value.choices)))
  }

  static func missingArgument(
    _ positional: PositionalSyntax, command: CommandSyntax, of program: ProgramSyntax
  ) -> Failure {
    Failure(
      .usage, "missing-argument",
      "\(positional.name) is missing: \(program.name) \(command.name) \(command.usage)",
      hint: advice(command, program))
  }

  static func unknownWord(
    _ word: String, for positional: PositionalSyntax, command: CommandSyntax, of program: ProgramSyntax
  ) -> Failure {
    let expected = positional.choices.joined(separator: ", ")
    return Failure(
      .usage, "invalid-value", "\(positional.name) is one of \(expected), not '\(word)'",
      hint: advice(command, program, instead: Suggestion.nearest(to: word, among: positional.choices)))
  }

  static func unexpectedArgument(
    _ word: String, command: CommandSyntax, of program: ProgramSyntax
  ) -> Failure {
    Failure(
      .usage, "unexpected-argument", "unexpected argument '\(word)'", hint: advice(command, program))
  }

  /// `Did you mean "restore"? Run 'mongodrill --help' to see what there is.`
  private static func advice(
    _ command: CommandSyntax?, _ program: ProgramSyntax, instead: String? = nil
  ) -> String {
    let line = [program.name, command?.name, "--help"].compactMap(\.self).joined(separator: " ")
    let run = "Run '\(line)' to see what there is."
    return instead.map { "Did you mean \"\($0)\"? \(run)" } ?? run
  }
}

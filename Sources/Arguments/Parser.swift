internal import Platform

/// What a command line asks for.
package enum Invocation: Sendable {
  /// Help on a command, or on the program.
  case help(CommandSyntax?)
  /// Help on a group of commands, by its name.
  case helpOnGroup(String)
  /// The program's version.
  case version
  /// A command, by its place in `ProgramSyntax.commands`.
  case command(Int, Values)
}

extension ProgramSyntax {
  /// Reads the words after the program's name. Throws a `Failure` of kind `usage`.
  ///
  /// Options may stand anywhere before `--`, the program's own before the command too; a value follows its option
  /// as the next word or after `=`. Of an option that takes one value the last occurrence counts. `--help`
  /// anywhere before `--` wins over whatever else is wrong.
  package func parse(_ words: [String]) throws -> Invocation {
    var parser = Parser(program: self, words: words[...])
    return try parser.parse()
  }
}

private struct Parser {
  let program: ProgramSyntax
  var words: ArraySlice<String>
  var command: CommandSyntax?
  /// The first of the command's two words, when the second is still to come.
  var group: String?
  var occurrences: [String: [String]] = [:]
  var operands: [String] = []
  var trailing: [String]?

  init(program: ProgramSyntax, words: ArraySlice<String>) {
    self.program = program
    self.words = words
  }

  mutating func parse() throws -> Invocation {
    let ahead = words.prefix { $0 != "--" }
    if ahead.contains("--help") || ahead.contains("-h") || ahead.first == "help" { return help(ahead) }
    if ahead.contains("--version") { return .version }

    while let word = words.popFirst() {
      if word == "--" {
        try takeTheRest()
      } else if word.hasPrefix("--") {
        try long(word)
      } else if word.hasPrefix("-"), word != "-" {
        try short(word)
      } else if command == nil {
        try name(word)
      } else {
        operands.append(word)
      }
    }
    if let group, command == nil { throw Failure.missingCommand(of: program, in: group) }
    guard let command, let index = program.commands.firstIndex(where: { $0.name == command.name }) else {
      throw Failure.missingCommand(of: program)
    }
    return .command(index, try values(of: command))
  }

  /// The command asked about is the first word that names one.
  private func help(_ ahead: ArraySlice<String>) -> Invocation {
    var group: String?
    for word in ahead {
      let name = group.map { "\($0) \(word)" } ?? word
      if let command = program.commands.first(where: { $0.name == name }) { return .help(command) }
      if group == nil, program.groups.contains(word) { group = word }
    }
    return group.map { .helpOnGroup($0) } ?? .help(nil)
  }

  private mutating func name(_ word: String) throws {
    if group == nil, program.groups.contains(word) {
      group = word
      return
    }
    let name = group.map { "\($0) \(word)" } ?? word
    guard let known = program.commands.first(where: { $0.name == name }) else {
      throw Failure.unknownCommand(word, of: program, in: group)
    }
    command = known
  }

  private mutating func takeTheRest() throws {
    guard let command else { throw Failure.missingCommand(of: program) }
    if command.trailing == nil {
      operands += words
    } else {
      trailing = Array(words)
    }
    words = []
  }

  // MARK: Options

  private var known: [OptionSyntax] {
    (program.options.options + (command?.options.flatMap(\.options) ?? [])).map(\.syntax)
  }

  private func option(_ name: String) throws -> OptionSyntax {
    guard let option = known.first(where: { $0.names.contains(name) }) else {
      if command == nil, let owner = owner(of: name) {
        throw Failure.optionBeforeCommand(name, owner: owner, of: program)
      }
      throw Failure.unknownOption(
        name, known: known.flatMap(\.names), owner: name.hasPrefix("--") ? owner(of: name) : nil,
        command: command, of: program)
    }
    return option
  }

  /// A command that has an option which the program has not.
  private func owner(of name: String) -> CommandSyntax? {
    program.commands.first { command in
      command.options.flatMap(\.options).contains { $0.syntax.names.contains(name) }
    }
  }

  /// `--name`, `--name value` or `--name=value`.
  private mutating func long(_ word: String) throws {
    let name = String(word.prefix { $0 != "=" })
    let attached = name == word ? nil : String(word.dropFirst(name.count + 1))
    let option = try option(name)
    if option.placeholder == nil {
      if attached != nil { throw Failure.unexpectedValue(option, command: command, of: program) }
      occurrences[option.name, default: []].append("")
    } else {
      occurrences[option.name, default: []].append(try attached ?? nextValue(of: option))
    }
  }

  /// `-q`, `-qv`, `-o value` or `-ovalue`.
  private mutating func short(_ word: String) throws {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      let option = try option("-\(letter)")
      if option.placeholder == nil {
        occurrences[option.name, default: []].append("")
      } else {
        let value = try letters.isEmpty ? nextValue(of: option) : String(letters)
        occurrences[option.name, default: []].append(value)
        return
      }
    }
  }

  private mutating func nextValue(of option: OptionSyntax) throws -> String {
    // A word that looks like an option is one: a value that begins so has to be attached with `=`.
    guard let word = words.first, !word.hasPrefix("--") else {
      throw Failure.missingValue(option, command: command, of: program)
    }
    words.removeFirst()
    return word
  }

  // MARK: Values

  private func values(of command: CommandSyntax) throws -> Values {
    var values = Values()
    values.trailing = trailing
    for option in known {
      do {
        values.options[option.name] = try option.read(occurrences[option.name] ?? [])
      } catch {
        throw Failure.invalidValue(error, of: option, command: command, in: program)
      }
    }
    var rest = operands[...]
    for positional in command.positionals.map(\.syntax) {
      guard !rest.isEmpty else { throw Failure.missingArgument(positional, command: command, of: program) }
      if let word = rest.first, !positional.choices.isEmpty, !positional.choices.contains(word) {
        throw Failure.unknownWord(word, for: positional, command: command, of: program)
      }
      switch positional.count {
      case .one: values.positionals[positional.name] = [rest.removeFirst()]
      case .oneOrMore:
        values.positionals[positional.name] = Array(rest)
        rest = []
      }
    }
    if let extra = rest.first { throw Failure.unexpectedArgument(extra, command: command, of: program) }
    return values
  }
}

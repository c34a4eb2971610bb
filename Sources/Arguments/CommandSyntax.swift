/// A program's command line as data: what the parser reads by, and what help, manual and shell completions are
/// drawn from.
package struct ProgramSyntax: Sendable {
  /// What it is called by, such as `mongodrill`.
  package let name: String
  /// What it is for, in one sentence.
  package let summary: String
  /// Options that every command takes, before or after its name.
  package let options: OptionGroup
  /// The commands, in the order of the help.
  package let commands: [CommandSyntax]
  package let examples: [Example]
  /// What the commands of a group are for, by its name.
  package let groupSummaries: [String: String]

  package init(
    name: String, summary: String, options: OptionGroup, commands: [CommandSyntax], examples: [Example],
    groupSummaries: [String: String] = [:]
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.commands = commands
    self.examples = examples
    self.groupSummaries = groupSummaries
  }
}

extension ProgramSyntax {
  /// What a group is for, in half a sentence.
  package func summary(ofGroup group: String) -> String { groupSummaries[group] ?? "commands of one kind" }

  /// The first words of commands that have two (`fleet` of `fleet run`), in their order; each is a group of commands.
  package var groups: [String] {
    var groups: [String] = []
    for group in commands.compactMap(\.group) where !groups.contains(group) { groups.append(group) }
    return groups
  }

  /// The words that a line may begin with: commands of one word, and groups in the place of their first command.
  package var firstWords: [String] {
    var words: [String] = []
    for word in commands.map({ $0.group ?? $0.name }) where !words.contains(word) { words.append(word) }
    return words
  }

  /// The commands of a group.
  package func commands(of group: String) -> [CommandSyntax] { commands.filter { $0.group == group } }
}

/// One command's line as data.
package struct CommandSyntax: Sendable {
  /// One word, or two: a group and the command in it, `fleet run`.
  package let name: String
  /// What it does, in half a sentence for the list of commands: "restores a backup into a sandbox".
  package let summary: String
  /// The whole story, in paragraphs.
  package let description: [String]
  package let positionals: [any PositionalDeclaration]
  /// What may follow after `--`, such as `COMMAND [ARG]…`; nil where nothing may.
  package let trailing: String?
  package let options: [OptionGroup]
  /// What stands in here for options of other commands, in half a sentence, by their names.
  package let substitutes: [String: String]
  package let examples: [Example]
  package let exits: [ExitMeaning]

  package init(
    name: String, summary: String, description: [String] = [],
    positionals: [any PositionalDeclaration] = [], trailing: String? = nil, options: [OptionGroup] = [],
    substitutes: [String: String] = [:], examples: [Example], exits: [ExitMeaning]
  ) {
    self.name = name
    self.summary = summary
    self.description = description
    self.positionals = positionals
    self.trailing = trailing
    self.options = options
    self.substitutes = substitutes
    self.examples = examples
    self.exits = exits
  }

  /// The first of two words of its name; nil when it has one.
  package var group: String? { name.firstIndex(of: " ").map { String(name[..<$0]) } }

  /// The last word of its name.
  package var lastWord: String { String(name.split(separator: " ").last ?? "") }

  /// What follows the command's name in its usage line.
  package var usage: String {
    var words: [String] = positionals.map { positional in
      positional.syntax.count == .oneOrMore ? positional.syntax.name + "…" : positional.syntax.name
    }
    words.append("[OPTION]…")
    if let trailing { words.append("[-- \(trailing)]") }
    return words.joined(separator: " ")
  }
}

/// Options under one title of the help.
package struct OptionGroup: Sendable {
  package let title: String
  package let options: [any OptionDeclaration]

  package init(_ title: String, _ options: [any OptionDeclaration]) {
    self.title = title
    self.options = options
  }
}

/// A line that can be typed, and what it does.
package struct Example: Sendable {
  package let line: String
  package let meaning: String

  package init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}

/// How a command may end.
package struct ExitMeaning: Sendable {
  /// The code, or several: `128+N`.
  package let code: String
  package let meaning: String

  package init(_ code: String, _ meaning: String) {
    self.code = code
    self.meaning = meaning
  }
}

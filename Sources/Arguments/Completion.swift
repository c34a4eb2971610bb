/// What a shell offers where a value is being typed.
package enum Completion: Sendable, Hashable {
  /// Nothing: only the user knows.
  case nothing
  /// One of a few words.
  case words([String])
  /// Files and folders.
  case paths
  /// Folders alone.
  case folders
}

/// A shell whose completions can be made.
package enum Shell: String, Sendable, CaseIterable {
  case bash
  case zsh
  case fish
}

extension ProgramSyntax {
  /// The script that completes this program's commands, options and values in a shell, to be sourced by it or put
  /// where it looks for completions; ends in a newline.
  package func completion(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletion
    case .zsh: zshCompletion
    case .fish: fishCompletion
    }
  }

  /// The options of a command, or of the program where there is none.
  func options(of command: CommandSyntax?) -> [OptionSyntax] {
    ((command?.options ?? []) + [options]).flatMap(\.options).map(\.syntax)
  }
}

extension OptionSyntax {
  /// The first sentence of its help, without the full stop: what fits beside a name.
  var brief: String { firstSentence(of: help) }
}

/// The first sentence of a text, without its full stop.
func firstSentence(of text: String) -> String {
  let end = text.firstRange(of: ". ")?.lowerBound ?? text.endIndex
  let sentence = text[..<end]
  return String(sentence.hasSuffix(".") ? sentence.dropLast() : sentence)
}

extension ProgramSyntax {
  /// Completion for fish 3, with what each word means.
  var fishCompletion: String {
    var lines: [String] = []
    for command in commands where command.group == nil {
      lines.append(
        line("__\(name)_command ''", "-a \(fishQuoted(command.name)) -d \(fishQuoted(command.summary))"))
    }
    for group in groups {
      lines.append(
        line(
          "__\(name)_command ''", "-a \(fishQuoted(group)) -d \(fishQuoted(summary(ofGroup: group)))"))
      for command in commands(of: group) {
        lines.append(
          line(
            "__\(name)_command \(fishQuoted(group))",
            "-a \(fishQuoted(command.lastWord)) -d \(fishQuoted(command.summary))"))
      }
    }
    lines += options.options.map { line(nil, $0.syntax.fish) }
    for command in commands {
      let condition =
        "__\(name)_command " + (command.group == nil ? command.name : fishQuoted(command.name))
      lines.append("")
      lines += command.options.flatMap(\.options).map { line(condition, $0.syntax.fish) }
      if let value = command.positionals.map(\.syntax.completion.fish).first(where: { !$0.isEmpty }) {
        lines.append(line(condition, value))
      }
    }
    return """
      # Completion of \(name) for fish; made by '\(name) completion fish'.

      # Whether the line's command is $argv[1]; with '' whether there is none yet; with a group's name whether there is
      # that and no command of it yet.
      function __\(name)_command
          set -l found ''
          for word in (commandline -opc)[2..-1]
              if test -n "$found"
                  if contains -- "$found $word" \(twoWords)
                      set found "$found $word"
                      break
                  end
              else if contains -- $word \(firstWords.joined(separator: " "))
                  set found $word
                  contains -- $word \(groups.joined(separator: " ")); or break
              end
          end
          test "$found" = "$argv[1]"
      end

      complete -c \(name) -f
      \(lines.joined(separator: "\n"))

      """
  }

  private var twoWords: String {
    commands.filter { $0.group != nil }.map { fishQuoted($0.name) }.joined(separator: " ")
  }

  private func line(_ condition: String?, _ rest: String) -> String {
    "complete -c \(name) " + (condition.map { "-n \(fishQuoted($0)) " } ?? "") + rest
  }
}

extension OptionSyntax {
  /// Its names, what its value is and what it does.
  fileprivate var fish: String {
    var words = names.map { name in
      name.hasPrefix("--") ? "-l \(name.dropFirst(2))" : "-s \(name.dropFirst())"
    }
    if placeholder != nil {
      words.append(completion == .nothing ? "-x" : "-r \(completion.fish)")
    }
    return (words + ["-d \(fishQuoted(brief))"]).joined(separator: " ")
  }
}

extension Completion {
  /// What offers it; nothing by default, since the script has turned files off.
  fileprivate var fish: String {
    switch self {
    case .nothing: ""
    case .words(let words): "-f -a \(fishQuoted(words.joined(separator: " ")))"
    case .paths: "-F"
    case .folders: "-f -a '(__fish_complete_directories (commandline -ct))'"
    }
  }
}

/// A text as one word for fish, whose `'…'` knows `\'` and `\\`.
private func fishQuoted(_ text: String) -> String {
  "'" + text.replacing("\\", with: #"\\"#).replacing("'", with: #"\'"#) + "'"
}

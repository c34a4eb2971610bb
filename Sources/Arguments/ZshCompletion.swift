internal import Platform

extension ProgramSyntax {
  /// Completion for zsh, by its `_arguments`: a file `_NAME` in a folder of `fpath`, or sourced after `compinit`.
  var zshCompletion: String {
    var cases = commands.filter { $0.group == nil }.map { zshCase($0, indentation: "    ") }
    for group in groups {
      let inner = commands(of: group).map { zshCase($0, indentation: "        ") }
      cases.append(
        """
            \(group))
              state=''
              _arguments -C -s -S "${common[@]}" '1:command:_\(name)_commands \(group)' \\
                '*::argument:->argument' && ret=0
              [[ $state == argument ]] || return ret
              curcontext=${curcontext%:*:*}:\(name)-\(group)-$line[1]:
              case $line[1] in
        \(inner.joined(separator: "\n"))
              esac
              ;;
        """)
    }
    return """
      #compdef \(name)
      # Completion of \(name) for zsh; made by '\(name) completion zsh'.

      # Offers the commands, or those of the group $1.
      _\(name)_commands() {
        local -a commands
        case ${@[(r)(\(groups.isEmpty ? "''" : groups.joined(separator: "|")))]} in
      \(zshGroupLists)
          *)
            commands=(
      \(zshList(firstWords.map { word in (word, commands.first { $0.name == word }?.summary ?? summary(ofGroup: word)) }))
            )
            ;;
        esac
        _describe -t commands command commands
      }

      _\(name)() {
        local curcontext=$curcontext state state_descr ret=1
        local -a line common=(
          \(options.options.flatMap(\.syntax.zsh).joined(separator: "\n    "))
        )
        local -A opt_args
        _arguments -C -s -S "${common[@]}" '1:command:_\(name)_commands' '*::argument:->argument' && ret=0
        [[ $state == argument ]] || return ret
        curcontext=${curcontext%:*:*}:\(name)-$line[1]:
        case $line[1] in
      \(cases.joined(separator: "\n"))
        esac
        return ret
      }

      if [[ $funcstack[1] == _\(name) ]]; then
        _\(name) "$@"
      else
        compdef _\(name) \(name)
      fi

      """
  }
}

extension ProgramSyntax {
  private func zshCase(_ command: CommandSyntax, indentation: String) -> String {
    let specs = command.options.flatMap(\.options).flatMap(\.syntax.zsh) + command.zshArguments
    let lines = ["_arguments -s -S \"${common[@]}\""] + specs
    return "\(indentation)\(command.lastWord))\n\(indentation)  "
      + (lines.joined(separator: " \\\n\(indentation)    ")) + " && ret=0\n\(indentation)  ;;"
  }

  private func zshList(_ words: [(String, String)]) -> String {
    words.map { "        " + ShellWord.literal("\(zshEscaped($0, ":")):\(zshEscaped($1, ":"))") }.joined(
      separator: "\n")
  }

  private var zshGroupLists: String {
    groups.map { group in
      let words = commands(of: group).map { ($0.lastWord, $0.summary) }
      return "    \(group))\n      commands=(\n\(zshList(words))\n      )\n      ;;"
    }.joined(separator: "\n")
  }
}

extension CommandSyntax {
  /// Its arguments as `_arguments` takes them.
  fileprivate var zshArguments: [String] {
    var specs = positionals.enumerated().map { index, positional in
      let place = positional.syntax.count == .oneOrMore ? "*" : "\(index + 1)"
      return ShellWord.literal(
        "\(place):\(zshEscaped(positional.syntax.name, ":")):\(positional.syntax.completion.zsh)")
    }
    if trailing != nil { specs.append(ShellWord.literal("*:::command:_normal")) }
    return specs
  }
}

extension OptionSyntax {
  /// As `_arguments` takes it: one word a name. Of names of one option that doesn't repeat, one shuts the others out.
  fileprivate var zsh: [String] {
    let others = isRepeated ? "*" : names.count > 1 ? "(\(names.joined(separator: " ")))" : ""
    let explanation = "[\(zshEscaped(brief, "[]:"))]"
    return names.map { name in
      guard let placeholder else { return ShellWord.literal("\(others)\(name)\(explanation)") }
      let manner = name.hasPrefix("--") ? "=" : "+"
      return ShellWord.literal(
        "\(others)\(name)\(manner)\(explanation):\(zshEscaped(placeholder, ":")):\(completion.zsh)")
    }
  }
}

extension Completion {
  /// The action that offers it.
  fileprivate var zsh: String {
    switch self {
    case .nothing: " "
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .paths: "_files"
    case .folders: "_files -/"
    }
  }
}

/// A text with a backslash before each of `special`, and before backslashes.
private func zshEscaped(_ text: String, _ special: String) -> String {
  var escaped = ""
  for character in text {
    if character == "\\" || special.contains(character) { escaped.append("\\") }
    escaped.append(character)
  }
  return escaped
}

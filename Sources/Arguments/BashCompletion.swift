internal import Platform

extension ProgramSyntax {
  /// Completion for bash 4.4 or newer, without the bash-completion package.
  ///
  /// bash cuts words at `=` and `:` (COMP_WORDBREAKS), so the script joins them again before it looks at them, and
  /// leaves out of its answers what stands before the last cut.
  var bashCompletion: String {
    let commandRows = commands.map {
      "    \($0.name.bashPattern)) REPLY=\(ShellWord.literal(names(of: $0))) ;;"
    }
    return """
      # Completion of \(name) for bash; made by '\(name) completion bash'.

      # Sets REPLY to what the value of option $2 of command $1 is; 1 when it takes none.
      _\(name)_value() {
        case $1:$2 in
      \(valueRows)
          *) return 1 ;;
        esac
      }

      # Sets REPLY to what the argument number $2 of command $1 is.
      _\(name)_argument() {
        case $1:$2 in
      \(argumentRows)
          *) REPLY=nothing ;;
        esac
      }

      # Sets REPLY to the options of command $1.
      _\(name)_options() {
        case $1 in
      \(commandRows.joined(separator: "\n"))
          *) REPLY=\(ShellWord.literal(names(of: nil))) ;;
        esac
      }

      _\(name)() {
        local REPLY=nothing word value typed command='' group='' place=0 after='' glue='' i
        local -a words=()
        COMPREPLY=()
        for ((i = 1; i <= COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          if [[ ${#words[@]} -gt 0 && $word =~ ^[=:]+$ ]]; then
            words[-1]+=$word
            glue=yes
          elif [[ $glue ]]; then
            words[-1]+=$word
            glue=''
          else
            words+=("$word")
          fi
        done
        typed=${COMP_WORDS[COMP_CWORD]}
        [[ ! $typed =~ ^[=:]+$ ]] || typed=''
        value=${words[-1]}

        local option=''
        for ((i = 0; i < ${#words[@]} - 1; i++)); do
          word=${words[i]}
          if [[ $word == -- ]]; then
            after=$((i + 1))
            break
          elif [[ $word == --*=* ]]; then
            continue
          elif [[ $word == -?* ]]; then
            if _\(name)_value "$command" "$word"; then
              ((++i < ${#words[@]} - 1)) || option=$word
            fi
          elif [[ ! $command && ! $group && $word == @(\(groupPattern)) ]]; then
            group=$word
          elif [[ ! $command ]]; then
            command=${group:+$group }$word
          else
            ((++place))
          fi
        done

        if [[ $after ]]; then
          case $command in
            \(trailingPattern)) if ((after == ${#words[@]} - 1)); then REPLY=commands; else REPLY=paths; fi ;;
            *) _\(name)_argument "$command" $((place + ${#words[@]} - after)) ;;
          esac
        elif [[ $option ]]; then
          _\(name)_value "$command" "$option"
        elif [[ $value == --*=* ]]; then
          _\(name)_value "$command" "${value%%=*}" || REPLY=nothing
          value=${value#*=}
        elif [[ $value == -* ]]; then
          _\(name)_options "$command"
          REPLY="words $REPLY"
        elif [[ ! $command ]]; then
          case $group in
      \(groupRows)
            *) REPLY=\(ShellWord.literal("words " + firstWords.joined(separator: " "))) ;;
          esac
        else
          _\(name)_argument "$command" $((place + 1))
        fi

        case $REPLY in
          'words '*) mapfile -t COMPREPLY < <(compgen -W "${REPLY#words }" -- "$value") ;;
          paths) mapfile -t COMPREPLY < <(compgen -f -- "$value") ;;
          folders) mapfile -t COMPREPLY < <(compgen -d -- "$value") ;;
          commands) mapfile -t COMPREPLY < <(compgen -c -- "$value" | sort -u) ;;
        esac
        case $REPLY in
          paths | folders) compopt -o filenames 2>/dev/null ;;
        esac
        local cut=$((${#value} - ${#typed}))
        if ((cut > 0)); then
          for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]:cut}; done
        fi
      }

      complete -F _\(name) \(name)

      """
  }

  private var groupPattern: String { groups.isEmpty ? "''" : groups.joined(separator: "|") }

  private var groupRows: String {
    groups.map { group in
      let words = commands(of: group).map(\.lastWord).joined(separator: " ")
      return "      \(group)) REPLY=\(ShellWord.literal("words " + words)) ;;"
    }.joined(separator: "\n")
  }

  private func names(of command: CommandSyntax?) -> String {
    options(of: command).flatMap { option in
      option.names.filter { $0.hasPrefix("--") }.isEmpty
        ? option.names : option.names.filter { $0.hasPrefix("--") }
    }.joined(separator: " ")
  }

  private var valueRows: String {
    func rows(_ owner: String, _ options: [OptionSyntax]) -> [String] {
      options.filter { $0.placeholder != nil }.map { option in
        "    \(option.names.map { "\(owner):\($0)" }.joined(separator: " | ")))"
          + " REPLY=\(ShellWord.literal(option.completion.bash)) ;;"
      }
    }
    let own = commands.flatMap { rows($0.name.bashPattern, $0.options.flatMap(\.options).map(\.syntax)) }
    return (own + rows("*", options.options.map(\.syntax))).joined(separator: "\n")
  }

  private var argumentRows: String {
    commands.flatMap { command in
      command.positionals.enumerated().map { index, positional in
        let place = positional.syntax.count == .oneOrMore ? "*" : "\(index + 1)"
        return
          "    \(command.name.bashPattern):\(place)) REPLY=\(ShellWord.literal(positional.syntax.completion.bash)) ;;"
      }
    }.joined(separator: "\n")
  }

  private var trailingPattern: String {
    let names = commands.filter { $0.trailing != nil }.map(\.name.bashPattern)
    return names.isEmpty ? "''" : names.joined(separator: " | ")
  }
}

extension String {
  /// As a pattern of `case`, in which a space has to be escaped.
  fileprivate var bashPattern: String { replacing(" ", with: #"\ "#) }
}

extension Completion {
  /// As the script for bash writes it.
  fileprivate var bash: String {
    switch self {
    case .nothing: "nothing"
    case .words(let words): "words " + words.joined(separator: " ")
    case .paths: "paths"
    case .folders: "folders"
    }
  }
}

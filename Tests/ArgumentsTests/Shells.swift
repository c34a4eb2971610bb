import Arguments
import Glibc
import Platform

/// Real shells that complete a line of the workshop.
enum Shells {
  /// What a shell offers at the end of `line`, sorted, in a folder that holds `plans/`, `parts/` and `plan.txt`.
  static func offers(_ shell: Shell, _ line: String) throws -> [String] {
    try withFolder { folder in
      let script = Files.join(folder, "script")
      try Files.writeAtomically(Workshop.syntax.completion(for: shell).utf8, to: script)
      let room = Files.join(folder, "room")
      for name in ["plans", "parts"] { try Files.createFolder(Files.join(room, name), parents: true) }
      try Files.writeAtomically("".utf8, to: Files.join(room, "plan.txt"))
      let output =
        switch shell {
        case .bash: try run(["bash", "--norc", "-c", bash, "bash", script] + words(line), in: room)
        case .zsh: try run(["zsh", "-f", "-c", zsh, "zsh", script, line, zshFunctions.get()], in: room)
        case .fish: try run(["fish", "--no-config", "-c", fish, script, line], in: room)
        }
      // fish adds a slash to folders, and what a word means after a tab.
      let offers = output.split(separator: "\n").map { offer in
        let word = offer.prefix { $0 != "\t" }
        return String(word.hasSuffix("/") ? word.dropLast() : word)
      }
      return Set(offers).sorted()
    }
  }

  /// Runs a program of the machine; fails where it fails, or isn't there.
  static func run(_ arguments: [String], in folder: String = "/") throws -> String {
    let captured = try Supervisor.shared.capture(
      ChildSpec(arguments, environment: environment, workingDirectory: folder), timeout: 60)
    guard captured.status == .exited(0), captured.errorOutput.text.isEmpty else {
      throw Complaint(text: "\(arguments[0]): \(captured.status) \(captured.errorOutput.text)")
    }
    return captured.output.text
  }

  /// What a program said when it should have been silent.
  struct Complaint: Error { var text: String }

  /// Runs `body` with a new folder, which goes afterwards.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/mongodrill-shells-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Complaint(text: "no temporary folder") }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer { try? Files.removeTree(folder) }
    return try body(folder)
  }

  private static var environment: [String: String] {
    var environment = Environment.all
    environment["HOME"] = "/nonexistent"
    environment["TERM"] = "dumb"
    return environment
  }

  /// The words of a line as bash cuts them: at spaces, and around `=` and `:`.
  private static func words(_ line: String) -> [String] {
    var words: [String] = [""]
    for character in line {
      switch character {
      case " ": words.append("")
      case "=", ":": words += [String(character), ""]
      default: words[words.count - 1].append(character)
      }
    }
    // Nothing stands between a cut and the space after it; at the end of the line it is the word being typed.
    return words.enumerated().filter { !$0.element.isEmpty || $0.offset == words.count - 1 }.map(\.element)
  }

  private static let bash = #"""
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _workshop
    printf '%s\n' "${COMPREPLY[@]}"
    """#

  private static let fish = "source $argv[1]; complete -C $argv[2]"

  /// What zsh finds of its own completions, in a file that each zsh reads: to look for them takes longer than the rest.
  private static let zshFunctions = Result {
    let path = "/tmp/mongodrill-zsh-\(getpid())"
    try Supervisor.shared.removeAtEnd(path)
    _ = try run(["zsh", "-f", "-c", "autoload -Uz compinit && compinit -u -d $1", "zsh", path])
    return path
  }

  /// Types the line and a tab into a zsh of its own, whose `compadd` prints what is added.
  private static let zsh = #"""
    zmodload zsh/zpty || exit 1
    setup=$(mktemp)
    cat >$setup <<EOF
    PROMPT=
    autoload -Uz compinit && compinit -C -d ${(q)3}
    source ${(q)1}
    bindkey '^I' complete-word
    begin() { print -r -- '<<<' }
    finish() { print -r -- '>>>'; exit }
    compprefuncs=(begin)
    comppostfuncs=(finish)
    compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "\$@"; return; fi
      typeset -a hits
      builtin compadd -A hits "\$@"
      print -rl -- \$hits
      builtin compadd "\$@"
    }
    print ready
    EOF
    zpty z zsh -f -i
    zpty -w z "source $setup"
    repeat 50; do zpty -r z line; [[ $line == *ready* ]] && break; done
    zpty -w -n z "$2"$'\t'
    out=
    while zpty -r z line; do out+=$line; [[ $line == *'>>>'* ]] && break; done
    rm -f $setup
    out=${out#*'<<<'}; out=${out%'>>>'*}
    print -r -- ${out//$'\r'/}
    """#
}

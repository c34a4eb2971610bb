internal import Arguments
internal import Platform
internal import Record

/// `mongodrill completion SHELL`.
enum CompletionCommand: Command {
  static let shell = Positional<Shell>.choice("SHELL", help: "bash, zsh or fish.")

  static let syntax = CommandSyntax(
    name: "completion", summary: "prints the completion script of a shell",
    description: [
      "The shell then completes commands, options, the words that an option takes, and files and folders where a path is "
        + "meant. The Debian package brings the scripts along."
    ],
    positionals: [shell],
    examples: [
      Example(
        "mongodrill completion bash > ~/.local/share/bash-completion/completions/mongodrill",
        "bash, with the package bash-completion; without it: 'source <(mongodrill completion bash)' in ~/.bashrc."
      ),
      Example(
        "mongodrill completion zsh > ~/.zfunc/_mongodrill",
        "zsh, with 'fpath+=~/.zfunc' before compinit in ~/.zshrc."),
      Example("mongodrill completion fish > ~/.config/fish/completions/mongodrill.fish", "fish."),
    ],
    exits: .codes([.pass: "Always.", .usage: nil]))

  static func run(_ values: Values, _ session: Session) -> Int32 {
    let script = Program.syntax.completion(for: values[shell])
    session.result(
      text: script, json: ["shell": .string(values[shell].rawValue), "script": .string(script)])
    return ExitCode.pass.status
  }
}

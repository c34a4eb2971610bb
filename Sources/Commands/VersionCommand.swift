internal import Arguments
internal import Platform
internal import Record

/// `mongodrill version`.
enum VersionCommand: Command {
  static let syntax = CommandSyntax(
    name: "version", summary: "shows the version",
    examples: [Example("mongodrill version --output json", "The version for a program.")],
    exits: .codes([.pass: "Always."]))

  static func run(_ values: Values, _ session: Session) -> Int32 {
    session.result(text: "mongodrill \(Version.text)\n", json: ["version": .string(Version.text)])
    return ExitCode.pass.status
  }
}

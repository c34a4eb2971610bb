package import Configuration
internal import Mongo
internal import Platform
internal import Record

/// `command`: a question that a program of the user's own asks.
package struct CommandCheck: Check {
  private static let argv = Key(
    required: "argv", .list(of: .template),
    "The program and its arguments; no shell reads them. A path with a slash is relative to this file.")
  private static let status = Key(
    "status", .integer(0...255), default: "0", "The exit status that passes.")
  private static let output = Key(
    "output", .string,
    "A regular expression that has to be found in what it writes; ^ and $ are a line's ends.")

  package static let declaration = CheckDeclaration(
    "command", "Runs a program of your own with MONGODRILL_URI, the server's address, in its environment.",
    scope: .database, figure: "1 when it failed", keys: [argv, status, output],
    example: "command: {argv: [./smoke.sh, --quick]}")

  private let argv: [Template]
  /// What is to be started.
  package var program: Template? { argv.first }
  private let status: Int
  private let pattern: String?

  package init(_ fields: Fields, _ common: CommonKeys) {
    argv = fields[Self.argv]
    status = fields[Self.status]
    pattern = fields[Self.output]
    if argv.isEmpty { fields.reject(Self.argv, "there is no program in it") }
    for name in argv.flatMap(\.names) where name != "sandbox.uri" {
      fields.reject(
        Self.argv, "`${\(name)}` is not known when checks are asked", hint: "`${sandbox.uri}` is.")
    }
    if let pattern, (try? Regex(pattern)) == nil {
      fields.reject(
        Self.output, "not a regular expression", hint: "Write \\. for a dot, \\( for a parenthesis.")
    }
  }

  /// Whether the server's address stands among its arguments, which everybody on the machine can read.
  package var showsAddress: Bool { argv.contains { $0.names.contains("sandbox.uri") } }

  package func run(_ context: CheckContext) throws -> Finding {
    let uri = context.server.pool.uri
    let arguments = argv.map { $0.resolved(["sandbox.uri": uri]) }
    let command = UserCommand(
      arguments, environment: ["MONGODRILL_URI": uri, "MONGODRILL_SOURCE_URI": nil],
      folder: context.server.folder)
    let result = try command.run(timeout: try context.remaining())
    if result.isTimedOut { throw TimedOut() }
    var complaints: [String] = []
    if result.status != .exited(Int32(status)) {
      complaints.append("ended with \(result.status)\(status == 0 ? "" : ", not \(status)")")
    }
    if let pattern {
      let regex = try Regex(pattern).anchorsMatchLineEndings()
      if try regex.firstMatch(in: result.output) == nil {
        complaints.append("wrote nothing that matches /\(pattern)/")
      }
    }
    return Finding(
      figure: complaints.isEmpty ? 0 : 1, of: 1,
      message: "\(arguments[0]) "
        + (complaints.isEmpty ? "ended with \(result.status)" : complaints.joined(separator: ", ")),
      measured: [
        "status": .integer(Int64(result.status.shellCode)), "seconds": .double(result.seconds),
        "output": .string(result.output),
      ],
      expected: "exit status \(status)" + (pattern.map { ", and /\($0)/ in its output" } ?? ""),
      observed: result.output.isEmpty ? "\(result.status), no output" : "\(result.status): \(result.output)")
  }
}

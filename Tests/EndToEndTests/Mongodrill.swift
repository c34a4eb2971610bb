import Glibc
import Platform

/// The built program, run as a user runs it.
enum Mongodrill {
  /// It lies beside the tests' own executable, when MONGODRILL_PROGRAM doesn't name another build.
  static let path: String = {
    if let path = Environment.all["MONGODRILL_PROGRAM"] { return path }
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    let this = String(decoding: path[..<max(0, length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return Files.join(Files.folder(of: this), "mongodrill")
  }()

  /// What a run wrote and how it ended.
  struct Run {
    var status: Int32
    var output: String
    var errorOutput: String
  }

  /// The environment of every run: that of the tests without what would change the output.
  static var environment: [String: String] {
    var environment = Environment.all
    for name in ["COLUMNS", "NO_COLOR", "TERM", "MONGODRILL_SANDBOX_DIR", "MONGODRILL_SOURCE_URI"] {
      environment[name] = nil
    }
    return environment
  }

  /// Runs it to its end, without progress, so that standard error holds messages alone.
  static func run(
    _ arguments: String..., input: ChildSpec.Stream = .null, environment: [String: String] = environment,
    in folder: String? = nil
  ) throws -> Run {
    try run(arguments, input: input, environment: environment, in: folder)
  }

  /// The same, of arguments that are put together.
  static func run(
    _ arguments: [String], input: ChildSpec.Stream = .null, environment: [String: String] = environment,
    in folder: String? = nil
  ) throws -> Run {
    let captured = try Supervisor.shared.capture(
      ChildSpec(
        [path] + arguments, environment: environment, workingDirectory: folder, input: input),
      timeout: 600)
    return Run(
      status: captured.status.shellCode, output: captured.output.text,
      errorOutput: captured.errorOutput.text)
  }
}

/// The runs whose reports lie in `reports` of a folder, by their ids.
func runs(in folder: String) throws -> [String] {
  try Files.names(in: Files.join(folder, "reports")).filter { $0 != "chain.jsonl" }
}

/// The lines of a text that say how long something took differ from run to run: their figures become `…`.
func withoutTimes(_ text: String) -> String {
  text.replacing(#/in [0-9.]+ (ms|s)( \([0-9,]+/s, [0-9.]+ [kMGT]?B/s\))?/#, with: "in …")
}

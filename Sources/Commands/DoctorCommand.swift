internal import Arguments
internal import Facts
internal import Platform
internal import Record
internal import Sandbox

/// `mongodrill doctor`.
enum DoctorCommand: Command {
  static let syntax = CommandSyntax(
    name: "doctor", summary: "says what was found on this machine, what is missing, and how to get it",
    description: [
      "Looks at every mongod that a drill could use and runs each with --version, at the folder of sandboxes, at "
        + "memory and cores, and at what earlier drills may have left behind. Says which versions of MongoDB mongodrill "
        + "was tried with. Changes nothing."
    ],
    options: [OptionGroup("Sandbox", [SandboxFlags.mongod, SandboxFlags.directory])],
    examples: [
      Example("mongodrill doctor", "Before the first drill on a machine."),
      Example("mongodrill doctor --mongod /opt/mongodb/bin/mongod", "Whether this mongod will do."),
    ],
    exits: .codes([.pass: "A drill can be run.", .usage: nil, .noServer: nil]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let examination = Examination(
      finder: MongodFinder(values[SandboxFlags.mongod]),
      folder: values[SandboxFlags.directory] ?? SandboxOptions.defaultDirectory)
    session.result(text: examination.text(color: session.console.resultHasColor), json: examination.json)
    return (examination.problems.map { ExitCode($0) }.first ?? .pass).status
  }
}

/// What a look at the machine found.
private struct Examination {
  private let candidates: [MongodFinder.Candidate]
  private let mongod: Result<MongodProgram, Failure>
  private let cacheFolder: String
  private let folder: String
  private let room: Result<Int, Failure>
  private let leftovers: [Leftovers.Folder]

  init(finder: MongodFinder, folder: String) {
    candidates = finder.candidates()
    mongod = Result { () throws(Failure) in try finder.find() }
    cacheFolder = finder.cacheFolder
    self.folder = folder
    room = Result { () throws(Failure) in try SandboxOptions(directory: folder).room().free }
    leftovers = Leftovers.find(in: [folder])
  }

  /// Bytes free for sandboxes; nil where their folder isn't there.
  private var free: Int? { try? room.get() }

  /// What keeps a drill from being run.
  var problems: [Failure] {
    var problems: [Failure] = []
    if case .failure(var failure) = mongod {
      failure.hint = failure.hint?.replacing(MongodFinder.referral, with: ".")
      problems.append(failure)
    }
    if case .failure(let failure) = room { problems.append(failure) }
    return problems
  }

  /// What there is to know of the version of the mongod that would be used.
  private var doubt: String? {
    guard case .success(let program) = mongod else { return nil }
    return TriedSeries.doubt(program.version)
  }

  // MARK: Text

  func text(color: Bool) -> String {
    var lines = ["mongod"]
    for candidate in candidates { lines.append("  " + line(candidate, color)) }
    if candidates.isEmpty { lines.append("  none in MONGODRILL_MONGOD, PATH or \(cacheFolder)") }
    lines += ["", "versions"]
    lines += TriedSeries.all.map { "  " + $0.line }
    lines += ["", "sandbox"]
    lines.append("  folder   \(folder), " + (free.map { "\(ByteSize.format($0)) free" } ?? "not there"))
    for leftover in leftovers { lines.append("  left     " + leftover.line) }
    lines += ["", "machine"]
    lines.append("  memory   \(ByteSize.format(Machine.memory))")
    lines.append("  cores    \(Machine.cores)")
    lines.append("  system   \(Machine.operatingSystem), \(Machine.kernel), \(Machine.architecture)")
    lines.append("")
    for problem in problems {
      lines.append(Style.red.paint("missing:", if: color) + " " + problem.message.visible)
      if let hint = problem.hint { lines.append("HINT: " + hint.visible) }
    }
    if leftovers.contains(where: { $0.state == .abandoned }) {
      lines.append("'mongodrill clean' removes what was left behind.")
    }
    if let doubt { lines.append(Style.yellow.paint("untried:", if: color) + " " + doubt) }
    if problems.isEmpty { lines.append(Style.green.paint("Ready to drill.", if: color)) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ candidate: MongodFinder.Candidate, _ color: Bool) -> String {
    let path = "\(candidate.path) (\(candidate.source.rawValue))".visible
    if let reason = candidate.reason {
      return Style.yellow.paint("no", if: color) + "       \(path): \(reason.visible)"
    }
    let version = candidate.program.map { "\($0.version)" } ?? "?"
    let word = isChosen(candidate) ? Style.green.paint("use", if: color) + "      " : "could    "
    return "\(word)\(path): \(version)"
  }

  private func isChosen(_ candidate: MongodFinder.Candidate) -> Bool {
    guard case .success(let program) = mongod else { return false }
    return candidate.program == program
  }

  // MARK: JSON

  var json: JSON {
    .record([
      "ready": .bool(problems.isEmpty),
      "mongod": .array(
        candidates.map { candidate in
          .record([
            "path": .string(candidate.path), "source": .string(candidate.source.rawValue),
            "version": candidate.program.map { .string($0.version.description) } ?? .null,
            "reason": candidate.reason.map(JSON.string) ?? .null, "chosen": .bool(isChosen(candidate)),
            "tried": candidate.program.map { .bool(TriedSeries.doubt($0.version) == nil) } ?? .null,
          ])
        }),
      "versions": .array(TriedSeries.all.map(\.json)),
      "sandbox": [
        "directory": .string(folder), "disk_free": free.map { .integer(Int64($0)) } ?? .null,
        "leftovers": .array(leftovers.map(\.json)),
      ],
      "machine": [
        "memory_bytes": .integer(Int64(Machine.memory)), "cores": .integer(Int64(Machine.cores)),
        "os": .string(Machine.operatingSystem), "kernel": .string(Machine.kernel),
        "architecture": .string(Machine.architecture),
      ],
      "problems": .array(problems.map(\.json)),
    ])
  }
}

extension TriedSeries {
  /// `6.0     tried with 6.0.5, 6.0.27`.
  fileprivate var line: String {
    let known = tried.isEmpty ? "never tried: known from its documentation" : "tried with "
    return series.series + "      " + known + tried.map(\.description).joined(separator: ", ")
  }

  fileprivate var json: JSON {
    ["series": .string(series.series), "tried": .array(tried.map { .string($0.description) })]
  }
}

extension Leftovers.Folder {
  /// `/var/tmp/mongodrill-…, 1.2 GB, abandoned since 2026-11-21T13:04:49Z`.
  var line: String {
    var words = [path.visible, ByteSize.format(bytes)]
    switch state {
    case .abandoned: words.append("left behind" + (time.map { ", made \($0)" } ?? ""))
    case .inUse: words.append("in use" + (pid.map { " by process \($0)" } ?? ""))
    case .kept: words.append("kept on purpose" + (time.map { ", \($0)" } ?? ""))
    }
    return words.joined(separator: ", ")
  }

  var json: JSON {
    let state =
      switch state {
      case .abandoned: "abandoned"
      case .inUse: "in-use"
      case .kept: "kept"
      }
    return .record([
      "path": .string(path), "state": .string(state), "bytes": .integer(Int64(bytes)),
      "pid": pid.map { .integer(Int64($0)) } ?? .null, "time": time.map(JSON.string) ?? .null,
    ])
  }
}

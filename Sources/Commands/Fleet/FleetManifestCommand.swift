internal import Arguments
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet manifest FLEET`.
enum FleetManifestCommand: Command {
  /// What there are files for.
  enum Target: String, Sendable, CaseIterable {
    case slurm
    case kubernetes
    case github
    case gitlab
    case systemd
  }

  static let engine = Option.choice("--engine", default: Target.slurm, help: "What starts the tasks.")
  static let output = Option.value(
    "-o", "--out", placeholder: "DIR", kind: .folder, default: "they are printed",
    help: "Writes the files into DIR; one that is there already is left, and said.")
  static let image = Option.value(
    "--image", placeholder: "IMAGE", kind: .text, default: "registry.example.org/mongodrill:VERSION",
    help: "The image with mongodrill and a mongod, for kubernetes, github and gitlab.")
  static let fleetPath = Option.value(
    "--fleet-path", placeholder: "PATH", kind: .path, default: "where it lies here",
    help: "Where the tasks find the fleet's file.")
  static let inMemory = Option.flag(
    "--tmpfs", help: "Puts sandboxes into memory (a tmpfs) instead of on disk.")

  static let syntax = CommandSyntax(
    name: "fleet manifest", summary: "writes the files with which an engine runs a fleet's tasks",
    description: [
      "One task is one system; the engine gives each its index. The files hold resources, time limits, what is begun "
        + "again (75, kills) and what isn't, a place for the sandbox, read-only mounts of the backups, a user who may "
        + "do nothing else, and no token of the engine's API. They are a beginning that is yours: read and change them.",
      "Tasks of an array, a matrix or an Indexed Job are all alike: they get what the largest system asks for.",
    ],
    positionals: [FleetFlags.fleet],
    options: [OptionGroup("Options", [engine, output, image, fleetPath, FleetFlags.records, inMemory])],
    examples: [
      Example(
        "mongodrill fleet manifest fleet.yaml --engine slurm -o . && sbatch fleet.sbatch", "On a cluster."),
      Example(
        "mongodrill fleet manifest fleet.yaml --engine kubernetes | kubectl apply -f -", "As a CronJob."),
      Example(
        "mongodrill fleet manifest fleet.yaml --engine systemd -o /etc/systemd/system", "On one machine."),
    ],
    exits: .codes([
      .pass: nil, .incomplete: "A file is there already, or can't be written.", .usage: nil,
      .invalidScenario: "The fleet's file is invalid.",
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let fleet = try FleetFlags.load(values)
    guard let engine = Engine(rawValue: values[engine].rawValue) else { return ExitCode.internal.status }
    let isCI = engine == .github || engine == .gitlab
    let path = try values[fleetPath] ?? (isCI ? fleet.path : Files.realPath(fleet.path))
    let manifest = Manifest(
      of: fleet, for: engine,
      Manifest.Setting(
        fleet: path, records: fleet.records.whereTasksRun,
        image: values[image] ?? "registry.example.org/mongodrill:\(Version.text)",
        readOnly: fleet.readFolders,
        inMemory: values[inMemory]))
    var codes: [ExitCode] = []
    if let folder = values[output] {
      try Files.createFolder(folder, mode: 0o755, parents: true)
      for file in manifest.files {
        let path = Files.join(folder, file.name)
        if try Files.writeOnce(file.text.utf8, to: path, mode: file.isProgram ? 0o755 : 0o644) { continue }
        session.log(.fileThere(path))
        codes.append(.incomplete)
      }
    }
    let text =
      values[output].map { folder in
        manifest.files.map { "\(Files.join(folder, $0.name).visible)\n" }.joined()
      } ?? manifest.files.map(\.text).joined(separator: engine == .kubernetes ? "---\n" : "\n")
    session.result(
      text: text,
      json: [
        "engine": .string(engine.rawValue),
        "files": .array(manifest.files.map { ["name": .string($0.name), "text": .string($0.text)] }),
        "notes": .array(manifest.notes.map(JSON.string)),
      ])
    if !session.options.isQuiet {
      for note in manifest.notes { session.console.log("note: \(note.visible)") }
    }
    return ExitCode.first(of: codes).status
  }
}

extension Failure {
  static func fileThere(_ path: String) -> Failure {
    Failure(
      .incomplete, "file-there", "\(path) is there already, and was left as it is",
      hint: "Remove it, or name another folder with --out.")
  }
}

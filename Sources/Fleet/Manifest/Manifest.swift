internal import Platform

/// The files with which an engine runs a fleet's tasks, made to be read and changed by people.
package struct Manifest: Sendable {
  /// One file: its name, whether it is a program, and its text.
  package struct File: Sendable, Hashable {
    package var name: String
    package var isProgram = false
    package var text: String
  }

  /// What the files go by, besides the fleet.
  package struct Setting: Sendable {
    /// The fleet's file where the tasks run.
    package var fleet: String
    /// The place of the records where they run.
    package var records: RecordsPlace
    /// The image with mongodrill and a mongod, for engines of containers.
    package var image: String
    /// The folders that backups and scenarios lie in, to be mounted read-only.
    package var readOnly: [String]
    /// Whether sandboxes lie in memory instead of on disk.
    package var inMemory: Bool

    package init(fleet: String, records: RecordsPlace, image: String, readOnly: [String], inMemory: Bool) {
      self.fleet = fleet
      self.records = records
      self.image = image
      self.readOnly = readOnly
      self.inMemory = inMemory
    }
  }

  /// In the order in which a person reads them.
  package let files: [File]
  /// What a person has to do or to know, a sentence each.
  package private(set) var notes: [String]

  let fleet: Fleet
  let setting: Setting

  /// The files of an engine; `local` has none.
  package init(of fleet: Fleet, for engine: Engine, _ setting: Setting) {
    self.fleet = fleet
    self.setting = setting
    let made = Sizes(fleet, inMemory: setting.inMemory)
    switch engine {
    case .slurm: (files, notes) = Manifest.slurm(fleet, setting, made)
    case .kubernetes: (files, notes) = Manifest.kubernetes(fleet, setting, made)
    case .github: (files, notes) = Manifest.github(fleet, setting, made)
    case .gitlab: (files, notes) = Manifest.gitlab(fleet, setting, made)
    case .systemd: (files, notes) = Manifest.systemd(fleet, setting, made)
    case .local: (files, notes) = ([], [])
    }
    if fleet.budget != nil, engine == .github || engine == .gitlab, case .folder = setting.records {
      notes.append(
        "The round's budget is spent by the records of earlier rounds, and each job begins with a fresh folder of them: put "
          + "the records into object storage (`records: {rclone: …}`), else the same systems have their turn each time."
      )
    }
  }

  /// What the tasks of an array or a job get: all the same, so the most that any of them asks.
  struct Sizes {
    /// With the sandbox's disk where that lies in memory.
    let memory: Int
    let disk: Int
    let cores: Int
    /// Seconds.
    let timeout: Double
    let attempts: Int
    let last: Int

    /// A task's disk where the file says nothing.
    static let defaultDisk = 20_000_000_000

    init(_ fleet: Fleet, inMemory: Bool) {
      let systems = fleet.systems
      disk = systems.map { $0.resources.disk ?? Sizes.defaultDisk }.max() ?? 0
      memory =
        (systems.map { $0.resources.memory ?? 2 * TaskNeed.defaultMemory }.max() ?? 0)
        + (inMemory ? disk : 0)
      cores = systems.map { $0.resources.cores ?? 1 }.max() ?? 1
      timeout = systems.map(\.timeout).max() ?? 0
      attempts = systems.map(\.attempts).max() ?? 1
      last = systems.count - 1
    }

    /// How many tasks of that size run side by side on all machines, as far as the file says what one of them gives.
    func lanes(_ fleet: Fleet) -> Int {
      let machine = fleet.machines
      let each =
        [
          machine.memory.map { $0 / max(1, memory) }, machine.cores.map { $0 / max(1, cores) },
          machine.disk.map { $0 / max(1, disk) },
        ].compactMap(\.self).min() ?? 1
      return min(fleet.systems.count, fleet.machines.count * max(1, each))
    }

    var mebibytes: Int { (memory + (1 << 20) - 1) >> 20 }
    var diskMebibytes: Int { (disk + (1 << 20) - 1) >> 20 }
    /// The drill's own limit, and time to stop and to leave its records.
    var limitSeconds: Int { Int(timeout.rounded(.up)) + 180 }
    var limitMinutes: Int { (limitSeconds + 59) / 60 }
  }
}

/// Texts as one word of a language, whatever stands in them.
enum Quoting {
  /// Of a POSIX shell.
  static func shell(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }

  /// Of YAML: a double-quoted scalar, which JSON's strings are.
  static func yaml(_ text: String) -> String { JSON.string(text).text() }

  /// An argument in a container of Kubernetes', where `$(NAME)` is a variable.
  static func kubernetes(_ text: String) -> String { yaml(text.replacing("$(", with: "$$(")) }

  /// A text in a workflow of GitHub's, where `${{ … }}` is an expression.
  static func github(_ text: String) -> String { yaml(text.replacing("${{", with: "${{ '${{' }}")) }

  /// A path in a setting of systemd's: quotes, `%` that stands for itself, and nothing that ends a line.
  static func systemdPath(_ text: String) -> String {
    let quoted = text.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#).replacing("%", with: "%%")
    return "\"" + quoted.replacing("\n", with: #"\n"#).replacing("\r", with: #"\r"#) + "\""
  }

  /// The same on a command line, where `$` stands for itself, too.
  static func systemd(_ text: String) -> String { systemdPath(text).replacing("$", with: "$$") }

  /// A text in a comment: of one line.
  static func comment(_ text: String) -> String { text.visible }

  /// A name of Kubernetes' objects: lower-case letters, digits and hyphens, at most 40.
  static func objectName(_ text: String) -> String {
    var name = ""
    for scalar in text.lowercased().unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": name.unicodeScalars.append(scalar)
      default: if !name.isEmpty, !name.hasSuffix("-") { name += "-" }
      }
    }
    name = String(name.prefix(40))
    while name.hasSuffix("-") { name.removeLast() }
    return name.isEmpty ? "fleet" : name
  }
}

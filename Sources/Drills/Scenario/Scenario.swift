package import BSON
package import Backups
package import Checks
package import Platform
package import Sandbox

/// A drill's runbook: what to restore, what to ask of it, how fast it has to be.
package struct Scenario: Sendable {
  /// The name of its folder, or of the backup when there is no file.
  package var name: String
  package var title: String?
  package var tags: [String]
  package var description: String?
  /// The file it was read from; nil when it was made from a backup alone.
  package var path: String?
  /// The file's SHA-256 in hexadecimal digits.
  package var sha256: String?
  /// The folder that its relative paths start from.
  package var folder: String
  /// The file's content with parameters put in, as JSON.
  package var resolved: JSON
  /// Where the backup is; with `pick`, the folder of backups.
  package var backup: String
  /// How one of several backups is chosen; nil where one is named.
  package var pick: BackupSource.Pick?
  /// The program and its arguments that write the backup, an archive; nil where it lies at a path.
  package var command: [String]?
  /// What is fetched before anything is read: the backup, or the file that `command` reads; `backup` is its address
  /// until then.
  package var fetch: RemoteSource?
  /// The file that `command` reads as its standard input; nil: nothing.
  package var commandInput: String?
  /// Why this backup was picked, where it was picked before the drill began.
  package var picked: PickedSource?
  /// The last oplog entry that belongs to a physical copy; nil where nothing says so.
  package var until: Timestamp?
  /// The parts of a sharded set; nil where the backup is no set.
  package var set: ShardedSource?
  /// Where oplog slices are: files and folders.
  package var oplog: [String]
  /// Those of `oplog` that are fetched first, which stand there by their addresses until then.
  package var fetchedOplog: [RemoteSource] = []
  /// Seconds that it may take: of what is too many for them, what was proven longest ago is verified. Nil: all is.
  package var budget: Double?
  package var sandbox: SandboxSettings
  /// The file of a witness; nil without one.
  package var witness: String?
  /// An earlier run; nil without one.
  package var baseline: String?
  package var objectives: ObjectiveLimits
  /// What it says of the disaster that it rehearses.
  package var runbook: Runbook
  package var stopConditions: [StopCondition]
  package var steps: [Step]
  /// nil: those that follow from the backup itself (`Draft`).
  package var suites: [Suite]?
  package var rollbacks: [Step]
}

/// What a scenario says of its backup.
package struct BackupSource: Sendable, Hashable {
  /// How one backup of a folder is chosen.
  package enum Pick: Sendable, Hashable {
    /// The newest that ends by the first target and whose oplog reaches it.
    case forTarget
    case latest
    case oldest
    /// Any; without a seed another one each time.
    case random(seed: UInt64?)
    /// The newest that holds a collection, and that is `olderThan` seconds old at least.
    case newest(holding: String?, olderThan: Double?)
    /// Every one, each for a drill of its own.
    case all
    /// One after the other, each another backup and a drill of its own.
    indirect case several([Pick])

    /// Whether it comes to more than one drill.
    package var isSeveral: Bool {
      switch self {
      case .all, .several: true
      default: false
      }
    }
  }

  package var path: String
  package var pick: Pick?
  /// What writes it, with `path` as its name.
  package var command: [String]?
  /// The parts of a sharded set, whose common folder `path` is.
  package var set: ShardedSource?
  /// The last oplog entry that belongs to it.
  package var until: Timestamp?
  /// Where it is fetched from, with `path` as its address; with `command`, what that reads.
  package var fetch: RemoteSource?
}

/// Why a backup was picked, and how old it is.
package struct PickedSource: Sendable, Hashable {
  /// What a person should know: the reason, and which were passed over.
  package var notes: [String]
  /// Nil where nothing tells it.
  package var time: BackupTime?
  /// Those that would have been picked, were they not damaged, in sentences.
  package var doubts: [String] = []
}

/// How the sandbox is to be; what is nil follows from the command line or the machine.
package struct SandboxSettings: Sendable, Hashable {
  /// A path of a `mongod`, or what its version has to be: `>=6.0 <7`.
  package var mongod: String?
  /// The folder that the sandbox's own folder is made in.
  package var directory: String?
  /// The server's cache in bytes.
  package var cache: Int?
  /// mongodrill's own memory in bytes.
  package var memory: Int?
  /// The replica set that the server becomes when all is restored; nil: it stays a standalone server.
  package var replicaSet: ReplicaSetPlan?

  package init(
    mongod: String? = nil, directory: String? = nil, cache: Int? = nil, memory: Int? = nil,
    replicaSet: ReplicaSetPlan? = nil
  ) {
    self.mongod = mongod
    self.directory = directory
    self.cache = cache
    self.memory = memory
    self.replicaSet = replicaSet
  }

  /// These settings, and those of `other` where there is none.
  package func or(_ other: SandboxSettings) -> SandboxSettings {
    SandboxSettings(
      mongod: mongod ?? other.mongod, directory: directory ?? other.directory, cache: cache ?? other.cache,
      memory: memory ?? other.memory, replicaSet: replicaSet ?? other.replicaSet)
  }
}

/// What the drill is measured against, in seconds.
package struct ObjectiveLimits: Sendable, Hashable {
  package var rtoLimit: Double?
  package var rtoWarning: Double?
  /// How far above the median of earlier runs it may be, as a share of it.
  package var rtoRegression: Double?
  package var rpo: RecoveryPointLimit?
}

/// How much data may be lost, in seconds, counted from a moment.
package struct RecoveryPointLimit: Sendable, Hashable {
  package var limit: Double?
  package var warning: Double?
  /// The moment up to which data should have been recovered, in seconds since 1970.
  package var reference: Double
}

extension Scenario {
  /// The scenario of a backup that comes without one: restore it, then ask what follows from the backup itself.
  package init(ofBackup path: String) {
    name = path == "-" ? "stdin" : Files.name(of: path)
    if name == "." || name == "..", let real = try? Files.realPath(path) { name = Files.name(of: real) }
    tags = []
    folder = "."
    backup = path
    oplog = []
    sandbox = SandboxSettings()
    objectives = ObjectiveLimits()
    runbook = Runbook()
    stopConditions = []
    steps = Scenario.defaultSteps
    suites = nil
    rollbacks = []
    resolved = .record(["version": 1, "backup": ["path": .string(path)], "steps": Scenario.defaultStepsJSON])
  }

  /// Whether any of its checks compares with that. Without checks of its own it is asked the standard ones, which compare
  /// with the backup.
  func compares(with counterpart: Counterpart) -> Bool {
    guard let suites else { return counterpart == .backup }
    return suites.contains { $0.checks.contains { $0.check.counterpart == counterpart } }
  }

  /// What a scenario without steps does.
  static let defaultSteps: [Step] = [
    Step(
      id: RestoreStep.name, description: nil, planned: nil, timeout: nil, retries: 0, onFailure: nil,
      action: RestoreStep(),
      place: Place("default")),
    Step(
      id: CheckStep.name, description: nil, planned: nil, timeout: nil, retries: 0, onFailure: nil,
      action: CheckStep(),
      place: Place("default")),
  ]

  static let defaultStepsJSON: JSON = [["restore": [:]], ["check": []]]
}

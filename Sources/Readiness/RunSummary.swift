package import Platform
package import Record

/// What a history needs to know of one run: a part of its record, read without the rest.
package struct RunSummary: Sendable, Hashable {
  /// What the record is of.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A backup was restored.
    case drill
    /// A live server was checked.
    case check
    /// Faults were planted on purpose: its verdict is about the checks, not about the backup.
    case damage
  }

  /// Why a run's own times can't be believed.
  package enum ClockFinding: String, Sendable, Hashable, CaseIterable {
    /// It ends before it begins: the clock was set back meanwhile.
    case endsBeforeItBegins = "ends-before-it-begins"
    /// It begins later than now.
    case inTheFuture = "in-the-future"
    /// Runs that were written before it end after it, or the other way round.
    case outOfOrder = "out-of-order"

    /// In words that follow the run's name.
    package var words: String {
      switch self {
      case .endsBeforeItBegins: "ends before it begins"
      case .inTheFuture: "lies in the future"
      case .outOfOrder: "was written before or after runs that its time says otherwise of"
      }
    }
  }

  /// How checks ended.
  package struct Checks: Sendable, Hashable {
    package var asked = 0
    package var passed = 0
    package var warned = 0
    package var failed = 0
    package var errors = 0
    package var skipped = 0
  }

  /// What speaks against the backup, whatever else ended the run.
  package struct Fault: Sendable, Hashable {
    /// 1, 2 or 65, as a reason of the record has it.
    package var exitCode: Int
    /// Lower case, without a full stop.
    package var message: String
    package var hint: String?
  }

  /// A step as it went.
  package struct Step: Sendable, Hashable {
    package var id: String
    package var kind: String
    package var status: String
    package var seconds: Double
  }

  /// The folder of reports that it lies in, as it was given, and its name there.
  package var folder: String
  package var runID: String
  package var kind = Kind.drill
  /// Whether it went on with what an earlier run had kept: its times are not those of a recovery.
  package var isResumed = false
  package var scenario = ""
  /// The system of a fleet that it was a task of; nil for a run by itself.
  package var system: String?
  /// The scenario's file, as it was given; nil for a plain backup.
  package var scenarioPath: String?
  package var title: String?
  package var toolVersion = ""
  package var status = DrillRecord.Status.failed
  package var verdict = DrillRecord.Verdict.inconclusive
  package var exitCode: Int?
  /// The verdict in one sentence.
  package var sentence = ""
  /// What to do about the reason that decides, where the record says it.
  package var hint: String?
  /// The first of its reasons that speaks against the backup, also where it was stopped; nil without one.
  package var fault: Fault?
  /// By the clock of the machine; see `clock`, and `time`.
  package var startedAt: WallTime
  package var endedAt: WallTime
  package var host = ""
  package var mongodVersion: String?
  package var backup = ""
  package var backupForm: String?
  package var backupBytes: Int?
  package var backupServerVersion: String?
  /// The entry of the oplog up to which data came back; nil without a replay.
  package var lastApplied: String?
  package var isProven: Bool?
  package var rto: DrillRecord.Objective?
  package var rpo: DrillRecord.Objective?
  package var phases: [Phase] = []
  package var steps: [Step] = []
  package var checks = Checks()
  package var collections = 0
  package var documents = 0
  package var bytes = 0
  package var indexes = 0
  /// `EXCELLENT` and the like; nil in records of versions that had no rating.
  package var rating: String?
  /// The record before it in its folder, as it says.
  package var previous: DrillRecord.PreviousRun?
  /// Of each collection and each check; nil unless they were asked for.
  package var details: RunDetails?

  /// Its place in the order of writing, from 0; nil where the folder's chain doesn't hold it.
  package var position: Int?
  package var clock: ClockFinding?
  /// When it ended, as far as that can be told: by its own clock, or, where that jumped, when the record before it was
  /// written. Nil where nothing tells it: such a run is in no interval.
  package var time: WallTime?

  /// Whether it says that the backup can be recovered.
  package var isSuccess: Bool { verdict == .pass || verdict == .warn }

  /// How long it took, by its phases where its clock jumped.
  package var seconds: Double {
    clock == nil && endedAt >= startedAt
      ? endedAt.timeInterval(since: startedAt) : phases.reduce(0) { $0 + $1.seconds }
  }

  /// Bytes of BSON, and documents, that were restored a second; nil where none were.
  package var bytesPerSecond: Double? { rate(\.bytes) }
  package var documentsPerSecond: Double? { rate(\.documents) }

  private func rate(_ amount: KeyPath<Phase, Int?>) -> Double? {
    let restores = phases.filter { $0.name == "restore" && $0.seconds > 0 }
    let seconds = restores.reduce(0) { $0 + $1.seconds }
    let total = restores.reduce(0) { $0 + ($1[keyPath: amount] ?? 0) }
    return seconds > 0 && total > 0 ? Double(total) / seconds : nil
  }
}

/// What a run says of each collection and of each check.
package struct RunDetails: Sendable, Hashable {
  /// A check's answer.
  package struct Check: Sendable, Hashable {
    package var kind: String
    package var suite: String
    package var namespace: String?
    package var name: String
    package var result: String
    /// The names of the indexes that an `indexes` check found as they should be; records of older versions name none.
    package var matching: [String] = []
    /// Whether it noted a figure and compared it with nothing: that proves nothing.
    package var isFigure = false
  }

  /// Something that the server refused, or that the oplog's replay could not do as it was done on the source.
  package struct Problem: Sendable, Hashable {
    /// The collection in the sandbox.
    package var namespace: String
    /// As in the record: `document`, `index`, `operation`, ….
    package var subject: String
  }

  package var collections: [DrillRecord.Collection] = []
  package var checks: [Check] = []
  /// The backup's files and their digests, as far as the record lists them.
  package var files: [DrillRecord.FileDigest] = []
  /// Those that the record names.
  package var problems: [Problem] = []
  /// Whether there were more that it only counts, and that no missing document accounts for: they may be of any
  /// collection.
  package var isAnyUnnamed = false
  /// Whether a restore was told to build no indexes.
  package var leavesIndexesOut = false
  /// Whether it is of a sharded set, in which a collection has parts.
  package var isOfSet = false
}

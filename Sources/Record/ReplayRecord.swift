package import Platform

extension DrillRecord {
  /// The replay of the oplog: where it was to go, where it arrived, and what became of every entry.
  package struct Replay: RecordPart {
    /// The step that replayed: a `replay` step, or the `restore` step whose dump took its oplog along.
    package var step = ""
    /// The target as it was asked for.
    package var requested = ""
    /// The target as a place in the oplog, in words.
    package var resolved = ""
    /// Entries are applied through this timestamp, which need not be an entry's.
    package var through = ""
    /// Whether every entry from the dump to the target is known to be there.
    package var proven = true
    /// The first and the last entry that were applied, and the first after the target; nil where there is none.
    package var firstApplied: String?
    package var lastApplied: String?
    package var nextEntry: String?
    /// Entries read up to the target, of whatever kind, and their bytes.
    package var entries = 0
    package var bytes = 0
    /// Operations applied, by namespace and then by kind.
    package var applied: [String: [String: Int]] = [:]
    /// Operations left out, by reason and then by namespace.
    package var skipped: [String: [String: Int]] = [:]
    /// Updates that found no document, and that a later delete of it explains.
    package var explainedUpdates = 0
    /// Updates that found no document, of a base that was declared to be partial.
    package var updatesOutsideBase = 0
    /// Operations that did not do what they did on the source, and the first few of them.
    package var problemCount = 0
    package var problems: [OperationProblem] = []
    /// What a person should know of the target and the way there.
    package var warnings: [String] = []
    package var coverage = Coverage()
    /// What a search for the entry that breaks checks found; nil without one.
    package var bisect: Bisect?
    /// Replays to earlier targets of the same drill, in order.
    package var earlier: [Replay] = []

    package init() {}

    /// The second of a timestamp, `1795259694:300`; nil for what is none.
    package static func time(of timestamp: String) -> WallTime? {
      timestamp.split(separator: ":").first.flatMap { UInt32($0) }.map { WallTime(seconds: Int($0)) }
    }

    /// All replays of the drill in order, this one last.
    package var all: [Replay] { earlier + [self] }
    /// Operations applied and skipped in all.
    package var appliedCount: Int { applied.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
    package var skippedCount: Int { skipped.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

    package static var fields: [RecordField<Replay>] {
      [
        RecordField("step", \.step), RecordField("requested", \.requested),
        RecordField("resolved", \.resolved), RecordField("through", \.through),
        RecordField("proven", \.proven), RecordField("first_applied", \.firstApplied),
        RecordField("last_applied", \.lastApplied), RecordField("next_entry", \.nextEntry),
        RecordField("entries", \.entries), RecordField("bytes", \.bytes),
        RecordField("applied", \.applied), RecordField("skipped", \.skipped),
        RecordField("explained_updates", \.explainedUpdates),
        RecordField("updates_outside_base", \.updatesOutsideBase),
        RecordField("problem_count", \.problemCount), RecordField("problems", \.problems),
        RecordField("warnings", \.warnings), RecordField("coverage", \.coverage),
        RecordField("bisect", \.bisect), RecordField("earlier", \.earlier),
      ]
    }
  }

  /// An operation of the oplog that did not do what it did on the source.
  package struct OperationProblem: RecordPart {
    /// The collection in the sandbox.
    package var namespace = ""
    /// The document's `_id` as Extended JSON, where it is known.
    package var id: String?
    /// The entry's.
    package var timestamp = ""
    package var message = ""

    package init() {}
    package init(namespace: String, id: String?, timestamp: String, message: String) {
      self.namespace = namespace
      self.id = id
      self.timestamp = timestamp
      self.message = message
    }

    package static var fields: [RecordField<OperationProblem>] {
      [
        RecordField("namespace", \.namespace), RecordField("id", \.id), RecordField("timestamp", \.timestamp),
        RecordField("message", \.message),
      ]
    }
  }

  /// Which moments the backup and its oplog reach.
  package struct Coverage: RecordPart {
    /// The first entry of the dump's own oplog, and its last: the earliest target.
    package var windowStart = ""
    package var dumpEnd = ""
    /// The latest target that is proven, and the latest past seams that are not.
    package var provenEnd = ""
    package var end = ""
    /// The last entry of all slices; later than `end` where a gap lies between.
    package var last = ""
    /// Seams of which nothing proves that they hold all entries, and gaps.
    package var unproven: [Seam] = []
    package var gaps: [Seam] = []
    /// Increments inside of the slices that nothing accounts for; nil where there are none.
    package var unusedIncrements: UnusedIncrements?

    package init() {}

    package static var fields: [RecordField<Coverage>] {
      [
        RecordField("window_start", \.windowStart), RecordField("dump_end", \.dumpEnd),
        RecordField("proven_end", \.provenEnd), RecordField("end", \.end), RecordField("last", \.last),
        RecordField("unproven", \.unproven), RecordField("gaps", \.gaps),
        RecordField("unused_increments", \.unusedIncrements),
      ]
    }
  }

  /// Increments inside of slices that no entry has and no transaction accounts for: no proof of anything.
  package struct UnusedIncrements: RecordPart {
    /// How many, and at how many places.
    package var count = 0
    package var places = 0
    /// The neighbouring entries at the first place.
    package var before = ""
    package var after = SeamEdge()

    package init() {}
    package init(count: Int, places: Int, before: String, after: SeamEdge) {
      self.count = count
      self.places = places
      self.before = before
      self.after = after
    }

    package static var fields: [RecordField<UnusedIncrements>] {
      [
        RecordField("count", \.count), RecordField("places", \.places), RecordField("before", \.before),
        RecordField("after", \.after),
      ]
    }
  }

  /// Where one slice of the oplog ends and the next one begins.
  package struct Seam: RecordPart {
    package var before = SeamEdge()
    package var after = SeamEdge()
    /// What shows that something is missing between them; nil where nothing shows it, and nothing the contrary.
    package var reason: String?

    package init() {}
    package init(before: SeamEdge, after: SeamEdge, reason: String?) {
      self.before = before
      self.after = after
      self.reason = reason
    }

    /// In one sentence.
    package var sentence: String {
      "\(before.file) ends at \(before.timestamp), \(after.file) begins at \(after.timestamp): "
        + (reason ?? "nothing proves that no entry lies between them")
    }

    package static var fields: [RecordField<Seam>] {
      [RecordField("before", \.before), RecordField("after", \.after), RecordField("reason", \.reason)]
    }
  }

  /// One side of a seam.
  package struct SeamEdge: RecordPart {
    package var timestamp = ""
    package var file = ""
    /// The byte at which the entry begins, where it is known.
    package var offset: Int?

    package init() {}
    package init(timestamp: String, file: String, offset: Int?) {
      self.timestamp = timestamp
      self.file = file
      self.offset = offset
    }

    package static var fields: [RecordField<SeamEdge>] {
      [RecordField("timestamp", \.timestamp), RecordField("file", \.file), RecordField("offset", \.offset)]
    }
  }
}

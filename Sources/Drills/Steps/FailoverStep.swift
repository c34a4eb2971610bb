package import Configuration
internal import Platform
internal import Sandbox

/// `failover`: takes the primary away while writers go on, and tells what that cost.
package struct FailoverStep: StepKind {
  package static let name = "failover"
  package static let summary =
    "Takes the primary of a replica set away while writers go on: how long until there is a new one, for how long "
    + "nothing was acknowledged, whether anything that was acknowledged is lost, and whether the old one comes back."
  package static let abortsOnFailure = false
  package static let isRepeatable = false

  /// How the primary is lost.
  package enum How: String, Sendable, CaseIterable {
    /// SIGKILL, as by a power cut. It is started again later.
    case kill
    /// An order to step down, as before maintenance.
    case stepDown = "step_down"
  }

  package var how = How.kill
  /// How many threads write.
  package var threads = 4
  /// Seconds of writing before the primary is lost, and after writes are acknowledged again.
  package var before = 1.0
  package var after = 2.0
  /// Seconds that the set may take to have a new primary, and the old one to come back.
  package var within = 120.0
  /// The longest time without an acknowledged write that passes; nil: any within `within`.
  package var maxGap: Double?
  /// Whether the members' data is compared at the end.
  package var compares = true

  init() {}

  private static let howKey = Key(
    "how", Shape<How>.choice(), default: "kill",
    "`kill`: as by a power cut, and started again later; `step_down`: by an order, as before maintenance.")
  private static let threadsKey = Key(
    "threads", .integer(1...64), default: "4", "How many threads write, one write at a time each.")
  private static let beforeKey = Key(
    "before", .duration, default: "1s", "How long they write before the primary is lost.")
  private static let afterKey = Key(
    "after", .duration, default: "2s", "How long they go on once writes are acknowledged again.")
  private static let writerKey = Key(
    "writer",
    Shape<FailoverStep>.record("writer", [threadsKey, beforeKey, afterKey]) { fields in
      var step = FailoverStep()
      step.threads = fields[threadsKey]
      step.before = fields[beforeKey]
      step.after = fields[afterKey]
      return step
    },
    "The writers: each write is numbered and asks for a majority. They write into a database of mongodrill's own, which "
      + "is removed at the end.")
  private static let withinKey = Key(
    "within", .duration, default: "2m",
    "How long the set may take to have a new primary, and the old one to come back; past it the step fails.")
  private static let maxGapKey = Key(
    "max_gap", .duration, "The longest time without an acknowledged write that passes.")
  private static let compareKey = Key(
    "compare", .boolean, default: "true", "Whether the members' data is compared at the end.")

  package static let shape = Shape<FailoverStep>.orNothing(
    FailoverStep(),
    .record("failover", [howKey, writerKey, withinKey, maxGapKey, compareKey]) { fields in
      var step = fields[writerKey] ?? FailoverStep()
      step.how = fields[howKey]
      step.within = fields[withinKey]
      step.maxGap = fields[maxGapKey]
      step.compares = fields[compareKey]
      if step.within <= 0 { fields.reject(withinKey, "it leaves no time at all") }
      return step
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { try run.failover(self, step) }
}

internal import BSON
internal import Backups

/// Counts the operations on each collection by kind, and tells when there were many within a short time.
struct FindBursts {
  /// What is counted together. Writes of sessions and those of commands on many documents are apart, so that a
  /// `deleteMany` stands out of the deletes that an application does all day.
  struct Key: Hashable {
    let kind: OplogFinding.Kind
    let isSingle: Bool
    let namespace: Namespace
  }

  /// The operations of one second.
  private struct Bucket {
    let first: Timestamp
    let wall: Int64?
    var count: Int
    var last: Timestamp
    var samples: [String]
  }

  private struct Run {
    /// Those of the last seconds, until they are enough.
    var window: [Bucket] = []
    /// The burst that is under way.
    var burst: OplogFinding?
    var last: Timestamp
  }

  private static let sampleCount = 5
  private static let longestSample = 200

  private let minimum: Int
  private let within: UInt32
  private var runs: [Key: Run] = [:]
  private var swept: UInt32 = 0

  init(minimum: Int, within: UInt32) {
    self.minimum = minimum
    self.within = within
  }

  /// Takes an operation in; returns the bursts that have ended.
  mutating func add(_ operation: OplogOperation, _ key: Key, of entry: OplogEntry) -> [OplogFinding] {
    if minimum <= 1 {
      var finding = OplogFinding(
        kind: key.kind, isSingle: key.isSingle, namespace: key.namespace.description, first: entry.timestamp,
        last: entry.timestamp, wall: entry.wall)
      finding.samples = Self.sample(operation)
      return [finding]
    }
    let ended = sweep(entry.timestamp.seconds)
    count(operation, entry, key, in: &runs[key, default: Run(last: entry.timestamp)])
    return ended
  }

  /// The bursts that are under way at the end.
  mutating func finish() -> [OplogFinding] {
    defer { runs = [:] }
    return runs.values.compactMap(\.burst)
  }

  private func count(_ operation: OplogOperation, _ entry: OplogEntry, _ key: Key, in run: inout Run) {
    let timestamp = entry.timestamp
    run.last = timestamp
    if run.burst != nil {
      run.burst?.operations += 1
      run.burst?.last = timestamp
      if run.burst?.samples.count ?? 0 < Self.sampleCount { run.burst?.samples += Self.sample(operation) }
      return
    }
    run.window.removeAll { timestamp.seconds - $0.first.seconds > within }
    if let bucket = run.window.indices.last, run.window[bucket].first.seconds == timestamp.seconds {
      run.window[bucket].count += 1
      run.window[bucket].last = timestamp
      if run.window[bucket].samples.count < Self.sampleCount {
        run.window[bucket].samples += Self.sample(operation)
      }
    } else {
      run.window.append(
        Bucket(
          first: timestamp, wall: entry.wall, count: 1, last: timestamp, samples: Self.sample(operation)))
    }
    let total = run.window.reduce(0) { $0 + $1.count }
    guard total >= minimum, let start = run.window.first else { return }
    var burst = OplogFinding(
      kind: key.kind, isSingle: key.isSingle, namespace: key.namespace.description, first: start.first,
      last: timestamp,
      wall: start.wall)
    burst.operations = total
    burst.samples = Array(run.window.flatMap(\.samples).prefix(Self.sampleCount))
    run.burst = burst
    run.window = []
  }

  /// Ends the bursts of which nothing has come for `within`, and forgets collections that have fallen silent.
  private mutating func sweep(_ now: UInt32) -> [OplogFinding] {
    guard now != swept else { return [] }
    swept = now
    var ended: [OplogFinding] = []
    runs = runs.filter { _, run in
      guard now - run.last.seconds > within else { return true }
      if let burst = run.burst { ended.append(burst) }
      return false
    }
    return ended
  }

  /// The `_id` as text.
  private static func sample(_ operation: OplogOperation) -> [String] {
    guard let id = operation.documentID else { return [] }
    var writer = DocumentWriter()
    writer.append(raw: id.bytes, type: id.type, "_id")
    guard let text = writer.finished()["_id"]?.extendedJSON() else { return [] }
    return [text.utf8.count > longestSample ? String(text.prefix(longestSample)) + "…" : text]
  }
}

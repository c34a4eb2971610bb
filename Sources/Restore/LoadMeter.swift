internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Record
internal import Synchronization

/// Counts what has gone in, by collection and in all, and tells it ten times a second at the most.
final class LoadMeter: Sendable {
  /// What is known of one collection.
  struct Tally: Sendable {
    var name: String
    var done = Amount()
    /// Bytes of its file, where documents lie there as they are.
    var total: Int?
    /// Documents that the backup holds twice, byte for byte.
    var repeated = 0
    var refused = 0
    var since: Double?
    /// Of what is in; nil when it isn't computed.
    var digest: ContentDigest?
  }

  private struct State {
    var tallies: [Int: Tally] = [:]
    var all = Amount()
    /// Bytes of the files that have been read, of those that are told apart only the collections' own.
    var read = 0
    var told = 0.0
    /// The latest collections with documents on their way, the last one last.
    var current: [Int] = []
  }

  /// How many of the collections on their way are told apart; fewer are shown.
  private static let remembered = 32

  private let state: Mutex<State>
  /// The place in the plan by index into the backup's collections.
  private let places: [Int: Int]
  private let fileBytes: Int
  /// Whether each collection has its own file.
  private let hasFiles: Bool
  private let work: RestoreWork?
  private let events: EventSink

  init(_ plan: RestorePlan, _ backup: any LogicalBackup, events: @escaping EventSink) {
    var state = State()
    var places: [Int: Int] = [:]
    for (at, item) in plan.items.enumerated() {
      guard let facts = item.facts, let index = item.index else { continue }
      places[index] = at
      let size = backup.origin.isCompressed ? 0 : backup.collections[index].fileBytes
      state.tallies[at] = Tally(name: facts.namespace.description, total: size > 0 ? size : nil)
    }
    self.state = Mutex(state)
    self.places = places
    // What is left out, and an oplog beside it, is no part of this.
    let selected = places.keys.reduce(0) { $0 + backup.collections[$1].fileBytes }
    hasFiles = selected > 0
    fileBytes = hasFiles ? selected : backup.origin.bytes
    work = RestoreWork(places.keys, of: backup)
    self.events = events
  }

  /// So much more of the backup's files has been read.
  @Sendable func read(_ progress: ReadProgress) {
    guard !hasFiles || progress.collection.map({ places[$0] != nil }) ?? false else { return }
    state.withLock { $0.read += progress.fileBytes }
  }

  /// A batch is in.
  func inserted(_ batch: DocumentBatch, _ digest: ContentDigest?) {
    guard let place = places[batch.collection] else { return }
    let now = Clock.monotonic
    let news: [Event] = state.withLock { state in
      guard var tally = state.tallies[place] else { return [] }
      tally.since = tally.since ?? now
      if let digest { tally.digest = tally.digest.map { $0.adding(digest) } ?? digest }
      tally.done.documents += batch.count
      tally.done.bytes += batch.byteCount
      state.all.documents += batch.count
      state.all.bytes += batch.byteCount
      state.current.removeAll { $0 == place }
      var news: [Event] = []
      if let total = tally.total, tally.done.bytes >= total {
        let seconds = now - (tally.since ?? now)
        news.append(.collectionDone(phase: "restore", namespace: tally.name, tally.done, seconds: seconds))
      } else {
        state.current.append(place)
        // Of compressed files none is known to be done.
        if state.current.count > Self.remembered { state.current.removeFirst() }
      }
      state.tallies[place] = tally
      if now - state.told >= 0.1 {
        state.told = now
        news.append(.progress(progress(state, now)))
      }
      return news
    }
    news.forEach(events)
  }

  /// The documents' bytes in all are known only at the end when the files are compressed: they are estimated from
  /// the part of the files that has been read.
  private func progress(_ state: State, _ now: Double) -> Progress {
    let share = fileBytes > 0 ? Double(min(state.read, fileBytes)) / Double(fileBytes) : 0
    let total = share > 0.01 ? Amount(bytes: Int(Double(state.all.bytes) / share)) : nil
    let parts = state.current.suffix(4).compactMap { state.tallies[$0] }.map { tally in
      Progress.Part(
        tally.name, done: tally.done, total: tally.total.map { Amount(bytes: $0) },
        seconds: now - (tally.since ?? now))
    }
    return Progress(
      phase: "restore", done: state.all, total: total, share: work?.share(of: state.all),
      current: parts.map(\.name), parts: parts)
  }

  /// A document came twice, byte for byte the same.
  func repeated(_ collection: Int) {
    state.withLock { state in
      if let place = places[collection] { state.tallies[place]?.repeated += 1 }
    }
  }

  /// A document was refused.
  func refused(_ collection: Int) {
    state.withLock { state in
      if let place = places[collection] { state.tallies[place]?.refused += 1 }
    }
  }

  /// Everything counted so far, by place in the plan.
  var tallies: [Int: Tally] { state.withLock(\.tallies) }
}

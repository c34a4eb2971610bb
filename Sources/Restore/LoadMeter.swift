internal import BSON
internal import Backups
internal import Platform
internal import Record
internal import Synchronization

/// Counts what has gone in, by collection and in all, and tells it ten times a second at the most.
final class LoadMeter: Sendable {
  /// What is known of one collection.
  struct Tally: Sendable {
    var name: String
    var done = Amount()
    /// Bytes of its file, when documents lie there as they are.
    var total: Int?
    /// Documents that the backup holds twice, byte for byte.
    var repeated = 0
    var refused = 0
    var since: Double?
  }

  private struct State {
    var tallies: [Namespace: Tally] = [:]
    var all = Amount()
    var told = 0.0
    /// Collections with documents on their way, the last one last.
    var current: [Namespace] = []
  }

  private let state: Mutex<State>
  private let names: [Int: Namespace]
  private let total: Amount?
  private let events: EventSink

  /// `names` are the names in the sandbox by index into the backup's collections.
  init(names: [Int: Namespace], totals: [Int: Int], total: Amount?, events: @escaping EventSink) {
    var state = State()
    for (index, name) in names { state.tallies[name] = Tally(name: name.description, total: totals[index]) }
    self.state = Mutex(state)
    self.names = names
    self.total = total
    self.events = events
  }

  /// A batch is in.
  func inserted(_ batch: DocumentBatch) {
    guard let name = names[batch.collection] else { return }
    let now = Clock.monotonic
    let news: [Event] = state.withLock { state in
      var tally = state.tallies[name] ?? Tally(name: name.description)
      if tally.since == nil { tally.since = now }
      tally.done.documents += batch.count
      tally.done.bytes += batch.byteCount
      state.tallies[name] = tally
      state.all.documents += batch.count
      state.all.bytes += batch.byteCount
      state.current.removeAll { $0 == name }
      var news: [Event] = []
      if let total = tally.total, tally.done.bytes >= total {
        news.append(
          .collectionDone(
            phase: "restore", namespace: name.description, tally.done, seconds: now - (tally.since ?? now)))
      } else {
        state.current.append(name)
      }
      if now - state.told >= 0.1 {
        state.told = now
        news.append(
          .progress(
            Progress(
              phase: "restore", done: state.all, total: total,
              current: state.current.suffix(4).map(\.description))))
      }
      return news
    }
    news.forEach(events)
  }

  /// A document came twice, byte for byte the same.
  func repeated(_ namespace: Namespace) { state.withLock { $0.tallies[namespace]?.repeated += 1 } }

  /// A document was refused.
  func refused(_ namespace: Namespace) { state.withLock { $0.tallies[namespace]?.refused += 1 } }

  /// Everything counted so far.
  var tallies: [Namespace: Tally] { state.withLock(\.tallies) }
}

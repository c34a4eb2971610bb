internal import Record

/// How long a phase will still take, by the rate of the later half of the time that it has run for: long enough that a
/// server's checkpoint, or a second in which it does nothing, doesn't count; short enough to follow a load that slows down.
package struct TimeLeft: Sendable {
  /// Below this many seconds the whole of it counts.
  private static let shortest = 5.0
  /// So many samples are kept of any time, however long it is.
  private static let resolution = 200.0
  /// A share of 1.
  private static let whole = 1e9

  private let begun: Double
  private var samples: [(time: Double, done: Int)]

  /// For a phase that begins at a time, in seconds.
  package init(begun: Double) {
    self.begun = begun
    samples = [(begun, 0)]
  }

  /// Takes how far a phase has come at a time; times go up. Gives the seconds left, where they can be known.
  mutating func take(_ progress: Progress, total: Amount?, at time: Double) -> Double? {
    if let share = progress.share {
      add(Int(share * Self.whole), at: time)
      return seconds(of: Int(Self.whole))
    }
    add(progress.done.bytes, at: time)
    return total.flatMap { $0.bytes > 0 ? seconds(of: $0.bytes) : nil }
  }

  /// Takes what has been done in all at a time; times go up.
  package mutating func add(_ done: Int, at time: Double) {
    let spacing = (time - begun) / TimeLeft.resolution
    if samples.count > 1, time - samples[samples.count - 2].time < spacing { samples.removeLast() }
    samples.append((time, done))
    let window = max(TimeLeft.shortest, (time - begun) / 2)
    // One sample older than the window stays, so that the rate spans it.
    while samples.count > 2, samples[1].time <= time - window { samples.removeFirst() }
  }

  /// Seconds; nil where nothing was done, or within half a second of its beginning.
  package func seconds(of total: Int) -> Double? {
    guard let first = samples.first, let last = samples.last, last.time - begun >= 0.5, last.done > first.done
    else { return nil }
    return Double(max(0, total - last.done)) * (last.time - first.time) / Double(last.done - first.done)
  }
}

internal import Platform
internal import Record

/// Tells which runs' times can't be believed, and when they ended instead.
///
/// A run's own clock may have been wrong, or set while it ran. The order of writing is known from the chain: of runs that
/// end in that order the longest row is believed, and those outside of it are doubtful.
enum RunClocks {
  /// Runs that end at the same time may be written in either order, and clocks of machines that share a folder differ.
  static let tolerance = 60.0

  static func judge(_ runs: inout [RunSummary], _ links: [ChainLink], now: WallTime) {
    // Those that were adopted stand in the order of their names: that says nothing.
    var positions: [String: Int] = [:]
    for (position, link) in links.enumerated() where !link.isAdopted { positions[link.runID] = position }
    for index in runs.indices {
      runs[index].position = positions[runs[index].runID]
      runs[index].time = runs[index].endedAt
      if runs[index].endedAt < runs[index].startedAt { runs[index].clock = .endsBeforeItBegins }
      if runs[index].startedAt.timeInterval(since: now) > tolerance {
        runs[index].clock = .inTheFuture
        runs[index].time = nil
      }
    }
    let written = runs.indices.filter { runs[$0].position != nil }
      .sorted { runs[$0].position ?? 0 < runs[$1].position ?? 0 }
    let candidates = written.filter { runs[$0].time != nil }
    let believed = Set(longestRow(candidates.map { runs[$0].endedAt }).map { candidates[$0] })
    for (place, index) in written.enumerated() where !believed.contains(index) {
      let before = written[..<place].last(where: believed.contains).map { runs[$0].endedAt }
      let after = written[place...].first(where: believed.contains).map { runs[$0].endedAt }
      if runs[index].clock != .inTheFuture {
        let ended = runs[index].endedAt
        let isEarly = before.map { $0.timeInterval(since: ended) > tolerance } ?? false
        let isLate = after.map { ended.timeInterval(since: $0) > tolerance } ?? false
        guard isEarly || isLate else { continue }
        runs[index].clock = .outOfOrder
      }
      runs[index].time = before ?? after
    }
  }

  /// The places of a longest row that doesn't descend; patience sorting.
  static func longestRow(_ times: [WallTime]) -> [Int] {
    var ends: [Int] = []
    var before = [Int?](repeating: nil, count: times.count)
    for (index, time) in times.enumerated() {
      var low = 0
      var high = ends.count
      while low < high {
        let middle = (low + high) / 2
        if times[ends[middle]] <= time { low = middle + 1 } else { high = middle }
      }
      before[index] = low > 0 ? ends[low - 1] : nil
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var row: [Int] = []
    var next = ends.last
    while let index = next {
      row.append(index)
      next = before[index]
    }
    return row.reversed()
  }
}

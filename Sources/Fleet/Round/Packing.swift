/// What one machine gives to tasks that run side by side.
package struct Capacity: Sendable, Hashable {
  /// Bytes.
  package var memory: Int
  /// Bytes; nil where nobody knows.
  package var disk: Int?
  package var cores: Int

  package init(memory: Int, disk: Int?, cores: Int) {
    self.memory = memory
    self.disk = disk
    self.cores = cores
  }

  /// Whether a task fits into what is left.
  package func holds(_ need: TaskNeed) -> Bool {
    need.memory <= memory && need.cores <= cores && (disk.map { (need.disk ?? 0) <= $0 } ?? true)
  }

  /// What is left beside a task.
  package mutating func take(_ need: TaskNeed) {
    memory -= need.memory
    cores -= need.cores
    disk = disk.map { $0 - (need.disk ?? 0) }
  }

  /// What a task leaves when it has ended.
  package mutating func give(_ need: TaskNeed) {
    memory += need.memory
    cores += need.cores
    disk = disk.map { $0 + (need.disk ?? 0) }
  }
}

/// The order of tasks, and when each would run: the longest first, each as soon as any machine has room for it.
package struct Packing: Sendable {
  /// One task's place.
  package struct Slot: Sendable {
    package var need: TaskNeed
    /// The machine, counted from 0.
    package var machine: Int
    /// Seconds from the beginning of the round.
    package var start: Double
    package var end: Double { start + need.expected }
  }

  /// In the order in which they begin.
  package private(set) var slots: [Slot] = []
  /// What fits on no machine.
  package private(set) var tooLarge: [TaskNeed] = []

  /// Seconds from the first beginning to the last end.
  package var length: Double { slots.map(\.end).max() ?? 0 }

  /// The order in which tasks begin: the longest first, of equal ones the first in the file.
  package static func order(_ needs: [TaskNeed]) -> [TaskNeed] {
    needs.enumerated().sorted {
      ($1.element.expected, $0.offset) < ($0.element.expected, $1.offset)
    }.map(\.element)
  }

  package init(_ needs: [TaskNeed], on machine: Capacity, count: Int) {
    var waiting = Packing.order(needs).filter { machine.holds($0) }
    tooLarge = needs.filter { !machine.holds($0) }
    var left = [Capacity](repeating: machine, count: count)
    var running: [Slot] = []
    var now = 0.0
    while !waiting.isEmpty || !running.isEmpty {
      var place = 0
      while place < waiting.count {
        guard let index = left.firstIndex(where: { $0.holds(waiting[place]) }) else {
          place += 1
          continue
        }
        let slot = Slot(need: waiting.remove(at: place), machine: index, start: now)
        left[index].take(slot.need)
        running.append(slot)
        slots.append(slot)
      }
      guard let first = running.indices.min(by: { running[$0].end < running[$1].end }) else { break }
      let ended = running.remove(at: first)
      now = ended.end
      left[ended.machine].give(ended.need)
    }
  }
}

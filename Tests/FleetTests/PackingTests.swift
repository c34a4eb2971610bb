import Fleet
import Platform
import Testing

@Suite("Packing")
struct PackingTests {
  /// Needs of systems `a`, `b`, …: seconds and cores.
  private func needs(_ tasks: [(seconds: Double?, cores: Int)]) throws -> [TaskNeed] {
    try withFleetFolder { folder in
      let file = Files.join(folder, "fleet.yaml")
      let systems = tasks.indices.map { "  s\($0): {backup: x}\n" }.joined()
      try Files.writeAtomically("version: 1\nsystems:\n\(systems)".utf8, to: file)
      return zip(try Fleet(file: file).systems, tasks).map { system, task in
        var need = TaskNeed(system)
        need.seconds = task.seconds
        need.cores = task.cores
        return need
      }
    }
  }

  private let machine = Capacity(memory: 16 << 30, disk: 1 << 40, cores: 2)

  @Test("begins the longest first, each as soon as there is room")
  func order() throws {
    let packing = Packing(try needs([(1, 1), (9, 1), (4, 1), (5, 1)]), on: machine, count: 1)
    #expect(packing.slots.map(\.need.system.index) == [1, 3, 2, 0])
    #expect(packing.slots.map(\.start) == [0, 0, 5, 9])
    #expect(packing.length == 10)
  }

  @Test("lets a small one go before a large one that has no room yet")
  func room() throws {
    let packing = Packing(try needs([(9, 1), (8, 2), (1, 1)]), on: machine, count: 1)
    #expect(packing.slots.map(\.need.system.index) == [0, 2, 1])
    #expect(packing.slots.map(\.start) == [0, 0, 9])
  }

  @Test("uses every machine, and says what fits on none")
  func machines() throws {
    let packing = Packing(try needs([(5, 2), (5, 2), (5, 3)]), on: machine, count: 2)
    #expect(packing.slots.map(\.machine) == [0, 1])
    #expect(packing.length == 5)
    #expect(packing.tooLarge.map(\.system.name) == ["s2"])
  }

  @Test("never has more on a machine than it gives", arguments: 1...20)
  func never(seed: UInt64) throws {
    var state = seed
    func random(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(below))
    }
    let tasks = (0..<40).map { _ in (Optional(Double(1 + random(50))), 1 + random(3)) }
    let machine = Capacity(memory: 1 << 40, disk: nil, cores: 4)
    let packing = Packing(try needs(tasks), on: machine, count: 3)
    #expect(packing.slots.count == 40)
    for slot in packing.slots {
      let beside = packing.slots.filter {
        $0.machine == slot.machine && $0.start <= slot.start && slot.start < $0.end
      }
      #expect(beside.reduce(0) { $0 + $1.need.cores } <= 4)
    }
    // No list of tasks takes less than its work on all cores, nor more than it one by one.
    let work = tasks.reduce(0.0) { $0 + ($1.0 ?? 0) * Double($1.1) } / 12
    #expect(packing.length >= work)
    #expect(packing.length <= tasks.reduce(0) { $0 + ($1.0 ?? 0) })
  }
}

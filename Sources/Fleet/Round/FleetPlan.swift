package import Platform
internal import Record

/// What a round would be: its order, its length, and what keeps it from fitting.
package struct FleetPlan: Sendable {
  private let fleet: Fleet
  private let turns: RoundTurns
  private let needs: [TaskNeed]
  private let machine: Capacity
  private let packing: Packing

  package init(_ fleet: Fleet, _ turns: RoundTurns, on machine: Capacity) {
    self.fleet = fleet
    self.turns = turns
    needs = turns.needs
    self.machine = machine
    packing = Packing(needs, on: machine, count: fleet.machines.count)
  }

  /// What would keep it from an answer for every system within its time; empty when nothing is known to.
  package var problems: [Failure] {
    var problems = packing.tooLarge.map { Failure.systemTooLarge($0.system.name, at: $0.system.place) }
    if let budget = fleet.budget, packing.length > budget {
      problems.append(.overBudget(packing.length, budget: budget, at: Place(fleet.path)))
    }
    // A machine without a mongod is told once, not once a system.
    var seen: Set<Failure> = []
    return problems + needs.flatMap(\.problems).filter { seen.insert($0).inserted }
  }

  private var guessed: Int { needs.count { $0.seconds == nil } }

  /// For people; ends in a newline.
  package var text: String {
    var lines = [
      "Fleet      \(fleet.title) (\(fleet.path))",
      "Records    \(fleet.records)",
      "Machines   \(fleet.machines.count), each with \(machine.cores) cores, \(ByteSize.format(machine.memory)) of memory, "
        + (machine.disk.map { "\(ByteSize.format($0)) of disk" } ?? "a disk of unknown size"),
      "Round      \(Count.text(needs.count, "system"))\(turns.left.isEmpty ? "" : " of \(turns.all.count)"), about \(TimeSpan.format(packing.length))"
        + (fleet.budget.map { " of \(TimeSpan.format($0))" } ?? "")
        + (guessed > 0 ? "; \(guessed) of them guessed by their size" : ""),
      "",
    ]
    var rows = [["start", "task", "length", "memory", "disk", "cores", "owner"]]
    for slot in packing.slots {
      let need = slot.need
      rows.append([
        "+\(TimeSpan.format(slot.start))", need.system.taskName,
        (need.seconds == nil ? "~" : "") + TimeSpan.format(need.expected), ByteSize.format(need.memory),
        need.disk.map { ByteSize.format($0) } ?? "?", "\(need.cores)", need.system.owner ?? "",
      ])
    }
    lines += FleetPlan.aligned(rows)
    if !turns.left.isEmpty {
      lines += ["", "Left to another round"]
      lines += FleetPlan.aligned(
        [["system", "last proven", "why"]]
          + turns.left.map {
            [$0.name, $0.proven?.text ?? "never", $0.reason == .notDue ? "not due" : "the budget is spent"]
          })
    }
    if !turns.overdue.isEmpty {
      lines += ["", "Overdue"]
      lines += FleetPlan.aligned(
        [["system", "what", "found", "asked"]]
          + turns.overdue.map { [$0.system, $0.subject, $0.found, $0.asked] })
    }
    let problems = problems
    if !problems.isEmpty {
      lines += ["", "Problems"] + problems.map { "  \($0.description)" }
    }
    return lines.map { $0.visible + "\n" }.joined()
  }

  /// Rows as lines, whose columns begin below each other.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  /// For machines.
  package var json: JSON {
    [
      "fleet": .string(fleet.path), "title": .string(fleet.title), "records": .string("\(fleet.records)"),
      "machines": [
        "count": .integer(Int64(fleet.machines.count)), "cores": .integer(Int64(machine.cores)),
        "memory_bytes": .integer(Int64(machine.memory)),
        "disk_bytes": machine.disk.map { .integer(Int64($0)) } ?? .null,
      ],
      "seconds": .double(packing.length), "budget_seconds": fleet.budget.map { .double($0) } ?? .null,
      "tasks": .array(packing.slots.map(task)),
      "left_out": .array(
        turns.left.map { left in
          [
            "index": .integer(Int64(left.index)), "system": .string(left.name),
            "reason": .string(left.reason.rawValue),
            "proven_at": left.proven.map { .string($0.text) } ?? .null,
          ]
        }),
      "overdue": .array(
        turns.overdue.map { overdue in
          [
            "system": .string(overdue.system), "what": .string(overdue.subject),
            "found": .string(overdue.found), "asked": .string(overdue.asked),
          ]
        }),
      "too_large": .array(packing.tooLarge.map { .string($0.system.name) }),
      "problems": .array(
        problems.map { failure in
          [
            "code": .string(failure.code), "message": .string(failure.description),
            "exit_code": .integer(Int64(ExitCode(failure).rawValue)),
          ]
        }),
    ]
  }

  private func task(_ slot: Packing.Slot) -> JSON {
    let need = slot.need
    return [
      "index": .integer(Int64(need.system.index)), "system": .string(need.system.name),
      "task": .string(need.system.taskName), "machine": .integer(Int64(slot.machine)),
      "start_seconds": .double(slot.start), "seconds": .double(need.expected),
      "earlier_runs": .integer(Int64(need.runs)), "memory_bytes": .integer(Int64(need.memory)),
      "disk_bytes": need.disk.map { .integer(Int64($0)) } ?? .null, "cores": .integer(Int64(need.cores)),
      "budget_seconds": turns.budget(of: need.system).map { .double($0) } ?? .null,
    ]
  }
}

extension Failure {
  static func systemTooLarge(_ name: String, at place: Place) -> Failure {
    Failure(
      .incomplete, "system-too-large", "system `\(name)` takes more than one machine gives", at: place,
      hint: "Compare its `resources` with `machines`; `mongodrill fleet plan` shows both.")
  }

  static func overBudget(_ seconds: Double, budget: Double, at place: Place) -> Failure {
    Failure(
      .incomplete, "over-budget",
      "the round would take about \(TimeSpan.format(seconds)), and its budget is \(TimeSpan.format(budget))",
      at: place, hint: "Give it more machines or time, or give large systems a `budget` of their own.")
  }
}

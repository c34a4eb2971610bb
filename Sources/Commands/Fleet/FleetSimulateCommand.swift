internal import Arguments
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet simulate`.
enum FleetSimulateCommand: Command {
  static let fleet = Option.value(
    "--fleet", placeholder: "FILE", kind: .path,
    help:
      "A fleet's file, or its folder of records: its systems with the times that their drills took in the newest "
      + "round, and the file's machines and budget. Without it: systems on paper.")
  static let systems = Option.value(
    "--systems", placeholder: "N", kind: .integer(in: 1...100_000), default: "1000",
    help: "So many systems on paper, most of them small and a few very large.")
  static let data = Option.value(
    "--data", placeholder: "SIZE", kind: .size, default: "2PB", help: "What they hold in all.")
  static let rate = Option.value(
    "--rate", placeholder: "SIZE", kind: .size, default: "100MB",
    help: "What a drill restores and checks in a second on an ordinary machine.")
  static let machines = Option.value(
    "--machines", placeholder: "M", kind: .integer(in: 1...10_000), default: "10", help: "So many machines.")
  static let cores = Option.value(
    "--cores", placeholder: "N", kind: .integer(in: 1...1024), default: "4",
    help: "Drills side by side on a machine.")
  static let budget = Option.value(
    "--budget", placeholder: "TIME", kind: .duration, default: "24h",
    help: "What a round may take: what isn't done by then, and how many machines it would need.")
  static let failures = Option.value(
    "--failures", placeholder: "SHARE", kind: .share, default: "2%",
    help: "How likely one start of a task is to die on the way.")
  static let slow = Option.value(
    "--slow", placeholder: "SHARE", kind: .share, default: "5%",
    help: "The share of machines that are 3 times slower.")
  static let seed = Option.value(
    "--seed", placeholder: "N", kind: .integer(in: 0...Int.max), default: "1",
    help: "The same seed gives the same sizes and the same chances.")

  static let syntax = CommandSyntax(
    name: "fleet simulate", summary: "says on paper how many machines and hours a round of a fleet costs",
    description: [
      "Plays a round through, without a backup or a mongod: tasks the longest first, each on a machine where it fits, "
        + "some of them dying on the way and begun again, some machines slow. Says when the last one ends, how well the "
        + "machines are used, what isn't done within the budget, how many machines would do all of it, and after how many "
        + "rounds each system had its turn if the budget is spent on those that were proven longest ago.",
      "The sizes on paper follow a lognormal distribution; a drill takes a minute and its bytes at --rate.",
    ],
    options: [
      OptionGroup("Options", [systems, data, rate, fleet, machines, cores, budget, failures, slow, seed])
    ],
    examples: [
      Example("mongodrill fleet simulate --systems 1000 --data 2PB --machines 40", "A large fleet on paper."),
      Example(
        "mongodrill fleet simulate --fleet fleet.yaml --machines 3 --budget 8h",
        "Your own, by what its drills took."),
    ],
    exits: .codes([.pass: "It was simulated.", .usage: nil, .internal: nil]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let seed = UInt64(values[self.seed] ?? 1)
    var conditions = FleetSimulation.Conditions()
    conditions.machines = values[machines] ?? 10
    conditions.cores = values[cores] ?? 4
    conditions.failures = values[failures] ?? 0.02
    conditions.slow = values[slow] ?? 0.05
    var budget = values[self.budget] ?? 86_400
    let simulation: FleetSimulation
    if let path = values[fleet] {
      let (records, file) = try FleetReportCommand.source(path)
      simulation = try FleetSimulation(measuredIn: records)
      if let file {
        // What is said on the line wins over the file.
        conditions.machines = values[machines] ?? file.machines.count
        conditions.cores = values[cores] ?? file.machines.cores ?? Machine.cores
        conditions.memory = file.machines.memory ?? .max
        conditions.disk = file.machines.disk ?? .max
        budget = values[self.budget] ?? file.budget ?? budget
      }
    } else {
      simulation = FleetSimulation(
        systems: values[systems] ?? 1000, bytes: Double(values[data] ?? 2_000_000_000_000_000),
        rate: Double(values[rate] ?? 100_000_000), seed: seed)
    }
    let whole = simulation.run(conditions, seed: seed)
    var bounded = conditions
    bounded.budget = budget
    let within = simulation.run(bounded, seed: seed)
    let enough = simulation.machines(within: budget, conditions, seed: seed)
    let rounds = simulation.rounds(within: budget, conditions)
    session.result(
      text: text(simulation, whole, within, enough, rounds, budget, conditions),
      json: [
        "systems": .integer(Int64(simulation.systems.count)), "seed": .integer(Int64(seed)),
        "budget_seconds": .double(budget), "round": whole.json, "within_budget": within.json,
        "machines_needed": enough?.json ?? .null,
        "rounds_until_each_had_a_turn": rounds.map { .integer(Int64($0)) } ?? .null,
      ])
    return ExitCode.pass.status
  }

  private static func text(
    _ simulation: FleetSimulation, _ whole: FleetSimulation.Outcome, _ within: FleetSimulation.Outcome,
    _ enough: FleetSimulation.Outcome?, _ rounds: Int?, _ budget: Double,
    _ conditions: FleetSimulation.Conditions
  ) -> String {
    func percent(_ share: Double) -> String { Decimals.format(share * 100, 1) + "%" }
    func hours(_ seconds: Double) -> String { Count.text(Int((seconds / 3600).rounded())) }
    let size = whole.bytes > 0 ? ", \(ByteSize.format(Int(whole.bytes)))" : ""
    var text = "\(Count.text(simulation.systems.count, "system"))\(size)\n"
    text +=
      "On \(Count.text(whole.machines, "machine")) (\(whole.slowMachines) slow), \(conditions.cores) drills side by side on "
      + "each: \(TimeSpan.format(whole.makespan)), \(hours(whole.machineSeconds)) machine hours, "
      + "\(percent(whole.utilisation)) of the cores used, \(percent(whole.lost)) of that lost to "
      + "\(Count.text(whole.starts - whole.done)) starts that died\n"
    if whole.failed > 0 {
      text += "\(Count.text(whole.failed, "system")) died at each of \(conditions.attempts) starts\n"
    }
    if whole.impossible > 0 {
      text += "\(Count.text(whole.impossible, "system")) too large for any machine\n"
    }
    text +=
      "Within \(TimeSpan.format(budget)): \(Count.text(within.done)) done, \(Count.text(within.late)) not"
      + (within.tooLong > 0 ? ", \(Count.text(within.tooLong)) longer than that by themselves" : "") + "\n"
    if let enough {
      text +=
        "\(within.tooLong > 0 ? "All others" : "All") within that: \(Count.text(enough.machines, "machine")), "
        + "\(hours(enough.machineSeconds)) machine hours\n"
    } else {
      text += "No number of machines does all of it within that\n"
    }
    if let rounds {
      text += "Spent on those proven longest ago, each has its turn within \(Count.text(rounds, "round"))\n"
    }
    return text
  }
}

extension FleetSimulation.Outcome {
  fileprivate var json: JSON {
    [
      "machines": .integer(Int64(machines)), "slow_machines": .integer(Int64(slowMachines)),
      "makespan_seconds": .double(makespan), "machine_seconds": .double(machineSeconds),
      "busy_core_seconds": .double(busyCoreSeconds), "utilisation": .double(utilisation),
      "lost": .double(lost),
      "starts": .integer(Int64(starts)), "done": .integer(Int64(done)), "failed": .integer(Int64(failed)),
      "late": .integer(Int64(late)), "too_long": .integer(Int64(tooLong)),
      "impossible": .integer(Int64(impossible)), "bytes": .double(bytes),
    ]
  }
}

extension ValueKind<Double> {
  /// A share of all, as percent or a fraction.
  fileprivate static var share: Self {
    ValueKind("a share such as 2% or 0.02") { text in
      let isPercent = text.hasSuffix("%")
      guard let number = Double(isPercent ? String(text.dropLast()) : text), number >= 0 else { return nil }
      let share = isPercent ? number / 100 : number
      return share < 1 ? share : nil
    }
  }
}

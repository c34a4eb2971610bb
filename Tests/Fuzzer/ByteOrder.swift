import BSON
import Backups
import Commands
import Facts
import Glibc
import Platform

/// Changes the forms of the small backup byte by byte, and draws the table of docs/reliability.md.
struct ByteOrder {
  private var forms = SmallBackup.all
  private var every = 1
  /// Of the changes that `verify` misses, as many are drilled in each form.
  private var drills = 0

  init(_ words: ArraySlice<String>) throws {
    var words = words
    var names: [String] = []
    while let word = words.popFirst() {
      switch word {
      case "--every": every = words.popFirst().flatMap { Int($0) } ?? 1
      case "--drills": drills = words.popFirst().flatMap { Int($0) } ?? 0
      default: names.append(word)
      }
    }
    if !names.isEmpty { forms = forms.filter { names.contains($0.name) } }
    guard !forms.isEmpty else { throw Misbehaviour("no form is called that") }
  }

  /// Sweeps one form, in this process: `verify` ends the supervisor, so that nothing can be started afterwards. What was
  /// missed goes to a file of the folder.
  static func sweep(_ name: String, every: Int, in folder: String) throws -> Bool {
    guard let form = SmallBackup.all.first(where: { $0.name == name }) else {
      throw Misbehaviour("no form \(name)")
    }
    let scratch = Scratch(path: folder)
    var sweep = try ByteSweep(form, every: every, scratch: scratch)
    try sweep.run()
    var missed = ""
    var isGood = true
    for kind in ByteChange.Kind.allCases {
      let count = sweep.counts[kind] ?? .init()
      let sidecar = form.slices == nil && form.stride == 1 ? "\(count.noticedBySidecar)" : "-"
      say(
        "| \(form.name) | \(sweep.bytes) | \(kind) | \(count.tried) | \(count.noticed) | \(count.harmless) | "
          + "\(count.missed.count) | \(sidecar) |")
      for (status, changes) in count.odd {
        isGood = false
        say("ended with \(status): \(changes.prefix(5).map { "\($0.file) \($0.kind) \($0.offset)" })")
      }
      for change in count.missed { missed += "\(kind) \(change.offset) \(change.file)\n" }
    }
    try scratch.write(missed, to: "missed")
    return isGood
  }

  /// False when a process died, when `verify` ended with something else than 0 and 65, or a drill with something that says
  /// nothing of the backup.
  func run() throws -> Bool {
    let folder = "/tmp/mongodrill-bytes-\(getpid())"
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    defer { try? Supervisor.shared.remove(folder) }
    var isGood = true
    say(
      "| form | bytes | change | tried | noticed by verify | changes nothing | missed by verify | of these by a sidecar |"
    )
    say("|---|---|---|---|---|---|---|---|")
    var missed: [(SmallBackup, ByteChange)] = []
    for (index, form) in forms.enumerated() {
      let place = "\(folder)/\(index)"
      let done = try Supervisor.shared.capture(
        ChildSpec([FuzzOrder.program, "sweep", form.name, "\(every)", place]), timeout: 7200)
      say(String(done.output.text.dropLast()))
      if done.status != .exited(0) {
        isGood = false
        say("\(form.name): FAILED: \(done.status) \(done.errorOutput.text)")
      }
      for line in try Files.text(of: "\(place)/missed").split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard let kind = ByteChange.Kind(rawValue: words[0]), let offset = Int(words[1]) else { continue }
        missed.append((form, ByteChange(file: words[2], kind: kind, offset: offset)))
        if Environment["MONGODRILL_FUZZ_CODES"] != nil { say("  missed: \(line)") }
      }
      try Files.removeTree(place)
    }
    if drills > 0, try !drill(missed, in: folder) { isGood = false }
    return isGood
  }

  private func drill(_ missed: [(SmallBackup, ByteChange)], in folder: String) throws -> Bool {
    var odd: [String] = []
    say(
      "\n| form | change | drilled | the backup was refused | its checks failed | only the witness's | what came back is the witness's |"
    )
    say("|---|---|---|---|---|---|---|")
    for form in forms where form.name != "PBM store" {
      for kind in ByteChange.Kind.allCases {
        let all = missed.filter { $0.0.name == form.name && $0.1.kind == kind }.map(\.1)
        let step = max(1, (all.count + drills - 1) / drills)
        let chosen = kind == .cut ? all : stride(from: 0, to: all.count, by: step).map { all[$0] }
        let answers = Monitor([(change: ByteChange, answer: ByteDrill.Answer?, how: String)]())
        try Threads.forEach(below: chosen.count, on: 2) { index in
          let place = "\(folder)/drill-\(UInt64.random(in: 0 ... .max))"
          defer { try? Files.removeTree(place) }
          let answer = try ByteDrill.run(form, chosen[index], in: place)
          answers.update { $0.append((chosen[index], answer.answer, answer.how)) }
        }
        let found = answers.withLock { $0 }
        let counts = ByteDrill.Answer.allCases.map { answer in "\(found.count { $0.answer == answer })" }
        for case (let change, nil, let how) in found {
          odd.append(
            "\(form.name): \(change.file) \(change.kind) \(change.offset): the drill ended with \(how)")
        }
        say("| \(form.name) | \(kind) | \(chosen.count) | \(counts.joined(separator: " | ")) |")
      }
    }
    odd.forEach(say)
    return odd.isEmpty
  }
}

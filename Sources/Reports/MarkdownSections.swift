internal import Platform
internal import Record

extension MarkdownReport {
  /// Tables longer than this are cut; the JSON has them whole.
  private static let mostRows = 60

  mutating func recovered() {
    section("What was recovered")
    let backup = record.backup
    var facts = [backup.form].compactMap(\.self)
    if let bytes = backup.bytes { facts.append(ByteSize.format(bytes)) }
    if backup.compressed == true { facts.append("gzip") }
    if let version = backup.serverVersion { facts.append("MongoDB \(MarkdownText.escaped(version))") }
    if let version = backup.toolVersion {
      facts.append("taken by mongodump \(MarkdownText.escaped(version))")
    }
    add(
      "From \(MarkdownText.code(backup.path, inTable: false))"
        + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
        + (backup.collections.isEmpty ? ": nothing." : ":"))
    guard !backup.collections.isEmpty else { return }
    add("")
    let ranked = backup.collections.sorted { $0.bytes > $1.bytes }
    let kept = Set(ranked.prefix(Self.mostRows).map(\.source))
    table(
      ["Collection", ">Documents", ">Size", ">Indexes", "Note"],
      backup.collections.filter { kept.contains($0.source) }.map(row))
    let cut = backup.collections.filter { !kept.contains($0.source) }
    if !cut.isEmpty {
      let documents = cut.reduce(0) { $0 + ($1.atTarget ?? $1.inserted) }
      add("")
      add(
        "… and \(Count.text(cut.count)) smaller ones with \(Count.text(documents, "document")), in report.json."
      )
    }
    let summary = record.summary
    add("")
    add(
      "In all: \(Count.text(summary.collections, "collection")), \(Count.text(summary.documents, "document")), "
        + "\(ByteSize.format(summary.bytes)), \(Count.text(summary.indexes, "index", plural: "indexes")) "
        + "besides `_id_`.")
    for note in backup.notes { add("- \(MarkdownText.escaped(note))") }
  }

  private func row(_ collection: DrillRecord.Collection) -> [String] {
    var notes: [String] = []
    if collection.target == nil {
      notes.append("not restored" + (collection.note == nil ? "" : ":"))
    } else if collection.target != collection.source, let target = collection.target {
      notes.append("as \(MarkdownText.code(target))" + (collection.note == nil ? "" : ","))
    }
    if collection.repeated > 0 { notes.append("\(Count.text(collection.repeated)) held twice, the same") }
    if let note = collection.note { notes.append(MarkdownText.escaped(note)) }
    if let count = collection.atTarget, count != collection.inserted {
      notes.append(
        (notes.isEmpty ? "" : "; ") + "\(Count.text(collection.inserted)) in the backup")
    }
    let documents =
      collection.missing == 0
      ? Count.text(collection.atTarget ?? collection.documents - collection.repeated)
      : "**\(Count.text(collection.inserted)) of \(Count.text(collection.documents))**"
    return [
      MarkdownText.code(collection.source), documents, ByteSize.format(collection.bytes),
      Count.text(collection.indexes), notes.joined(separator: " "),
    ]
  }

  mutating func failures() {
    let checks = record.checks.filter { $0.result != .pass }.sorted { $0.result.rank < $1.result.rank }
    let problems = record.backup.problems
    guard !checks.isEmpty || !problems.isEmpty else { return }
    section("What is wrong")
    for problem in problems {
      let isOperation = problem.subject == "operation"
      add("### FAIL: \(isOperation ? "" : "refused ")\(MarkdownText.escaped(problem.title))")
      add("")
      add("\(isOperation ? "" : "The server said: ")\(MarkdownText.escaped(problem.message))")
      add("")
    }
    if record.backup.problemCount > problems.count {
      add("… and \(Count.text(record.backup.problemCount - problems.count)) more of these.")
      add("")
    }
    for check in checks { failure(check) }
    if record.shards.isEmpty, checks.contains(where: { $0.query != nil }) {
      let documentsAlone = record.backup.oplog != nil && record.replay == nil
      var command =
        "mongodrill restore \(documentsAlone ? "--no-replay " : "")\(Shell.quoted(record.backup.path))"
      if let replay = record.replay {
        command += record.backup.slices.map { " --oplog \(Shell.quoted($0))" }.joined()
        command += " --to \(replay.lastApplied ?? replay.through)"
      }
      add(
        "The queries are for `mongosh` on the restored data: "
          + "\(MarkdownText.code(command, inTable: false)) brings it back.")
    }
    if lines.last == "" { lines.removeLast() }
  }

  private mutating func failure(_ check: Outcome) {
    add("### \(check.result.rawValue.uppercased()): \(MarkdownText.escaped(check.title))")
    add("")
    add(MarkdownText.escaped(check.message))
    add("")
    if let expected = check.expected { add("- Expected: \(MarkdownText.escaped(expected))") }
    if let observed = check.observed { add("- Observed: \(MarkdownText.escaped(observed))") }
    let samples = check.samples.prefix(5)
    if !samples.isEmpty {
      add(
        "- `_id` of \(samples.count == 1 ? "one" : "some"): "
          + samples.map { MarkdownText.code($0, inTable: false) }.joined(separator: ", "))
    }
    if let query = check.query {
      if lines.last != "" { add("") }
      lines += MarkdownText.block(query, language: "js")
    }
    if lines.last != "" { add("") }
  }

  mutating func notVerified() {
    section("What was not verified")
    if record.notVerified.isEmpty { add("Nothing is known to have been left out.") }
    for item in record.notVerified { add("- \(MarkdownText.escaped(item.message))") }
  }

  mutating func checks() {
    section("Checks")
    guard !record.checks.isEmpty else {
      add("None was made.")
      return
    }
    let most = Self.mostRows * 5
    table(
      ["Result", "Suite", "Check", "Collection", "Found", ">Time"],
      record.checks.prefix(most).map { check in
        [
          check.result == .pass ? "pass" : "**\(check.result.rawValue)**", MarkdownText.escaped(check.suite),
          MarkdownText.escaped(check.name), check.namespace.map { MarkdownText.code($0) } ?? "",
          MarkdownText.escaped(check.message), TimeSpan.format(check.seconds),
        ]
      })
    if record.checks.count > most {
      add("")
      add("… and \(Count.text(record.checks.count - most)) more in report.json.")
    }
  }

  mutating func steps(_ title: String, _ steps: [DrillRecord.Step]) {
    guard !steps.isEmpty else { return }
    section(title)
    let isPlanned = steps.contains { $0.plannedSeconds != nil }
    table(
      ["Step", "Kind", "Result", ">Time"] + (isPlanned ? [">Planned"] : []) + ["Note"],
      steps.map { step in
        let approved = step.approvedBy.map { "approved by \($0)" }
        let waited = step.personSeconds.flatMap { $0 > 0 ? "\(TimeSpan.format($0)) of a person's time" : nil }
        let note = [step.description, step.message, approved, waited].compactMap(\.self).joined(
          separator: ": ")
        return [
          MarkdownText.code(step.id), step.kind,
          step.status == .completed ? "completed" : "**\(step.status.rawValue)**",
          step.attempts == 0 ? "–" : TimeSpan.format(step.seconds),
        ] + (isPlanned ? [step.plannedSeconds.map(TimeSpan.format) ?? ""] : []) + [MarkdownText.escaped(note)]
      })
    for step in steps {
      guard let output = step.output, !output.isEmpty, step.status != .completed else { continue }
      add("")
      add("The end of what \(MarkdownText.code(step.id, inTable: false)) wrote:")
      add("")
      lines += MarkdownText.block(output)
    }
  }

  mutating func phases() {
    guard !record.phases.isEmpty else { return }
    section("Time")
    table(
      ["Phase", ">Time", ">Documents", ">Size", ">Documents/s", ">Size/s"],
      record.phases.map { phase in
        func rate(_ amount: Int?) -> Int? {
          amount.flatMap { phase.seconds > 0 ? Int((Double($0) / phase.seconds).rounded()) : nil }
        }
        return [
          phase.name, TimeSpan.format(phase.seconds), phase.documents.map { Count.text($0) } ?? "",
          phase.bytes.map(ByteSize.format) ?? "", rate(phase.documents).map { Count.text($0) } ?? "",
          rate(phase.bytes).map { "\(ByteSize.format($0))/s" } ?? "",
        ]
      })
  }
}

extension Outcome.Result {
  /// The worst first.
  fileprivate var rank: Int {
    switch self {
    case .fail: 0
    case .error: 1
    case .skipped: 2
    case .warn: 3
    case .pass: 4
    }
  }
}

/// Words for a POSIX shell.
enum Shell {
  /// The word as it is where that is safe, in single quotes otherwise.
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_-./:=@%+,".utf8.contains(byte)
        }
      }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}

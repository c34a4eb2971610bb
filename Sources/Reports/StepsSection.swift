internal import Platform
internal import Record

extension Section {
  /// Steps or rollbacks, with what they were planned to take where somebody said.
  static func steps(_ title: String, _ steps: [DrillRecord.Step]) -> Section? {
    guard !steps.isEmpty else { return nil }
    let isPlanned = steps.contains { $0.plannedSeconds != nil }
    var blocks: [Block] = [
      .table(
        ["Step", "Kind", "Result", ">Time"] + (isPlanned ? [">Planned"] : []) + ["Note"],
        steps.map { row($0, isPlanned: isPlanned) })
    ]
    for step in steps {
      guard let output = step.output, !output.isEmpty, step.status != .completed else { continue }
      blocks += [.paragraph("The end of what \(code: step.id) wrote:"), .lines(output)]
    }
    return Section(Prose(own: title), blocks)
  }

  private static func row(_ step: DrillRecord.Step, isPlanned: Bool) -> [Prose] {
    let approved = step.approvedBy.map { "approved by \($0)" }
    let waited = step.personSeconds.flatMap { $0 > 0 ? "\(TimeSpan.format($0)) of a person's time" : nil }
    let note = [step.description, step.message, approved, waited].compactMap(\.self).joined(separator: ": ")
    let status = Prose(own: step.status.rawValue)
    return [
      Prose(code: step.id), Prose(data: step.kind),
      step.status == .completed ? status : Prose(strong: status),
      Prose(own: step.attempts == 0 ? "–" : TimeSpan.format(step.seconds)),
    ] + (isPlanned ? [Prose(own: step.plannedSeconds.map(TimeSpan.format) ?? "")] : []) + [Prose(data: note)]
  }

  /// How long each phase took, and how fast it was.
  static func phases(_ record: DrillRecord) -> Section? {
    guard !record.phases.isEmpty else { return nil }
    let rows = record.phases.map { phase -> [Prose] in
      [
        Prose(data: phase.name), Prose(own: TimeSpan.format(phase.seconds)),
        Prose(own: phase.documents.map { Count.text($0) } ?? ""),
        Prose(own: phase.bytes.map(ByteSize.format) ?? ""),
        Prose(own: phase.rate(\.documents).map { Count.text($0) } ?? ""),
        Prose(own: phase.rate(\.bytes).map { "\(ByteSize.format($0))/s" } ?? ""),
      ]
    }
    return Section(
      "Time",
      [.table(["Phase", ">Time", ">Documents", ">Size", ">Documents/s", ">Size/s"], rows)])
  }
}

extension Phase {
  /// An amount a second, rounded; nil where there is no amount or no time.
  func rate(_ amount: KeyPath<Phase, Int?>) -> Int? {
    guard seconds > 0, let amount = self[keyPath: amount] else { return nil }
    let rate = (Double(amount) / seconds).rounded()
    return rate < 9e18 ? Int(rate) : nil
  }
}

internal import Platform
internal import Record

extension MarkdownReport {
  /// The faults that were planted on purpose, those that went unnoticed first.
  mutating func damage() {
    guard let damage = record.damage else { return }
    section("Planted faults")
    add("\(damage.sentence).")
    add("")
    let rank: (DrillRecord.Fault) -> Int = { $0.noticed == false ? 0 : $0.noticed == true ? 1 : 2 }
    let faults = damage.faults.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }
    table(
      ["Fault", "Planted in", "What was done", "Noticed", "By, or a check that sees it"],
      faults.map(\.element).map { fault in
        let word =
          switch fault.noticed {
          case true?: "yes"
          case false?: "**no**"
          case nil: "not planted"
          }
        return [
          fault.kind, fault.namespace.map { MarkdownText.code($0) } ?? "",
          MarkdownText.escaped(fault.description), word,
          fault.noticed == true
            ? MarkdownText.escaped(fault.noticers) : fault.remedy.map { MarkdownText.code($0) } ?? "",
        ]
      })
  }
}

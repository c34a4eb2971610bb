internal import Platform
internal import Record

extension Section {
  /// The faults that were planted on purpose, those that went unnoticed first.
  static func damage(_ record: DrillRecord) -> Section? {
    guard let damage = record.damage else { return nil }
    let rank: (DrillRecord.Fault) -> Int = { $0.noticed == false ? 0 : $0.noticed == true ? 1 : 2 }
    let faults = damage.faults.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }
    return Section(
      "Planted faults",
      [
        .paragraph("\(own: damage.sentence)."),
        .table(
          ["Fault", "Planted in", "What was done", "Noticed", "By, or a check that sees it"],
          faults.map(\.element).map { fault in
            let word: Prose =
              switch fault.noticed {
              case true?: "yes"
              case false?: "\(strong: "no")"
              case nil: "not planted"
              }
            return [
              Prose(data: fault.kind), fault.namespace.map(Prose.init(code:)) ?? "",
              Prose(data: fault.description), word,
              fault.noticed == true
                ? Prose(data: fault.noticers) : fault.remedy.map(Prose.init(code:)) ?? "",
            ]
          }),
      ])
  }
}

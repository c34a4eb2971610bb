internal import Platform

extension DrillRecord {
  /// The faults that were planted on purpose, and whether the checks noticed.
  package struct Damage: RecordPart {
    package var faults: [Fault] = []

    package init() {}

    /// The code of the reason for a fault that went unnoticed.
    package static let unnoticed = "damage-unnoticed"

    /// Why the verdict is no pass; empty when everything planted was noticed.
    package var reasons: [Reason] {
      faults.filter { $0.noticed == false }.map { fault in
        let place = fault.namespace.map { " in \($0)" } ?? ""
        return Reason(
          .checkFailed, Damage.unnoticed, "\(fault.kind)\(place) went unnoticed: \(fault.description)",
          hint: fault.remedy.map { "A check that sees it: \($0)" })
      }
    }

    /// How many were planted: those that could be.
    package var planted: Int { faults.count { $0.noticed != nil } }
    /// How many of these were noticed.
    package var noticed: Int { faults.count { $0.noticed == true } }

    /// `12 of 14 planted faults were noticed`.
    package var sentence: String {
      "\(Count.text(noticed)) of \(Count.text(planted, "planted fault")) \(noticed == 1 ? "was" : "were") noticed"
    }

    package static var fields: [RecordField<Damage>] {
      [
        RecordField("faults", \.faults),
        RecordField(derived: "planted") { $0.planted },
        RecordField(derived: "noticed") { $0.noticed },
      ]
    }
  }

  /// One fault.
  package struct Fault: RecordPart {
    /// `documents-lost`, `index-left-out`, …
    package var kind = ""
    /// The collection that it was planted in; nil when in the backup as a whole.
    package var namespace: String?
    /// What was done: `12 of 1,200 documents deleted`; why nothing was where `noticed` is null.
    package var description = ""
    /// Whether anything noticed; null when the fault could not be planted.
    package var noticed: Bool?
    /// What noticed: checks by their titles, or the code of what ended the drill.
    package var by: [String] = []
    /// A check that would notice, as it is written in a scenario; null when the fault was noticed.
    package var remedy: String?
    package var seconds = 0.0

    package init() {}

    /// What noticed, as a phrase: `count of shop.orders and 3 more`.
    package var noticers: String {
      guard let first = by.first else { return "" }
      return "by \(first)" + (by.count > 1 ? " and \(Count.text(by.count - 1)) more" : "")
    }

    package static var fields: [RecordField<Fault>] {
      [
        RecordField("kind", \.kind), RecordField("namespace", \.namespace),
        RecordField("description", \.description), RecordField("noticed", \.noticed), RecordField("by", \.by),
        RecordField("remedy", \.remedy), RecordField("seconds", \.seconds),
      ]
    }
  }
}

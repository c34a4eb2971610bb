package import Platform

/// One line of a folder's `chain.jsonl`.
package enum ChainLine: Sendable, Hashable {
  /// A record was written.
  case record(ChainLink)
  /// Records were removed on purpose: none of those up to that one need be there.
  case removal(ChainAnchor)

  /// Reads a line; nil when it is something else.
  package init?(_ text: some StringProtocol) {
    guard let json = try? JSON.parse(String(text)), case .string(let sha256)? = json["sha256"] else {
      return nil
    }
    if case .string(let id)? = json["run_id"] {
      self = .record(
        ChainLink(
          runID: id, sha256: sha256, writtenAt: ChainLine.time(json["written_at"]),
          isAdopted: json["adopted"] == true))
    } else if case .string(let id)? = json["removed_through"] {
      guard case .integer(let count)? = json["removed"] else { return nil }
      self = .removal(
        ChainAnchor(
          runID: id, sha256: sha256, removed: Int(count), removedAt: ChainLine.time(json["removed_at"]),
          missing: (try? [String](recordJSON: json["missing"])) ?? []))
    } else {
      return nil
    }
  }

  private static func time(_ json: JSON?) -> WallTime? {
    if case .string(let text)? = json { WallTime(rfc3339: text) } else { nil }
  }

  /// One line of JSON, its newline included.
  package var text: String {
    let json: JSON =
      switch self {
      case .record(let link):
        .record([
          "run_id": .string(link.runID), "sha256": .string(link.sha256),
          "written_at": link.writtenAt?.recordJSON, "adopted": link.isAdopted ? true : nil,
        ])
      case .removal(let anchor):
        .record([
          "removed_through": .string(anchor.runID), "sha256": .string(anchor.sha256),
          "removed": .integer(Int64(anchor.removed)), "removed_at": anchor.removedAt?.recordJSON,
          "missing": anchor.missing.isEmpty ? nil : anchor.missing.recordJSON,
        ])
      }
    return json.text() + "\n"
  }
}

/// A record's place in the order of writing.
package struct ChainLink: Sendable, Hashable {
  package var runID: String
  /// Of its `report.json`, in hexadecimal digits.
  package var sha256: String
  package var writtenAt: WallTime?
  /// Whether it was found in the folder when the chain was begun, and not written by its means.
  package var isAdopted: Bool

  package init(runID: String, sha256: String, writtenAt: WallTime?, isAdopted: Bool = false) {
    self.runID = runID
    self.sha256 = sha256
    self.writtenAt = writtenAt
    self.isAdopted = isAdopted
  }

  /// As the next record names it.
  package var asPrevious: DrillRecord.PreviousRun {
    DrillRecord.PreviousRun(runID: runID, sha256: sha256)
  }
}

/// What is left of records that were removed on purpose.
package struct ChainAnchor: Sendable, Hashable {
  /// The last one of them, in the order of writing.
  package var runID: String
  package var sha256: String
  /// How many were removed at this time.
  package var removed: Int
  package var removedAt: WallTime?
  /// Those that were gone already by then, by no removal of this kind.
  package var missing: [String]

  package init(
    runID: String, sha256: String, removed: Int, removedAt: WallTime?, missing: [String] = []
  ) {
    self.runID = runID
    self.sha256 = sha256
    self.removed = removed
    self.removedAt = removedAt
    self.missing = missing
  }

  /// Whether the record that another one names was the last of them.
  package func isOf(_ named: DrillRecord.PreviousRun) -> Bool {
    runID.utf8.elementsEqual(named.runID.utf8) && sha256.utf8.elementsEqual(named.sha256.utf8)
  }
}

internal import BSON
package import Platform

extension Coverage {
  /// What can be reached, a line each.
  package var lines: [String] {
    var lines = ["consistent at \(dumpEnd.withTime), the dump's end"]
    if provenEnd > dumpEnd { lines.append("every entry is there through \(provenEnd.withTime)") }
    lines += unproven.map { "unproven: \($0.description)" }
    if end > provenEnd { lines.append("past that, entries go on through \(end.withTime)") }
    lines += gaps.map { "gap: \($0.description)" }
    if last > end { lines.append("entries past a gap, through \(last.withTime), can't be reached") }
    lines.append(
      end == provenEnd
        ? "latest target: \(end)" : "latest target: \(end), of which only \(provenEnd) is proven")
    return lines
  }

  /// The same for machines.
  package var json: JSON {
    .record([
      "window_start": .string(windowStart.description), "dump_end": .string(dumpEnd.description),
      "proven_through": .string(provenEnd.description), "through": .string(end.description),
      "last_entry": .string(last.description), "proven_through_time": .string(provenEnd.time),
      "through_time": .string(end.time), "seams": .array(seams.map(\.json)),
    ])
  }
}

extension Seam {
  /// Both edges, each with its file and byte, and what is known about what lies between.
  package var json: JSON {
    let (word, reason): (String, String?) =
      switch verdict {
      case .proven(let proof): ("proven", proof.rawValue)
      case .unproven: ("unproven", nil)
      case .gap(let evidence): ("gap", evidence.description)
      }
    return .record([
      "verdict": .string(word), "reason": reason.map(JSON.string) ?? .null, "before": before.json,
      "after": after.json,
    ])
  }
}

extension Seam.Edge {
  fileprivate var json: JSON {
    .record([
      "timestamp": .string(timestamp.description), "file": .string(place.file),
      "offset": place.offset.map { .integer(Int64($0)) } ?? .null,
    ])
  }
}

extension Timestamp {
  /// The second that it lies in, as RFC 3339.
  fileprivate var time: String { WallTime(seconds: Int(seconds)).text }
  fileprivate var withTime: String { "\(self) (\(time))" }
}

package import BSON
package import Platform

extension Coverage {
  /// What can be reached, a line each.
  package var lines: [String] {
    var lines = ["consistent at \(dumpEnd.withTime), the dump's end"]
    if provenEnd > dumpEnd { lines.append("no entry is seen to be missing through \(provenEnd.withTime)") }
    lines += unproven.map { "unproven: \($0.description)" }
    if end > provenEnd { lines.append("past that, entries go on through \(end.withTime)") }
    lines += gaps.map { "gap: \($0.description)" }
    if let unused { lines.append(unused.sentence) }
    if last > end { lines.append("entries past a gap, through \(last.withTime), can't be reached") }
    lines.append(
      end == provenEnd
        ? "latest target: \(end.withTime)"
        : "latest target: \(end.withTime), of which only \(provenEnd.withTime) is proven")
    return lines
  }

  /// The same for machines: each seam with both its edges.
  package var json: JSON {
    .record([
      "window_start": .string(windowStart.description), "dump_end": .string(dumpEnd.description),
      "proven_end": .string(provenEnd.description), "end": .string(end.description),
      "last": .string(last.description), "unproven": .array(unproven.map(\.json)),
      "gaps": .array(gaps.map(\.json)), "unused_increments": unused?.json,
    ])
  }
}

extension Seam {
  /// Both edges, each with its file and byte, and what shows a gap.
  package var json: JSON {
    var reason = JSON.null
    if case .gap(let evidence) = verdict { reason = .string(evidence.description) }
    return .record(["before": before.json, "after": after.json, "reason": reason])
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
  /// As people read it: `1795258578:300 (2026-11-21T10:56:18Z)`.
  package var withTime: String { "\(self) (\(time))" }
}

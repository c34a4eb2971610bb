internal import BSON
internal import Backups
package import Platform

extension Inventory.Entry {
  /// An element of `entries`.
  package var json: JSON {
    let oplog: JSON =
      found.oplog.map { ["first": .string("\($0.first)"), "last": .text($0.last.map { "\($0)" })] } ?? .null
    return [
      "path": .string(path), "kind": .string(kind.rawValue), "form": .string(found.form),
      "time": .text(time?.text), "time_source": .text(found.time?.source.rawValue),
      "age": .text(age?.rawValue), "bytes": .integer(Int64(bytes)),
      "growth": growth.map(JSON.double) ?? .null, "status": .string(status.rawValue),
      "failure": failure.map { ["code": .string($0.code), "message": .string($0.description)] } ?? .null,
      "said_succeeded": found.saidSucceeded.map(JSON.bool) ?? .null, "said_type": .text(found.saidType),
      "unknown_words": .array(found.unknownWords.map(JSON.string)), "part": .bool(found.isPart),
      "oplog": oplog, "coverage": coverage?.json ?? .null,
      "last_drill": lastDrill?.json ?? .null, "last_proven": lastProven?.json ?? .null,
      "links": .array(found.links.map(JSON.string)),
      "namespaces": found.namespaces.map { .array($0.map { .string($0.description) }) } ?? .null,
    ]
  }
}

extension Inventory.Drilled {
  /// `{run_id, verdict, at}`.
  package var json: JSON {
    ["run_id": .string(runID), "verdict": .string(verdict), "at": .text(time?.text)]
  }
}

extension BackupCoverage {
  /// `{from, proven, to, limit, slices}`, moments as timestamps of the oplog.
  package var json: JSON {
    [
      "from": .string("\(dumpEnd)"), "proven": .string("\(provenEnd)"), "to": .string("\(end)"),
      "limit": .text(limit?.rawValue), "slices": .integer(Int64(slices.count)),
    ]
  }
}

extension SliceChain {
  /// `{folder, first, last, slices, bytes, breaks[]}`.
  package var json: JSON {
    [
      "folder": .string(folder), "first": .text(links.first.map { "\($0.first)" }),
      "last": .text(links.map(\.last).max().map { "\($0)" }), "slices": .integer(Int64(links.count)),
      "bytes": .integer(Int64(bytes)),
      "breaks": .array(
        breaks.map {
          ["before": .string("\($0.before)"), "after": .string("\($0.after)"), "gap": .bool($0.isGap)]
        }),
    ]
  }
}

extension Inventory {
  /// `{folders, made_at, entries[], chains[], passed_over[], storage[]}`.
  package var json: JSON {
    [
      "folders": .array(folders.map(JSON.string)), "made_at": .string(now.text),
      "entries": .array(entries.map(\.json)), "chains": .array(chains.map(\.json)),
      "passed_over": .array(
        passedOver.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
      "storage": .array(
        storage.map {
          [
            "folder": .string($0.folder), "used_bytes": .integer(Int64($0.used)),
            "free_bytes": $0.free.map { .integer(Int64($0)) } ?? .null,
          ]
        }),
    ]
  }
}

extension Retention {
  /// `{remove[], keep[], bytes}`; each of `keep` with its reasons.
  package var json: JSON {
    [
      "remove": .array(removable.map { .string($0.entry.path) }),
      "bytes": .integer(Int64(bytesRemovable)),
      "keep": .array(
        decisions.filter(\.isKept).map {
          ["path": .string($0.entry.path), "reasons": .array($0.reasons.map(JSON.string))]
        }),
    ]
  }
}

extension JSON {
  static func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
}

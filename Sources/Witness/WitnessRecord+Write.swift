internal import BSON
internal import Facts
package import Platform

extension WitnessRecord {
  /// Writes the file, with mode 0600: it is there whole or not at all. It has one line a collection.
  package func write(to path: String) throws(Failure) {
    var members = json
    let sha256 = WitnessRecord.sha256(of: members)
    members.append(JSON.Member("sha256", .string(sha256)))
    // One line a collection: a tool that shows differences of texts is of use.
    var text = "{\n"
    for (index, member) in members.enumerated() {
      text += "\(JSON.string(member.key).text()): "
      if member.key == "collections", case .array(let collections) = member.value, !collections.isEmpty {
        text += "[\n" + collections.map { "  " + $0.text() }.joined(separator: ",\n") + "\n]"
      } else {
        text += member.value.text()
      }
      text += index < members.count - 1 ? ",\n" : "\n"
    }
    try Files.writeAtomically((text + "}\n").utf8, to: path, mode: 0o600)
  }

  /// The SHA-256 of a file's members as one line of JSON.
  static func sha256(of members: [JSON.Member]) -> String {
    SHA256.hex(of: Array(JSON.object(members).text().utf8))
  }

  private var json: [JSON.Member] {
    guard
      case .object(let members) = JSON.record([
        "schema_version": .integer(Int64(WitnessRecord.schemaVersion)), "tool": .string(tool),
        "started_at": .string(startedAt.text), "ended_at": .string(endedAt.text),
        "source": .record([
          "hosts": .array(source.hosts.map(JSON.string)), "set": .string(source.set),
          "version": .string(source.version),
        ]),
        "selection": .record([
          "include": .array(selection.include.map(JSON.string)),
          "exclude": .array(selection.exclude.map(JSON.string)),
          "share_per_million": .integer(Int64(selection.sharePerMillion)),
          "seed": .string(String(selection.seed)),
        ]),
        "documents_file": documentsFile.map { .string(Files.name(of: $0)) },
        "batches": .array(
          batches.map { .record(["timestamp": .string($0.timestamp.description), "time": .string($0.time)]) }),
        "queries": .array(
          queries.map {
            .record([
              "namespace": .string($0.namespace.description), "name": .string($0.name),
              "seconds": .double($0.seconds),
              "examined": .integer(Int64($0.examined)),
            ])
          }),
        "collections": .array(collections.map(\.json)),
      ])
    else { return [] }
    return members
  }
}

extension WitnessRecord.Batch {
  fileprivate var time: String { WallTime(seconds: Int(timestamp.seconds)).text }
}

extension WitnessedCollection {
  fileprivate var json: JSON {
    .record([
      "namespace": .string(facts.namespace.description), "kind": .string(facts.kind.rawValue),
      "uuid": facts.uuid.map { .string($0.description) },
      "options": .string(facts.options.extendedJSON()),
      "indexes": .array(facts.indexes.map { .string($0.document.extendedJSON()) }),
      "sizes": sizes.map { sizes in
        .record([
          "documents": .integer(Int64(sizes.documents)), "data": .integer(Int64(sizes.data)),
          "storage": .integer(Int64(sizes.storage)), "indexes": .integer(Int64(sizes.indexes)),
        ])
      },
      "way": .string(way.rawValue), "content": .string(content.rawValue), "reason": reason.map(JSON.string),
      "changed": changed.isEmpty ? nil : .array(changed.map(JSON.string)), "cuts": .integer(Int64(cuts)),
      "ranges": .array(ranges.map(\.json)),
    ])
  }
}

extension WitnessedRange {
  fileprivate var json: JSON {
    .record([
      "batch": .integer(Int64(batch)), "min": range.min.map { .string($0.extendedJSON(relaxed: false)) },
      "max": range.max.map { .string($0.extendedJSON(relaxed: false)) },
      "documents": .integer(Int64(digest.documents)), "bytes": .integer(Int64(digest.bytes)),
      "sum": .string(digest.sum.text),
      "detail": detail.map { detail in
        .record([
          "level": .string(detail.level.rawValue), "offset": .integer(Int64(detail.offset)),
          "length": .integer(Int64(detail.length)), "sha256": .string(detail.sha256),
        ])
      },
    ])
  }
}

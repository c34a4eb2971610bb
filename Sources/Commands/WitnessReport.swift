internal import BSON
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// What `witness` recorded, as text and as JSON.
struct WitnessReport {
  let record: WitnessRecord
  let path: String
  let seconds: Double

  /// Collections whose documents are known; views hold none.
  private var read: [WitnessedCollection] { record.collections.filter { $0.way != .none } }
  private var unread: [WitnessedCollection] {
    record.collections.filter { $0.way == .none && $0.facts.kind != .view }
  }
  private var weaker: [WitnessedCollection] { read.filter { $0.reason != nil } }
  private var digest: ContentDigest {
    read.flatMap(\.ranges).reduce(ContentDigest()) { $0.adding($1.digest) }
  }
  private func size(of path: String?) -> Int? { path.flatMap { try? Files.size(of: $0) } }

  /// Whether everything that was asked for is witnessed.
  var isWhole: Bool { unread.isEmpty }

  // MARK: Text

  var text: String {
    let source = record.source
    var text =
      "\(Count.text(record.collections.count, "collection")), \(Count.text(digest.documents, "document")), "
      + "\(ByteSize.format(digest.bytes)) of \(source.set.visible) (\(source.version)) in "
      + "\(TimeSpan.format(seconds)), at \(times)\n"
    if record.selection.sharePerMillion < 1_000_000 {
      let cuts = read.reduce(0) { $0 + $1.cuts }
      let ranges = read.reduce(0) { $0 + $1.ranges.count }
      text += "a share: \(Count.text(ranges)) of \(Count.text(cuts)) ranges, seed \(record.selection.seed)\n"
    }
    for collection in weaker {
      text +=
        "weaker: \(collection.facts.namespace.description.visible): \(collection.reason?.visible ?? "")\n"
    }
    for collection in read where !collection.changed.isEmpty {
      text +=
        "changed meanwhile: \(collection.changed.joined(separator: ", ")) of "
        + "\(collection.facts.namespace.description.visible)\n"
    }
    for collection in unread {
      text +=
        "not witnessed: \(collection.facts.namespace.description.visible): \(collection.reason?.visible ?? "")\n"
    }
    text += "\(path.visible): \(ByteSize.format(size(of: path) ?? 0))\n"
    if let file = record.documentsFile {
      text += "\(file.visible): \(ByteSize.format(size(of: file) ?? 0)), \(levels)\n"
    }
    return text
  }

  private var times: String {
    let times = record.batches.map(\.timestamp)
    guard let first = times.first, let last = times.last else { return "no cluster time" }
    if times.count == 1 { return "cluster time \(first) (\(WallTime(seconds: Int(first.seconds)).text))" }
    return "\(times.count) cluster times, \(first) to \(last)"
  }

  /// `the fields of 3 collections, the documents of 1`.
  private var levels: String {
    let levels = read.map { collection in
      Set(collection.ranges.map { $0.detail?.level ?? .ranges })
    }
    func count(_ level: DetailLevel) -> Int { levels.count { $0 == [level] } }
    var parts: [String] = []
    if count(.fields) > 0 { parts.append("the fields of \(Count.text(count(.fields), "collection"))") }
    if count(.documents) > 0 {
      parts.append("the documents of \(Count.text(count(.documents), "collection"))")
    }
    if count(.ranges) > 0 { parts.append("nothing of \(Count.text(count(.ranges), "collection"))") }
    let mixed = levels.count { $0.count > 1 }
    if mixed > 0 { parts.append("a part of \(Count.text(mixed, "collection"))") }
    return parts.joined(separator: ", ")
  }

  // MARK: JSON

  var json: JSON {
    func list(_ collections: [WitnessedCollection]) -> JSON {
      .array(
        collections.map {
          .record([
            "namespace": .string($0.facts.namespace.description), "reason": $0.reason.map(JSON.string),
          ])
        })
    }
    return .record([
      "file": .string(path), "documents_file": record.documentsFile.map(JSON.string),
      "documents_file_bytes": size(of: record.documentsFile).map { .integer(Int64($0)) },
      "source": .record([
        "hosts": .array(record.source.hosts.map(JSON.string)), "set": .string(record.source.set),
        "version": .string(record.source.version),
      ]),
      "seconds": .double(seconds),
      "batches": .array(
        record.batches.map {
          .record([
            "timestamp": .string($0.timestamp.description),
            "time": .string(WallTime(seconds: Int($0.timestamp.seconds)).text),
          ])
        }),
      "collections": .integer(Int64(record.collections.count)),
      "documents": .integer(Int64(digest.documents)), "bytes": .integer(Int64(digest.bytes)),
      "ranges": .integer(Int64(read.reduce(0) { $0 + $1.ranges.count })),
      "ranges_in_all": .integer(Int64(read.reduce(0) { $0 + $1.cuts })),
      "seed": .string(String(record.selection.seed)), "weaker": list(weaker), "not_witnessed": list(unread),
    ])
  }
}

internal import BSON
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// What `digest: {compare: witness}` finds.
struct WitnessFinding {
  private let context: CheckContext
  private let collection: WitnessedCollection
  private let comparisons: [CollectionComparison]

  init(_ context: CheckContext) throws {
    self.context = context
    (collection, comparisons) = try context.witnessed()
  }

  private var expected: ContentDigest { comparisons.reduce(ContentDigest()) { $0.adding($1.expected) } }
  private var found: ContentDigest { comparisons.reduce(ContentDigest()) { $0.adding($1.found) } }
  private func sum(_ count: (CollectionComparison) -> Int) -> Int { comparisons.reduce(0) { $0 + count($1) } }

  private var noun: String {
    switch collection.content {
    case .documents: "document"
    case .buckets: "bucket"
    case .measurements: "measurement"
    }
  }

  var finding: Finding {
    let (changed, missing, extra) = (sum(\.changed), sum(\.missing), sum(\.extra))
    let (ranges, all, differingRanges) = (sum(\.ranges), collection.cuts, sum(\.differingRanges))
    // Ranges of whose documents nothing is known differ in one at least.
    let unknown = comparisons.flatMap(\.unknownRanges)
    let differing = changed + missing + extra + unknown.count
    let share = ranges < all ? " (\(Count.text(ranges)) of \(Count.text(all, "range")))" : ""
    var finding = Finding(
      figure: differing, of: expected.documents, examined: ranges,
      message: message(changed, missing, extra, unknown) + share,
      measured: [
        "\(noun)s": .integer(Int64(found.documents)), "bytes": .integer(Int64(found.bytes)),
        "sha256_sum": .string(found.sum.text), "ranges": .integer(Int64(ranges)),
        "ranges_in_all": .integer(Int64(all)), "differing_ranges": .integer(Int64(differingRanges)),
        "changed": .integer(Int64(changed)), "missing": .integer(Int64(missing)),
        "extra": .integer(Int64(extra)),
      ])
    // A witness that is a sample holds fewer ranges than there are; those that it holds are all to be compared.
    let left = collection.ranges.count - ranges
    if left > 0 {
      let moments = Set(collection.ranges.map(\.batch)).count
      let words =
        "\(Count.text(left, "range")) of \(Count.text(collection.ranges.count)) that the witness holds were not compared: "
        + "they were read at other moments than the data was brought to (\(Count.text(moments, "moment")) in all)"
      finding.least = .warn
      finding.message += "; " + words
      finding.leftOut = words
    }
    guard differing > 0 else { return finding }
    finding.expected = expected.words(noun)
    finding.observed = found.words(noun)
    let samples = comparisons.flatMap(\.samples)
    finding.samples = samples.map(\.description)
    let ids = samples.map(\.id)
    if !ids.isEmpty {
      finding.query =
        "\(context.place.shellText).find(\((["_id": ["$in": .list(ids)]] as Document).shellText))"
    }
    return finding
  }

  private func message(_ changed: Int, _ missing: Int, _ extra: Int, _ unknown: [IDRange]) -> String {
    var parts: [String] = []
    if changed > 0 { parts.append("\(Count.text(changed, noun)) with another content") }
    if missing > 0 { parts.append("\(Count.text(missing)) missing") }
    if extra > 0 { parts.append("\(Count.text(extra)) extra") }
    if !unknown.isEmpty {
      let bounds = unknown.prefix(3).map(\.text).joined(separator: ", ")
      parts.append(
        "\(Count.text(unknown.count, "range")) of _id with other documents (\(bounds)), of which the witness kept no detail"
      )
    }
    // How much was compared is said of all batches together.
    let notes = Set(comparisons.flatMap(\.notes)).filter { !$0.hasSuffix("ranges were compared") }.sorted()
    let aside = notes.isEmpty ? "" : "; " + notes.joined(separator: "; ")
    if parts.isEmpty { return "\(Count.text(found.documents, noun)), byte for byte as on the source" + aside }
    return parts.joined(separator: ", ") + aside
  }
}

extension IDRange {
  /// `from 1 to 500`, `from 500 on`.
  fileprivate var text: String {
    switch (min, max) {
    case (let min?, let max?): "from \(min.extendedJSON()) to \(max.extendedJSON())"
    case (let min?, nil): "from \(min.extendedJSON()) on"
    case (nil, let max?): "up to \(max.extendedJSON())"
    case (nil, nil): "all"
    }
  }
}

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
  /// Ranges that the witness, a sample, did not read.
  private let unread: Int
  /// How many documents there are; nil where every range was read, or the source's own count isn't known.
  private let here: Int?

  init(_ context: CheckContext) throws {
    self.context = context
    (collection, comparisons) = try context.witnessed()
    unread = max(0, collection.cuts - collection.ranges.count)
    here = unread == 0 ? nil : try collection.sizes.map { try context.count(like: $0.documents) }
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
      measured: .record([
        "\(noun)s": .integer(Int64(found.documents)), "bytes": .integer(Int64(found.bytes)),
        "sha256_sum": .string(found.sum.text), "ranges": .integer(Int64(ranges)),
        "ranges_in_all": .integer(Int64(all)), "differing_ranges": .integer(Int64(differingRanges)),
        "changed": .integer(Int64(changed)), "missing": .integer(Int64(missing)),
        "extra": .integer(Int64(extra)), "count": here.map { .integer(Int64($0)) },
        "count_of_source": here == nil ? nil : collection.sizes.map { .integer(Int64($0.documents)) },
      ]))
    var left: [String] = []
    if let words = passed(of: ranges) { left.append(words) }
    if unread > 0 { left.append(sampled(all)) }
    if !left.isEmpty {
      let words = left.joined(separator: "; ")
      finding.least = isFarShort ? .fail : .warn
      finding.message += "; " + words
      finding.leftOut = words
    }
    if isFarShort, let here, let source = collection.sizes?.documents {
      finding.expected = "about \(Count.text(source, noun))"
      finding.observed = Count.text(here, noun)
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

  /// Ranges that the witness holds and that were not compared, in words; nil when there are none.
  private func passed(of ranges: Int) -> String? {
    let left = collection.ranges.count - ranges
    guard left > 0 else { return nil }
    let moments = Set(collection.ranges.map(\.batch)).count
    return
      "\(Count.text(left, "range")) of \(Count.text(collection.ranges.count)) that the witness holds were not compared: "
      + "they were read at other moments than the data was brought to (\(Count.text(moments, "moment")) in all)"
  }

  /// What a sample leaves open. What is lost there shows in the number of documents alone, if at all.
  private func sampled(_ all: Int) -> String {
    var words =
      "\(Count.text(unread, "range")) of \(Count.text(all)) are not in the witness, which is a sample: what was lost or "
      + "changed there isn't noticed"
    guard let here, let source = collection.sizes?.documents else { return words }
    words += "; \(Count.text(here, noun)) in all"
    words +=
      here == source
      ? ", as many as the source had by its own count"
      : ", and the source had \(Count.text(source)) by its own count when the witness was begun"
    return words
  }

  /// Whether more than a tenth of what the source counted is gone. Its count is a running one, of when the witness was begun:
  /// a little off under writes and after a crash, but not so much.
  private var isFarShort: Bool {
    guard let here, let source = collection.sizes?.documents else { return false }
    return source - here > source / 10
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

extension CheckContext {
  /// How many documents lie there: the server's running count where that is the expected one, else one by one.
  fileprivate func count(like expected: Int) throws -> Int {
    let name = Value.string(place.collection)
    if try run(["count": name])["n"]?.integer == Int64(expected) { return expected }
    let found = try all(["aggregate": name, "pipeline": [["$count": "n"]], "cursor": [:]])
    return found.first?["n"]?.integer.map { Int($0) } ?? 0
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

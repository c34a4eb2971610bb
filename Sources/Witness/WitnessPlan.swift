internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record

/// What is read of each collection: in which way, in which ranges, with which details.
struct WitnessPlan: Sendable {
  /// A range to read.
  struct Item: Sendable {
    /// Which of the collections it belongs to.
    var collection: Int
    var range: IDRange
  }

  /// Without their ranges.
  private(set) var collections: [WitnessedCollection] = []
  /// What of single documents is kept, for each of the collections.
  private(set) var levels: [DetailLevel] = []
  /// The ranges, those of the smallest collections first.
  private(set) var items: [Item] = []

  /// Looks at the sizes of the collections, and for where to cut them.
  init(
    of catalogue: Catalogue, _ source: WitnessedSource, _ request: WitnessRequest, _ events: EventSink
  ) throws {
    for facts in catalogue.sorted {
      try Interruption.check()
      collections.append(try WitnessPlan.collection(facts, source))
    }
    // The smallest first: with them the room for details goes furthest.
    collections.sort { ($0.sizes?.data ?? 0, $0.facts.namespace) < ($1.sizes?.data ?? 0, $1.facts.namespace) }
    levels = WitnessPlan.levels(collections, request)
    var random = SplitMix(state: request.seed)
    for index in collections.indices where collections[index].way != .none {
      try Interruption.check()
      let cut = try WitnessPlan.cut(collections[index], source, request)
      collections[index].cuts = cut.count
      // One of each collection at least.
      let wanted = max(1, Int((Double(cut.count) * request.share).rounded(.up)))
      var chosen = Array(cut.indices)
      while chosen.count > wanted { chosen.remove(at: Int(random.next() % UInt64(chosen.count))) }
      items += chosen.map { Item(collection: index, range: cut[$0]) }
    }
  }

  /// What will be read, as far as the server knows.
  var total: Amount {
    collections.reduce(into: Amount()) { total, collection in
      guard collection.way != .none, let sizes = collection.sizes else { return }
      total.documents += sizes.documents
      total.bytes += sizes.data
    }
  }

  private static func collection(
    _ facts: CollectionFacts, _ source: WitnessedSource
  ) throws -> WitnessedCollection {
    var collection = WitnessedCollection(facts, sizes: try source.sizes(of: facts))
    switch facts.kind {
    case .view: return collection
    case .timeseries:
      collection.content = .buckets
      if let refused = try refusal(of: facts.namespace.buckets, source) {
        guard refused.code == 13 else { throw Failure.source(refused, to: "read \(facts.namespace.buckets)") }
        collection.content = .measurements
        collection.reason =
          "the user may not read the buckets of a time series (the roles readAnyDatabase and backup may): what it shows is compared"
      }
    case .collection: break
    }
    if facts.options["capped"]?.isTrue == true {
      collection.reason =
        "a capped collection can't be read at a cluster time, and each server drops its oldest documents by itself"
      collection.way = .repeated
    } else if !source.hasSnapshots {
      collection.reason =
        "the server is older than \(ServerTrait.snapshotReads.since?.series ?? ""): it can't be read at a cluster time"
      collection.way = .repeated
    } else {
      collection.way = .snapshot
    }
    if let refused = try refusal(of: collection.place, source) {
      if refused.code == 13 || refused.isConnectionLoss {
        throw Failure.source(refused, to: "read \(facts.namespace)")
      }
      collection.way = .none
      collection.reason = "the server refuses to read it: \(refused.description)"
    }
    return collection
  }

  private static func refusal(of place: Namespace, _ source: WitnessedSource) throws -> MongoError? {
    let find: Document = ["find": .string(place.collection), "limit": 1, "singleBatch": true]
    do throws(MongoError) {
      try source.pool.run(find, on: place.database)
      return nil
    } catch { return error }
  }

  private static func levels(_ collections: [WitnessedCollection], _ request: WitnessRequest) -> [DetailLevel]
  {
    var room = Double(request.detailBytes)
    return collections.map { collection in
      switch request.detail {
      case .fields: return .fields
      case .documents: return .documents
      case .ranges: return .ranges
      case .auto:
        guard let sizes = collection.sizes else { return .documents }
        // On the safe side of what was measured: 9 bytes a document, compressed, and 4 a field, which takes 35 there.
        let documents = Double(sizes.documents) * request.share * 12
        let fields = documents + Double(sizes.data) * request.share / 25 * 4.5
        if fields <= room {
          room -= fields
          return .fields
        }
        guard documents <= room else { return .ranges }
        room -= documents
        return .documents
      }
    }
  }

  private static func cut(
    _ collection: WitnessedCollection, _ source: WitnessedSource, _ request: WitnessRequest
  ) throws -> [IDRange] {
    guard let sizes = collection.sizes, collection.content != .measurements else { return [.whole] }
    let hasIDIndex =
      collection.content == .buckets || collection.facts.options["clusteredIndex"] != nil
      || collection.facts.indexes.contains(where: \.isIDIndex)
    guard hasIDIndex else { return [.whole] }
    // At a low rate a range has to be small enough to be read before its snapshot is given up.
    let rangeBytes = min(request.rangeBytes, request.maxRate.map { max(1 << 16, $0 * 10) } ?? .max)
    let count = max(
      (sizes.documents + request.rangeDocuments - 1) / max(1, request.rangeDocuments),
      (sizes.data + rangeBytes - 1) / rangeBytes)
    let reading = CollectionReading(collection.place)
    let boundaries = try asking("sample \(collection.place)") {
      try reading.boundaries(for: min(count, 100_000), from: source.pool)
    }
    return IDRange.between(boundaries)
  }
}

/// Numbers that look random and follow from a seed (Steele, Lea and Flood, 2014: SplitMix64).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

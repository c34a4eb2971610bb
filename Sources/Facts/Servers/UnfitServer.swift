internal import BSON
package import Platform

/// Something of a backup that a server's version doesn't have.
package struct MissingTrait: Sendable, Hashable {
  package let trait: ServerTrait
  /// What needs it, such as `the clustered collection shop.ledger`.
  package let what: String

  /// The words for a trait that was never seen to be missing; nil for one that was.
  package var doubt: String? {
    trait.source == .tried
      ? nil : "\(what) may be refused: MongoDB \(trait.versions) has \(trait.name), as is read"
  }
}

extension ServerVersion {
  /// What of `collections` (as they are to be created) a server of this version doesn't have. `source`: the version that
  /// they are of, where that is known.
  package func lacks(_ collections: some Sequence<CollectionFacts>, of source: ServerVersion?)
    -> [MissingTrait]
  {
    var missing: [MissingTrait] = []
    for facts in collections {
      for (trait, what) in facts.needs(source) where !trait.holds(for: self) {
        missing.append(MissingTrait(trait: trait, what: what))
      }
    }
    return missing
  }

  /// What an oplog of `source` holds that a server of this version doesn't apply.
  package func lacksForOplog(of source: ServerVersion?) -> [MissingTrait] {
    guard let source else { return [] }
    let form =
      ServerTrait.updatesAsDiffs.holds(for: source) ? ServerTrait.updatesAsDiffs : .updatesAsModifiers
    return form.holds(for: self) ? [] : [MissingTrait(trait: form, what: "the oplog of MongoDB \(source)")]
  }
}

extension CollectionFacts {
  /// What it asks of a server, each with words for what asks it.
  fileprivate func needs(_ source: ServerVersion?) -> [(ServerTrait, String)] {
    var needs: [(ServerTrait, String)] = []
    if kind == .timeseries {
      let isCompressed = source.map { ServerTrait.writingCompressedBuckets.holds(for: $0) } ?? false
      needs.append((isCompressed ? .compressedBuckets : .timeSeries, "the time series \(namespace)"))
      if options["timeseries"]?.document?["bucketRoundingSeconds"] != nil {
        needs.append((.bucketRounding, "the time series \(namespace)"))
      }
    }
    // The buckets of a time series are clustered in a way of their own.
    if kind == .collection, options["clusteredIndex"]?.document != nil {
      needs.append((.clusteredCollections, "the clustered collection \(namespace)"))
    }
    if options["changeStreamPreAndPostImages"]?.document?["enabled"]?.isTrue == true {
      needs.append((.changeStreamImages, "the collection \(namespace)"))
    }
    if options["encryptedFields"] != nil {
      needs.append((.encryptedFields, "the encrypted collection \(namespace)"))
    }
    for index in indexes {
      let what = "the index \(index.name) of \(namespace)"
      for field in index.key {
        switch field.value.string {
        case "geoHaystack"?: needs.append((.haystackIndexes, what))
        case "columnstore"?: needs.append((.columnstoreIndexes, what))
        case "queryable_encrypted_range"?: needs.append((.encryptedRanges, what))
        default: break
        }
      }
      let names = index.key.names
      if names.count > 1, names.contains(where: { $0 == "$**" || $0.hasSuffix(".$**") }) {
        needs.append((.compoundWildcards, what))
      }
      if index.document["prepareUnique"]?.isTrue == true { needs.append((.preparedUniqueIndexes, what)) }
    }
    return needs
  }
}

extension Failure {
  /// A server that was seen to refuse what the backup needs, said before anything is started; nil where there is no such
  /// thing. What is only read to be refused is tried (`MissingTrait.doubt`).
  package static func unfit(_ server: ServerVersion, for missing: [MissingTrait]) -> Failure? {
    let missing = missing.filter { $0.trait.source == .tried }
    if missing.isEmpty { return nil }
    let told = missing.prefix(4).map { "\($0.what) (MongoDB \($0.trait.versions): \($0.trait.name))" }
    let more = missing.count > 4 ? ", and \(missing.count - 4) more" : ""
    let since = missing.compactMap(\.trait.since).max()
    let before = missing.compactMap(\.trait.before).min()
    let wanted: String? =
      switch (since, before) {
      case (let since?, nil): "of \(since.short) or newer"
      case (nil, let before?): "before \(before.short)"
      case (let since?, let before?) where since < before:
        "of \(since.short) or newer, before \(before.short)"
      default: nil
      }
    return Failure(
      .noServer, "server-unfit",
      "the backup needs what MongoDB \(server) doesn't have: " + told.joined(separator: ", ") + more,
      hint: (wanted.map { "Name a mongod \($0) by --mongod, or leave those collections out" }
        ?? "Leave those collections out, or name another mongod by --mongod")
        + " (--exclude; `exclude:` of the step)."
        + (missing.contains { $0.trait.area == .oplog }
          ? " The documents alone come back with --no-replay." : ""))
  }
}

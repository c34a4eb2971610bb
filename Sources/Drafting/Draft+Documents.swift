internal import BSON
internal import Checks
internal import Configuration
internal import Facts
internal import Platform
internal import Record

extension Draft {
  /// What follows from the documents that were read.
  mutating func draftDocuments() {
    for survey in sources.surveys { draft(survey) }
  }

  private mutating func draft(_ survey: Survey) {
    let collections = survey.collections.filter { sources.catalogue[$0.namespace] != nil }
    let relations = survey.relations().filter {
      sources.catalogue[$0.child] != nil && sources.catalogue[$0.parent] != nil
    }
    let chunks = draftBuckets(collections, relations)
    for relation in relations where !chunks.contains(relation.child) { draft(relation) }
    let largest = self.largest
    for collection in collections where !chunks.contains(collection.namespace) {
      draftUnique(collection, relations)
      draftFreshness(collection)
      if largest.contains(collection.namespace) { draftShape(collection) }
    }
  }

  private mutating func draft(_ relation: Relation) {
    var keys: [(String, Node)] = [
      ("field", .text(relation.path)), ("to", .text(relation.parent.description)),
    ]
    if relation.key != "_id" { keys.append(("to_field", .text(relation.key))) }
    // A part of the values can't prove it of all, nor what was dumped what the oplog made of it.
    let isMild = relation.doubt == nil && (!relation.isExact || sources.isReplayed)
    add(
      "references", of: .collection(relation.child), keys,
      besides: isMild ? [("severity", .text("warn"))] : [], isSure: relation.doubt == nil,
      isContradicted: !relation.holds,
      because: relation.reason + (sources.isReplayed && !relation.holds ? ", before the replay" : ""))
  }

  /// GridFS: pairs of `X.files` and `X.chunks`. Returns the collections of chunks, of which nothing else is said.
  private mutating func draftBuckets(
    _ collections: [CollectionSurvey], _ relations: [Relation]
  ) -> Set<Namespace> {
    var chunks: Set<Namespace> = []
    for collection in collections {
      let name = collection.namespace
      guard name.collection.hasSuffix(".chunks"), collection.field("n") != nil else { continue }
      let bucket = String(name.collection.dropLast(".chunks".count))
      let files = Namespace(name.database, bucket + ".files")
      guard let owner = collections.first(where: { $0.namespace == files }) else { continue }
      chunks.insert(name)
      let relation = relations.first { $0.child == name && $0.path == "files_id" && $0.parent == files }
      let isWhole = (relation?.holds ?? false) && collection.documents == owner.chunksOfFiles
      let held = "\(Count.text(owner.documents, "file")) of \(Count.text(owner.chunksOfFiles, "chunk"))"
      add(
        "gridfs", of: .database(name.database), bucket == "fs" ? [] : [("bucket", .text(bucket))],
        besides: isWhole && sources.isReplayed ? [("severity", .text("warn"))] : [], isSure: isWhole,
        isContradicted: !isWhole,
        because: isWhole ? held : "\(held), and there are \(Count.text(collection.documents))")
    }
    return chunks
  }

  private mutating func draftUnique(_ collection: CollectionSurvey, _ relations: [Relation]) {
    for field in collection.realFields where field.depth == 1 && field.path != "_id" {
      guard FieldName(path: field.names).soundsUnique, field.arrays == 0, field.documents == 0,
        field.present == collection.wideDocuments,
        field.nulls == 0, field.keyless == 0, field.values >= Relation.leastReferences,
        field.keys.repeated == 0,
        !collection.facts.indexes.contains(where: {
          $0.document["unique"]?.isTrue ?? false && $0.key.names == [field.path]
        }),
        !relations.contains(where: { $0.child == collection.namespace && $0.path == field.path })
      else { continue }
      add(
        "unique", of: .collection(collection.namespace), [("field", .text(field.path))], isSure: false,
        because: "\(Count.text(field.values, "value")), all different, and no unique index keeps them so")
    }
  }

  private mutating func draftFreshness(_ collection: CollectionSurvey) {
    guard collection.documents >= Relation.leastReferences, let id = collection.field("_id") else { return }
    let dates = collection.realFields.filter { $0.depth == 1 && $0.dates > 0 && $0.keyless == $0.values }
    let best = dates.max { ($0.latest ?? .min) < ($1.latest ?? .min) }
    if let best, let latest = best.latest {
      add(
        "freshness", of: .collection(collection.namespace),
        [("field", .text(best.path)), ("max", .plain("24h"))], isSure: false,
        because: "the newest is \(moment(latest)); how old may it be?")
    } else if id.onlyClass == .objectID, let latest = id.latest {
      add(
        "freshness", of: .collection(collection.namespace), [("max", .plain("24h"))], isSure: false,
        because: "the newest `_id` is of \(moment(latest)); how old may it be?")
    }
  }

  /// Milliseconds since 1970 as a time; dates beyond what RFC 3339 can say as they are.
  private func moment(_ milliseconds: Int64) -> String {
    guard (0..<253_402_300_800_000).contains(milliseconds) else { return "\(milliseconds) ms after 1970" }
    return WallTime(seconds: Int(milliseconds / 1000)).text
  }

  /// Fields that every document has, with one type.
  private mutating func draftShape(_ collection: CollectionSurvey) {
    guard collection.wideDocuments >= Relation.leastReferences else { return }
    let always = collection.realFields.filter { field in
      field.depth == 1 && field.path != "_id" && field.types[.null] == nil && field.types.count == 1
        && field.types.values.reduce(0, +) == field.present
        && field.present == collection.wideDocuments
    }.prefix(5)
    guard !always.isEmpty else { return }
    let read =
      collection.isWhole
      ? "all \(Count.text(collection.documents, "document"))"
      : "the first \(Count.text(collection.wideDocuments, "document"))"
    // A field's types say that it isn't missing, too.
    guard sources.kinds.contains("types") else {
      return add(
        "missing", of: .collection(collection.namespace), [("fields", .list(always.map { .text($0.path) }))],
        isSure: false, because: "\(read) have \(always.count == 1 ? "it" : "them")")
    }
    let types = always.compactMap { field in
      field.types.first.map { (field.path, Node.list([.text($0.key.alias)])) }
    }
    add(
      "types", of: .collection(collection.namespace), [("fields", .mapping(types))], isSure: false,
      because: "so in \(read)")
  }
}

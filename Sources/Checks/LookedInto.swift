internal import BSON
internal import Facts
internal import Witness

extension CheckContext {
  /// Throws `Unanswerable` when a pipeline, or a view that it reads, looks into a collection that doesn't exist: to the
  /// server that is one without documents, and nothing is found wrong in it.
  func requireCollections(of pipeline: [Document]) throws {
    var open = LookedInto(pipeline, in: namespace.database).collections
    var known: Set<Namespace> = [namespace]
    if let collection, collection.kind == .view { open += LookedInto(view: collection).collections }
    while let next = open.popLast() {
      guard known.insert(next).inserted else { continue }
      guard let facts = try server.listed(next) else {
        throw Unanswerable("the pipeline looks into \(next), and the collection does not exist")
      }
      if facts.kind == .view { open += LookedInto(view: facts).collections }
    }
  }
}

/// The collections that a pipeline reads besides the one that it is asked of.
private struct LookedInto {
  private(set) var collections: [Namespace] = []
  private let database: String

  init(_ pipeline: [Document], in database: String) {
    self.database = database
    for stage in pipeline { take(stage) }
  }

  /// What a view reads.
  init(view: CollectionFacts) {
    database = view.namespace.database
    if let name = view.options["viewOn"]?.string { collections.append(Namespace(database, name)) }
    take(stages: view.options["pipeline"])
  }

  private mutating func take(stages: Value?) {
    for stage in stages?.elements ?? [] { if let stage = stage.document { take(stage) } }
  }

  private mutating func take(_ stage: Document) {
    for element in stage {
      switch element.name {
      case "$lookup", "$graphLookup":
        take(collection: element.value.document?["from"])
        take(stages: element.value.document?["pipeline"])
      case "$unionWith":
        if element.value.document?["coll"] != nil || element.value.string != nil {
          take(collection: element.value)
        }
        take(stages: element.value.document?["pipeline"])
      case "$facet":
        for part in element.value.document ?? [:] { take(stages: part.value) }
      default: continue
      }
    }
  }

  /// Takes a name, or `{db, coll}`.
  private mutating func take(collection: Value?) {
    if let name = collection?.string {
      collections.append(Namespace(database, name))
    } else if let place = collection?.document, let name = place["coll"]?.string {
      collections.append(Namespace(place["db"]?.string ?? database, name))
    }
  }
}

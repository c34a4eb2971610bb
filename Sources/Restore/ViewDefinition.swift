internal import BSON

extension Naming {
  /// A view's options with the collections it reads under their new names: `viewOn`, and in the pipeline
  /// `$lookup`, `$graphLookup` and `$unionWith`, nested ones too. A view reads only its own database.
  func renamed(viewOptions options: Document, of namespace: Namespace) -> Document {
    guard renames else { return options }
    var renamed = options
    if let source = options["viewOn"]?.string {
      renamed = renamed.setting("viewOn", to: .string(name(source, in: namespace.database)))
    }
    if case .array(let pipeline)? = options["pipeline"] {
      renamed = renamed.setting("pipeline", to: .array(rewritten(pipeline, in: namespace.database)))
    }
    return renamed
  }

  private func name(_ collection: String, in database: String) -> String {
    (try? target(of: Namespace(database, collection)))?.collection ?? collection
  }

  /// The document with every stage that reads a collection rewritten, at any depth.
  private func rewritten(_ document: Document, in database: String) -> Document {
    Document(
      document.map { element in
        switch (element.name, element.value) {
        case ("$lookup", .document(let stage)), ("$graphLookup", .document(let stage)):
          (element.name, .document(renaming("from", in: rewritten(stage, in: database), database)))
        case ("$unionWith", .document(let stage)):
          (element.name, .document(renaming("coll", in: rewritten(stage, in: database), database)))
        case ("$unionWith", .string(let source)): (element.name, .string(name(source, in: database)))
        case (_, .document(let inner)): (element.name, .document(rewritten(inner, in: database)))
        case (_, .array(let inner)): (element.name, .array(rewritten(inner, in: database)))
        default: (element.name, element.value)
        }
      })
  }

  private func renaming(_ key: String, in stage: Document, _ database: String) -> Document {
    guard let source = stage[key]?.string else { return stage }
    return stage.setting(key, to: .string(name(source, in: database)))
  }
}

internal import BSON
internal import Platform

extension Naming {
  /// A view's options with the collections it reads under their new names: `viewOn`, and in the pipeline
  /// `$lookup`, `$graphLookup` and `$unionWith`, nested ones too. Throws `Failure` of kind `usage` when one of them
  /// would land in another database than the view: it could not read it there.
  func renamed(viewOptions options: Document, of view: Namespace) throws(Failure) -> Document {
    guard renames else { return options }
    var renamed = options
    if let source = options["viewOn"]?.string {
      renamed = renamed.setting("viewOn", to: .string(try name(source, of: view)))
    }
    if case .array(let pipeline)? = options["pipeline"] {
      renamed = renamed.setting("pipeline", to: .array(try rewritten(pipeline, of: view)))
    }
    return renamed
  }

  private func name(_ collection: String, of view: Namespace) throws(Failure) -> String {
    let source = Namespace(view.database, collection)
    let (new, newView) = (try target(of: source), try target(of: view))
    if Namespace(new.database, "") != Namespace(newView.database, "") {
      throw .viewTorn(view, from: source, newView, new)
    }
    return new.collection
  }

  /// The document with every stage that reads a collection rewritten, at any depth.
  private func rewritten(_ document: Document, of view: Namespace) throws(Failure) -> Document {
    Document(
      try document.map { element throws(Failure) in
        switch (element.name, element.value) {
        case ("$lookup", .document(let stage)), ("$graphLookup", .document(let stage)):
          (element.name, .document(try renaming("from", in: rewritten(stage, of: view), view)))
        case ("$unionWith", .document(let stage)):
          (element.name, .document(try renaming("coll", in: rewritten(stage, of: view), view)))
        case ("$unionWith", .string(let source)): (element.name, .string(try name(source, of: view)))
        case (_, .document(let inner)): (element.name, .document(try rewritten(inner, of: view)))
        case (_, .array(let inner)): (element.name, .array(try rewritten(inner, of: view)))
        default: (element.name, element.value)
        }
      })
  }

  private func renaming(_ key: String, in stage: Document, _ view: Namespace) throws(Failure) -> Document {
    guard let source = stage[key]?.string else { return stage }
    return stage.setting(key, to: .string(try name(source, of: view)))
  }
}

extension Failure {
  static func viewTorn(
    _ view: Namespace, from source: Namespace, _ newView: Namespace, _ newSource: Namespace
  ) -> Failure {
    Failure(
      .usage, "view-torn",
      "the view \(view) reads \(source), and they would be restored as \(newView) and \(newSource): a view reads "
        + "its own database alone",
      hint: "Rename the view into the same database, or leave it out with --exclude.")
  }
}

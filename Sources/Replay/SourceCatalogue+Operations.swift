package import BSON
package import Backups
internal import Facts
package import Platform

extension SourceCatalogue {
  /// Follows one operation. Throws `Failure` for one that this version can't replay rightly: it is never passed
  /// over in silence.
  package mutating func follow(
    _ operation: OplogOperation, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) -> Effect {
    switch operation.kind {
    case .noop: return .skipped(.noop)
    case .unknown: throw .unknownOperation(timestamp, at: place)
    case .command: return try followCommand(operation, timestamp, at: place)
    case .insert, .update, .delete: break
    }
    // The common case first: a known UUID needs no name.
    if let uuid = operation.uuid, let id = byUUID[uuid] {
      if collections[id].isDisplaced, let name = operation.namespace { revive(id, as: name) }
      try requireName(operation, id, timestamp, at: place)
      return .document(id)
    }
    guard let name = operation.namespace else {
      throw .malformedEntry(timestamp, "no namespace", at: place)
    }
    if let reason = SkipReason(of: name) { return .skipped(reason) }
    if name.collection == "system.views" {
      try followView(operation, name.database, timestamp, at: place)
      return .definition
    }
    if let id = find(operation, named: name) { return .document(id) }
    if name.isOfPBM { return .skipped(.backupTool) }
    if let uuid = operation.uuid {
      if strangers[uuid] == nil { strangers[uuid] = (name, timestamp) }
      return .stranger
    }
    throw .unknownCollection(name, timestamp, at: place)
  }

  /// Follows a change of a database's `system.views`; documents that stand for a time series are passed over, the
  /// buckets' own entries tell more.
  private mutating func followView(
    _ operation: OplogOperation, _ database: String, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) {
    let holder = operation.kind == .update ? operation.object2 : operation.object
    guard let text = holder?["_id"]?.string, let view = Namespace(text), let object = operation.object else {
      throw .malformedEntry(timestamp, "a view without a name", at: place)
    }
    switch operation.kind {
    case .delete: views[view] = nil
    case .insert: views[view] = SourceCatalogue.options(ofView: object)
    default:
      guard let known = views[view] else { return }  // a time series, or gone later
      guard let changed = applying(update: object, to: known.setting("_id", to: .string(text))) else {
        throw .malformedEntry(timestamp, "the change of the view \(view) cannot be applied", at: place)
      }
      views[view] = SourceCatalogue.options(ofView: changed)
    }
  }

  /// The options that `create` takes, from a document of `system.views`; nil for a time series.
  private static func options(ofView document: Document) -> Document? {
    if document["viewOn"]?.string?.hasPrefix("system.buckets.") == true { return nil }
    return document.removing(["_id", "timeseries"])
  }
}

extension SkipReason {
  /// Why documents of this namespace are not replayed; nil where they are.
  package init?(of namespace: Namespace) {
    switch (namespace.database, namespace.collection) {
    case ("config", _): self = .config
    case ("local", _): self = .local
    case ("admin", "system.users"), ("admin", "system.roles"): return nil
    case ("admin", let name) where name.hasPrefix("system.") && name != "system.js" && name != "system.views":
      self = .serverState
    case (_, "system.profile"): self = .profile
    default: return nil
    }
  }
}

extension Failure {
  static func unknownCollection(_ name: Namespace, _ timestamp: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "unknown-collection",
      "the oplog entry at \(timestamp) is about \(name), which neither the base holds nor the oplog creates",
      at: place, hint: "The oplog may be of another replica set, or the base of a part of it only.")
  }
}

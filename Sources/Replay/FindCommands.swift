internal import BSON
internal import Backups

extension OplogFinding {
  /// What a command entry, or a change of a database's views, does; nil for what nobody looks for. `dropDatabase`
  /// has the database alone as its namespace.
  init?(command operation: OplogOperation, of entry: OplogEntry) {
    guard let namespace = operation.namespace, let object = operation.object else { return nil }
    if operation.kind != .command {
      self.init(view: operation, in: namespace.database, of: entry)
      return
    }
    guard let command = object.first(where: { _ in true }), let kind = Kind(command: command.name) else {
      return nil
    }
    var name = namespace.database
    if kind != .dropDatabase {
      guard let text = command.value.string else { return nil }
      name = kind == .renameCollection ? text : "\(namespace.database).\(text)"
    }
    self.init(kind: kind, namespace: name, first: entry.timestamp, last: entry.timestamp, wall: entry.wall)
    documents = operation.object2?["numRecords"]?.integer.flatMap { Int(exactly: $0) }
    switch kind {
    case .renameCollection:
      details = "to \(object["to"]?.string ?? "?")"
      if object["dropTarget"]?.uuid != nil { details += ", in place of what was there" }
    case .dropIndexes: details = object["index"]?.string ?? "all"
    case .createIndexes:
      let names = object["indexes"]?.elements?.compactMap { $0.document?["name"]?.string }
      details = (names ?? [object["name"]?.string].compactMap { $0 }).joined(separator: ", ")
    case .collMod:
      details = object.filter { $0.name != command.name }.map { field in
        let index = field.name == "index" ? field.value.document?["name"]?.string : nil
        return index.map { "index \($0)" } ?? field.name
      }.joined(separator: ", ")
    default: break
    }
  }

  /// A document of `system.views` is a view, or what makes buckets a time series.
  private init?(view operation: OplogOperation, in database: String, of entry: OplogEntry) {
    let holder = operation.kind == .update ? operation.object2 : operation.object
    guard let name = holder?["_id"]?.string else { return nil }
    let kind: Kind =
      switch operation.kind {
      case .insert: .create
      case .update: .collMod
      default: .drop
      }
    self.init(kind: kind, namespace: name, first: entry.timestamp, last: entry.timestamp, wall: entry.wall)
    details = "a view"
  }
}

extension OplogFinding.Kind {
  /// By the name that the command has in an oplog.
  fileprivate init?(command: String) {
    switch command {
    case "deleteIndexes", "dropIndex", "deleteIndex": self = .dropIndexes
    case "commitIndexBuild": self = .createIndexes
    case "i", "u", "d", "transaction": return nil
    default: self.init(rawValue: command)
    }
  }
}

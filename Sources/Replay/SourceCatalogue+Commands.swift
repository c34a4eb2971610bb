internal import BSON
internal import Backups
internal import Facts
internal import Platform

extension SourceCatalogue {
  /// Follows a command entry: `ns` is `DATABASE.$cmd`, the first field of `o` its name and mostly its collection.
  mutating func followCommand(
    _ operation: OplogOperation, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) -> Effect {
    guard let database = operation.namespace?.database, let command = operation.object,
      let first = command.first(where: { _ in true })
    else { throw .malformedEntry(timestamp, "an empty command", at: place) }
    if first.name == "dropDatabase" {
      try requireEmpty(database, timestamp, at: place)
      for (id, collection) in collections.enumerated()
      where collection.isAlive && collection.name.database == database {
        // The server drops each one by an entry of its own before: what is left is of another time.
        displace(id)
      }
      views = views.filter { $0.key.database != database }
      return .definition
    }
    // `renameCollection` names it in full.
    guard let text = first.value.string,
      let name = first.name == "renameCollection" ? Namespace(text) : Namespace(database, text)
    else { throw .malformedEntry(timestamp, "\(first.name) without a collection", at: place) }
    if let reason = SkipReason(of: name) { return .skipped(reason) }
    // Unless a dump of everything holds them, they are no part of what is recovered.
    if name.isOfPBM, find(operation, named: name) == nil { return .skipped(.backupTool) }
    switch first.name {
    case "startIndexBuild", "abortIndexBuild": return .skipped(.indexBuildPhase)
    case "dbCheck": return .skipped(.check)
    case "create" where name.collection == "system.views", "drop" where name.collection == "system.views":
      // Views are created one by one; without their collection there is none.
      if first.name == "drop" { views = views.filter { $0.key.database != database } }
      return .definition
    case "create":
      try requireRoom(for: name, operation.uuid, timestamp, at: place)
      create(operation, name, command, timestamp)
      return .definition
    case "createIndexes", "commitIndexBuild", "dropIndexes", "deleteIndexes", "dropIndex", "deleteIndex",
      "collMod", "drop", "renameCollection", "emptycapped":
      guard let id = find(operation, named: name) else {
        return try followStranger(operation, first.name, name, timestamp, at: place)
      }
      try requireName(name, id, timestamp, at: place)
      if first.name == "drop" {
        if operation.uuid == nil { displace(id) } else { remove(id) }
        return .definition
      }
      revive(id, as: name)
      return try follow(first.name, command, id, timestamp, at: place)
    default: throw .unsupportedCommand(first.name, timestamp, at: place)
    }
  }

  /// Commands on a collection that exists, but its drop.
  private mutating func follow(
    _ name: String, _ command: Document, _ id: ID, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) -> Effect {
    switch name {
    case "emptycapped": return .emptied(id)
    case "createIndexes": define(IndexSpec(command.removing(["createIndexes"])), id)
    case "commitIndexBuild":
      for spec in (command["indexes"]?.elements ?? []).compactMap(\.document) { define(IndexSpec(spec), id) }
    case "collMod": modify(id, command)
    case "renameCollection":
      guard let to = command["to"]?.string.flatMap({ Namespace($0) }) else {
        throw .malformedEntry(timestamp, "renameCollection without a new name", at: place)
      }
      try requireRoom(toRename: to, dropping: command["dropTarget"], for: id, timestamp, at: place)
      rename(id, to: to, dropping: command["dropTarget"])
      if command["stayTemp"]?.isTrue != true {
        collections[id].options = collections[id].options.removing(["temp"])
      }
    default:
      try dropIndexes(command["index"], id, timestamp, at: place)
    }
    return .definition
  }

  /// Drops the indexes that `index` describes: all, one or several by name, or that of a key.
  private mutating func dropIndexes(
    _ index: Value?, _ id: ID, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) {
    let isMeant: (IndexSpec) -> Bool
    switch index {
    case nil, "*": isMeant = { _ in true }
    case .string(let name): isMeant = { $0.name.utf8.elementsEqual(name.utf8) }
    case .document(let key): isMeant = { $0.key == key }
    case .array:
      let elements = index?.elements ?? []
      let names = elements.compactMap(\.string)
      guard names.count == elements.count else { fallthrough }
      isMeant = { spec in names.contains { $0.utf8.elementsEqual(spec.name.utf8) } }
    default: throw .malformedEntry(timestamp, "dropIndexes of something that names no index", at: place)
    }
    for list in [\Collection.indexes, \.rawIndexes] {
      collections[id][keyPath: list].removeAll { isMeant($0) && !$0.isIDIndex }
    }
  }

  /// Commands on one that is not known: its drop settles it.
  private mutating func followStranger(
    _ operation: OplogOperation, _ command: String, _ name: Namespace, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) -> Effect {
    if command == "renameCollection", let object = operation.object,
      let to = object["to"]?.string.flatMap({ Namespace($0) })
    {
      try requireRoom(toRename: to, dropping: object["dropTarget"], for: nil, timestamp, at: place)
      vacate(to, dropping: object["dropTarget"], for: nil)
    }
    guard let uuid = operation.uuid else {
      if command == "drop" { return .definition }
      throw .unknownCollection(name, timestamp, at: place)
    }
    if command == "drop" {
      strangers[uuid] = nil
    } else if strangers[uuid] == nil {
      strangers[uuid] = (name, timestamp)
    }
    return command == "drop" ? .definition : .stranger
  }

  private mutating func create(
    _ operation: OplogOperation, _ name: Namespace, _ command: Document, _ timestamp: Timestamp
  ) {
    // In the dump's window: it was there already when the dump listed it, so its options are of a later moment. One
    // that was dropped before, and is made again with the same UUID, begins anew.
    if let id = find(operation, named: name), collections[id].isAlive || collections[id].isDisplaced {
      return revive(id, as: name)
    }
    // A namesake that was never dropped cannot be: it gets the name later, or an entry is left out. The new one counts.
    if let other = byName[name] { displace(other) }
    let isBuckets = command["timeseries"] != nil && name.bucketsOf != nil
    let idIndex = command["idIndex"]?.document.map { [IndexSpec($0)] } ?? []
    add(
      Collection(
        origin: .created(timestamp), name: name, kind: isBuckets ? .timeseries : .collection,
        uuid: operation.uuid,
        // What a time series' buckets have besides follows from the logical options.
        options: command.removing(
          isBuckets ? ["create", "idIndex", "validator", "clusteredIndex"] : ["create", "idIndex"]),
        indexes: idIndex))
  }

  /// Adds an index, in place of one of its name.
  private mutating func define(_ spec: IndexSpec, _ id: ID) {
    collections[id].indexes.removeAll { $0.name == spec.name }
    collections[id].rawIndexes.removeAll { $0.name == spec.name }
    if collections[id].kind == .timeseries {
      collections[id].rawIndexes.append(spec)
    } else {
      collections[id].indexes.append(spec)
    }
  }

  private mutating func rename(_ id: ID, to: Namespace, dropping target: Value?) {
    vacate(to, dropping: target, for: id)
    if byName[collections[id].name] == id { byName[collections[id].name] = nil }
    collections[id].name = to
    byName[to] = id
  }

  /// Makes room for a collection that gets the name `to`: `target`, where the entry tells its UUID, is dropped.
  private mutating func vacate(_ to: Namespace, dropping target: Value?, for id: ID?) {
    if let uuid = target?.uuid {
      if let dropped = byUUID[uuid] { remove(dropped) }
      strangers[uuid] = nil
    }
    if let other = byName[to], other != id { displace(other) }
  }

  /// Follows `collMod`: the index part changes specifications here, the rest options. The server is given the
  /// command too, for what only it knows how to do; a time series is created with what its buckets were told.
  private mutating func modify(_ id: ID, _ command: Document) {
    if let change = command["index"]?.document { modifyIndex(id, change) }
    let rest = command.removing(["index"])
    if rest.names.count <= 1 { return }
    var options = collections[id].options
    for field in rest {
      switch (field.name, field.value) {
      case ("collMod", _): break
      case ("timeseries", .document(let change)):
        // The spans follow from the granularity unless they are given.
        let before = (options["timeseries"]?.document ?? [:]).removing([
          "bucketMaxSpanSeconds", "bucketRoundingSeconds",
        ])
        let after = change.reduce(before) { $0.setting($1.name, to: $1.value) }
        options = options.setting("timeseries", to: .document(after))
      case ("expireAfterSeconds", "off"): options = options.removing([field.name])
      case ("cappedSize", let size): options = options.setting("size", to: size)
      case ("cappedMax", let max): options = options.setting("max", to: max)
      case ("expireAfterSeconds", _), ("validator", _), ("validationLevel", _), ("validationAction", _),
        ("changeStreamPreAndPostImages", _):
        options = options.setting(field.name, to: field.value)
      default: break
      }
    }
    if collections[id].kind != .timeseries {
      collections[id].modifications.append(rest)
      if rest["cappedSize"] != nil || rest["cappedMax"] != nil {
        let sizes = [collections[id].largestSize, collections[id].options["size"], options["size"]]
        collections[id].largestSize = sizes.compactMap { $0?.integer }.max().map { .int64($0) }
      }
    }
    collections[id].options = options
  }

  /// `collMod` of an index, named or by its key: options it sets, and `hidden: false` and the like it removes.
  private mutating func modifyIndex(_ id: ID, _ change: Document) {
    for list in [\Collection.indexes, \.rawIndexes] {
      for at in collections[id][keyPath: list].indices {
        let spec = collections[id][keyPath: list][at]
        guard change["name"]?.string.map({ $0 == spec.name }) ?? (change["keyPattern"]?.document == spec.key)
        else { continue }
        var document = spec.document
        for option in change where option.name != "name" && option.name != "keyPattern" {
          let isOff = option.value == .bool(false)
          document =
            isOff ? document.removing([option.name]) : document.setting(option.name, to: option.value)
        }
        // Making an index unique ends the preparation for it.
        if change["unique"]?.isTrue == true { document = document.removing(["prepareUnique"]) }
        collections[id][keyPath: list][at] = IndexSpec(document)
      }
    }
  }
}

extension Failure {
  static func unsupportedCommand(_ name: String, _ timestamp: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "unsupported-command",
      "the oplog entry at \(timestamp) is the command '\(name)', which cannot be replayed", at: place,
      hint: "Choose a target before it, or leave it out with a skip: rule, which the report will say.")
  }
}

internal import BSON
internal import Backups
internal import Facts
internal import Platform

/// What no history can have done: after the base's window such an entry tells of another one that isn't there.
extension SourceCatalogue {
  /// Throws `oplog-contradicts` unless the operation is on a collection by the name that it has. A time series is passed
  /// over: its entries bear the name of its buckets or its own.
  func requireName(_ operation: OplogOperation, _ id: ID, _ timestamp: Timestamp, at place: Place)
    throws(Failure)
  {
    let collection = collections[id]
    guard isExact(timestamp), collection.isAlive, collection.kind != .timeseries,
      !operation.isAbout(collection.name)
    else { return }
    throw .oplogContradicts(
      timestamp, "is about \(operation.namespaceText), which is \(collection.name) by its UUID", "a rename",
      at: place)
  }

  /// Throws `oplog-contradicts` when a command names a collection otherwise than it is called.
  func requireName(_ name: Namespace, _ id: ID, _ timestamp: Timestamp, at place: Place) throws(Failure) {
    let collection = collections[id]
    guard isExact(timestamp), collection.isAlive, collection.kind != .timeseries, collection.name != name
    else { return }
    throw .oplogContradicts(
      timestamp, "is about \(name), which is \(collection.name) by its UUID", "a rename", at: place)
  }

  /// Throws `oplog-contradicts` when a collection that exists is made again, or has the name of the one that is made.
  func requireRoom(
    for name: Namespace, _ uuid: UUIDBytes?, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) {
    guard isExact(timestamp) else { return }
    let others = [uuid.flatMap { byUUID[$0] }, byName[name]].compactMap(\.self)
    for id in others where collections[id].isAlive && collections[id].uuid != nil {
      throw .oplogContradicts(
        timestamp, "makes \(name), and \(collections[id].name) is there", "its drop or rename", at: place)
    }
  }

  /// Throws `oplog-contradicts` when a collection keeps the name that another one gets, and isn't dropped for it.
  func requireRoom(
    toRename to: Namespace, dropping target: Value?, for id: ID?, _ timestamp: Timestamp, at place: Place
  ) throws(Failure) {
    guard isExact(timestamp), let other = byName[to], other != id, collections[other].isAlive,
      let uuid = collections[other].uuid, target?.uuid != uuid, target != .bool(true)
    else { return }
    throw .oplogContradicts(
      timestamp, "renames a collection to \(to), which is there", "its drop or rename", at: place)
  }

  /// Throws `oplog-contradicts` when a database is dropped before all of its collections are: each has a drop of its own.
  func requireEmpty(_ database: String, _ timestamp: Timestamp, at place: Place) throws(Failure) {
    guard isExact(timestamp),
      let left = collections.first(where: {
        $0.isAlive && $0.uuid != nil && $0.name.database.utf8.elementsEqual(database.utf8)
      })
    else { return }
    throw .oplogContradicts(
      timestamp, "drops the database \(database), and \(left.name) is there", "its drop", at: place)
  }

  private func isExact(_ timestamp: Timestamp) -> Bool { exactAfter.map { timestamp > $0 } ?? false }
}

extension Failure {
  fileprivate static func oplogContradicts(
    _ timestamp: Timestamp, _ what: String, _ missing: String, at place: Place
  ) -> Failure {
    Failure(
      .damagedBackup, "oplog-contradicts",
      "the oplog entry at \(timestamp) \(what): an entry before it, \(missing), is missing", at: place,
      hint: "The oplog has a hole, or is of another replica set: take the slices again.")
  }
}

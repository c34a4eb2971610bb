package import BSON

/// What a restore does with a collection of a backup.
package enum Treatment: Sendable, Hashable {
  /// Restored as it is.
  case data
  /// `admin.system.users` and `admin.system.roles`: documents go in, the collection is the server's.
  case usersOrRoles
  /// Read and checked, not restored, for this reason (`admin.system.version`, `config.*`, `local.*`, profiles).
  case notRestored(reason: String)
}

extension Treatment {
  /// What becomes of a collection by its name.
  package init(_ namespace: Namespace) {
    let collection = namespace.collection
    self =
      switch namespace.database {
      case "admin" where collection == "system.users" || collection == "system.roles": .usersOrRoles
      case "admin" where collection == "system.version":
        .notRestored(
          reason: "the sandbox keeps its own feature compatibility version and authentication schema")
      case "admin" where collection.hasPrefix("system."):
        .notRestored(reason: "internal to the server that was backed up")
      case "config":
        .notRestored(reason: "sessions, balancing and sharding of the deployment that was backed up")
      case "local": .notRestored(reason: "each server's own (oplog, replica set); not part of the data")
      case let database where database.hasPrefix("__mdb_internal"):
        .notRestored(reason: "internal to the server that was backed up")
      default:
        if collection == "system.profile" {
          .notRestored(reason: "profiler output of the server that was backed up")
        } else if collection.hasPrefix("$admin.") {
          .notRestored(reason: "users and roles of this database alone, copied out of admin")
        } else if collection == "system.views" {
          .notRestored(reason: "views are created from their own metadata")
        } else {
          .data
        }
      }
  }
}

extension Namespace {
  /// Why the server would refuse this name; nil when it is legal.
  var illegality: String? {
    let forbidden = Set("/\\. \"$\0".utf8)
    if database.isEmpty { return "the database has no name" }
    if database.utf8.count > 63 { return "the database's name has more than 63 bytes" }
    if database.utf8.contains(where: forbidden.contains) {
      return "the database's name holds one of / \\ . \" $ or a space"
    }
    if collection.isEmpty { return "the collection has no name" }
    if collection.utf8.first == UInt8(ascii: ".") { return "the collection's name starts with a dot" }
    if collection.utf8.contains(0) { return "the collection's name holds a NUL" }
    return nil
  }
}

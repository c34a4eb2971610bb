internal import BSON
internal import Mongo
internal import Platform

// The file.
extension Failure {
  static func noWitness(_ path: String) -> Failure {
    Failure(
      .invalidScenario, "no-witness", "there is no witness here", at: Place(path),
      hint: "Record one with 'mongodrill witness'.")
  }

  static func newerWitness(_ path: String, _ version: Int) -> Failure {
    Failure(
      .invalidScenario, "newer-witness",
      "the witness has schema version \(version); this mongodrill reads \(WitnessRecord.schemaVersion)",
      at: Place(path), hint: "Use the version of mongodrill that wrote it, or a newer one.")
  }

  static func damagedWitness(_ path: String, offset: Int?, _ cause: String) -> Failure {
    Failure(
      .damagedBackup, "damaged-witness", "the witness is damaged",
      at: Place(path, offset: offset.map { UInt64($0) }),
      hint: "It was cut short or changed; copy it again from where it was recorded.", cause: cause)
  }
}

// The source.
extension Failure {
  static func noReplicaSet() -> Failure {
    Failure(
      .incomplete, "no-replica-set", "the source is no member of a replica set: it has no cluster time",
      hint: "A witness needs the timestamps of an oplog to say at which moment it saw what.")
  }

  static func shardedSource() -> Failure {
    Failure(
      .incomplete, "sharded-source", "the source is a sharded cluster (a mongos)",
      hint: "Record a witness of each shard, at the address of its own replica set.")
  }

  static func sourceNotReadable(_ state: String) -> Failure {
    Failure(
      .incomplete, "source-not-readable", "the member can't be read: it is \(state)",
      hint: "Name the whole set in the URI, with its replicaSet option.")
  }

  static func sourceLost(_ error: MongoError) -> Failure {
    Failure(
      .incomplete, "source-lost", "the source doesn't answer",
      hint: "Can it be reached at this address, and are replicaSet and tls in it right?",
      cause: error.message)
  }

  static func notAllowed(_ what: String, _ error: MongoError) -> Failure {
    Failure(
      .incomplete, "not-allowed", "the source's user may not \(what)",
      hint: "Grant readAnyDatabase on admin, or read on each database that is witnessed.",
      cause: error.message)
  }

  static func badCredentials(_ error: MongoError) -> Failure {
    Failure(
      .incomplete, "bad-credentials", "the source refuses the credentials",
      hint: "Look at the user, the password and authSource in the URI.", cause: error.message)
  }

  static func sourceRefused(_ what: String, _ error: MongoError) -> Failure {
    Failure(.incomplete, "source-refused", "the source refuses to \(what)", cause: error.description)
  }

  static func nothingToWitness(isSelected: Bool) -> Failure {
    Failure(
      .incomplete, "nothing-to-witness",
      isSelected ? "there is no collection that --include selects" : "there is no collection",
      hint: "The user sees only what it may read: it needs readAnyDatabase, or read on each database.")
  }

  static func majorityLags() -> Failure {
    Failure(
      .incomplete, "majority-lags",
      "the majority of the replica set doesn't keep up: nothing new is committed",
      hint: "Look at the health of the set's members.")
  }

  static func snapshotsTooOld(_ error: MongoError?) -> Failure {
    Failure(
      .incomplete, "snapshots-too-old",
      "the source gives up its snapshots before a range of documents is read",
      hint: "Raise --max-rate, or minSnapshotHistoryWindowInSeconds on the source.", cause: error?.description
    )
  }

  /// What the source said to a command that was to do `what`, such as `list the databases`.
  static func source(_ error: MongoError, to what: String) -> Failure {
    // AuthenticationFailed, and libmongoc's own for that (MONGOC_ERROR_CLIENT_AUTHENTICATE).
    if error.code == 18 || error.code == 11 && error.isConnectionLoss { return .badCredentials(error) }
    if error.isConnectionLoss { return .sourceLost(error) }
    switch error.code {
    // Unauthorized.
    case 13: return .notAllowed(what, error)
    default: return .sourceRefused(what, error)
    }
  }
}

extension ServerVersion {
  fileprivate static let v44 = ServerVersion(4, 4)
  fileprivate static let v50 = ServerVersion(5, 0)
  fileprivate static let v60 = ServerVersion(6, 0)
  fileprivate static let v70 = ServerVersion(7, 0)
  fileprivate static let v80 = ServerVersion(8, 0)
  fileprivate static let v83 = ServerVersion(8, 3)
}

// What a server is started with.
extension ServerTrait {
  package static let indexBuildLimit = ServerTrait(
    .start, "`maxNumActiveUserIndexBuilds`", since: .v44,
    "Raised: indexes of several collections are built at a time.")

  private static let start = [
    indexBuildLimit,
    ServerTrait(
      .start, "`--enableFreeMonitoring`", before: .v70,
      "Never given: patches of 5.0 and 6.0 lost it (5.0.32 and 6.0.24 end on it), and without it a server tells nobody of "
        + "itself, unless the files of a physical copy say that it was asked to."),
    ServerTrait(
      .start,
      "`ttlMonitorEnabled`, `disableLogicalSessionCacheRefresh`, `cursorTimeoutMillis`, "
        + "`localLogicalSessionTimeoutMinutes`, `maxIndexBuildMemoryUsageMegabytes`, `diagnosticDataCollectionEnabled`",
      "Set for every server: nothing ages out, nothing is written by itself, no cursor ends under a long check."
    ),
    ServerTrait(
      .start, "`recoverFromOplogAsStandalone`, `takeUnstableCheckpointOnShutdown`",
      "What a physical copy is recovered with. Where the oplog ends is looked at afterwards."),
    ServerTrait(
      .start, "`--nojournal`, `storage.journal.enabled`", before: ServerVersion(6, 1), known: .read,
      "Never given: a sandbox has the server's default."),
  ]
}

// Files.
extension ServerTrait {
  private static let files = [
    ServerTrait(
      .files, "files of its own feature compatibility version or the one before",
      "A physical copy needs a mongod of its version, or of the next (`copy-not-opened` otherwise). A dump doesn't say "
        + "its feature compatibility version; the sandbox has that of its own version."),
    ServerTrait(
      .files, "recovery timestamp in the log (id 23987)", since: .v44,
      "Says which moment a physical copy stands at; that is its earliest target."),
    ServerTrait(
      .files, "keys of indexes: version 2, and 1 of ancient ones",
      "An index is built as its specification says (`v`); the format of its keys is the server's own."),
  ]
}

// What stands in an oplog.
extension ServerTrait {
  package static let updatesAsDiffs = ServerTrait(
    .oplog, "updates as differences (`$v: 2`)", since: .v50,
    "Servers before refuse them: an oplog of 5.0 or later isn't replayed into an older one (`server-unfit`).")
  package static let updatesAsModifiers = ServerTrait(
    .oplog, "updates as modifiers (`$v: 1`, `$set` without `$v`)", before: .v70, known: .read,
    "Written by 4.4 and before. Applied by 4.4, 5.0 and 6.0 (tried); later servers refuse them until patches of August "
      + "2025 (SERVER-107211). A replay into 7.0 or later says so first.")
  package static let upsertOption = ServerTrait(
    .oplog, "`alwaysUpsert` of `applyOps`", before: ServerVersion(6, 2), known: .read,
    "Given as false where it is known: an update never inserts. Newer servers refuse the option and do by `b` of the "
      + "operation, which is false.")

  private static let oplog = [
    updatesAsDiffs, updatesAsModifiers, upsertOption,
    ServerTrait(
      .oplog, "`startIndexBuild`, `commitIndexBuild`, `abortIndexBuild`", since: .v44,
      "Followed in the catalogue; indexes are built at the end, from what it comes to."),
    ServerTrait(
      .oplog, "`needsRetryImage` of a retryable findAndModify", since: .v50,
      "Left out, like all else that is about the source's own sessions."),
    ServerTrait(
      .oplog, "`checkExistenceForDiffInsert` of changed buckets", since: .v60,
      "Left out: the operations on one document are applied once each, in order."),
    ServerTrait(
      .oplog, "sessions of transactions inside a server (`lsid` with `txnUUID`)", since: .v60, known: .read,
      "The bytes of the whole `lsid` tell transactions apart."),
    ServerTrait(
      .oplog, "`applyOps` in an `applyOps`", before: .v70, known: .read, "Unrolled, ten deep at most."),
    ServerTrait(
      .oplog, "batched inserts outside of transactions (`applyOps` with `multiOpType: 1`)", since: .v80,
      known: .read,
      "Read as the plain operations that they are; none waits for a commit."),
    ServerTrait(
      .oplog, "`versionContext` of commands", since: ServerVersion(8, 2), known: .read,
      "Left out: definitions are made by what the command itself says."),
    ServerTrait(
      .oplog, "`modifyShardedCollectionGlobalIndexCatalog` and other commands of sharding",
      since: ServerVersion(6, 1),
      known: .read, "Skipped in `config`; on data they are refused as unknown (`unsupported-command`)."),
    ServerTrait(
      .oplog, "entries of containers and keys (`ci`, `cd`, `cu`, `km`), record ids (`rid`)", since: .v83,
      known: .read,
      "The kinds are refused as unknown: none is passed over. `rid` is left out."),
  ]
}

// What a backup may hold.
extension ServerTrait {
  package static let timeSeries = ServerTrait(
    .collections, "time series", since: .v50, "Restored bucket by bucket.")
  package static let compressedBuckets = ServerTrait(
    .collections, "compressed buckets of time series (`control.version: 2`)", since: ServerVersion(5, 0, 32),
    "Taken by 5.0.4, which can't read them then; read by 5.0.32. A time series of a source that writes them isn't "
      + "restored into an older one (`server-unfit`).")
  package static let writingCompressedBuckets = ServerTrait(
    .collections, "buckets that are compressed when they are closed", since: ServerVersion(5, 2),
    "Tells from the source's version what a time series holds.")
  package static let clusteredCollections = ServerTrait(
    .collections, "clustered collections", since: ServerVersion(5, 3), "Created without an `_id` index.")
  package static let changeStreamImages = ServerTrait(
    .collections, "`changeStreamPreAndPostImages`", since: .v60,
    "Created with it; the images are not in a dump.")
  package static let encryptedFields = ServerTrait(
    .collections, "Queryable Encryption (`encryptedFields`)", since: .v60,
    "Created through `applyOps`, which a standalone server takes; checks see encrypted values as they lie.")
  package static let bucketRounding = ServerTrait(
    .collections, "`bucketRoundingSeconds`", since: ServerVersion(6, 3), "Created with it.")

  private static let collections = [
    ServerTrait(
      .collections, "names of fields that begin with `$`", since: .v50,
      "A document that the server refuses for it is told by its `_id` (`document-refused`)."),
    timeSeries, compressedBuckets, writingCompressedBuckets, clusteredCollections, changeStreamImages,
    encryptedFields, bucketRounding,
    ServerTrait(
      .collections, "`timeseriesBucketsMayHaveMixedSchemaData`", since: .v60,
      "Told to a time series when the server refuses a bucket without it."),
    ServerTrait(
      .collections, "unsorted compressed buckets (`control.version: 3`)", since: .v80, known: .read,
      "Restored as they are; the dump's version is compared with the server's."),
    ServerTrait(
      .collections, "time series without a collection for their buckets", since: .v83, known: .read,
      "Read from dumps; a server of that version has not been restored into."),
  ]
}

// Kinds of indexes and their options.
extension ServerTrait {
  package static let haystackIndexes = ServerTrait(
    .indexes, "`geoHaystack`", before: .v50, "Built where the server knows it.")
  package static let preparedUniqueIndexes = ServerTrait(
    .indexes, "`prepareUnique`", since: .v60, "Built with it.")
  package static let compoundWildcards = ServerTrait(
    .indexes, "wildcards in compound indexes", since: .v70, "Built where the server knows them.")
  package static let columnstoreIndexes = ServerTrait(
    .indexes, "`columnstore` (a preview)", since: ServerVersion(6, 3), before: .v70,
    "Built where the server knows it: in none that is tried.")
  package static let encryptedRanges = ServerTrait(
    .indexes, "`queryable_encrypted_range`", since: .v80, known: .read, "Built where the server knows it.")

  private static let indexes = [
    haystackIndexes, preparedUniqueIndexes, compoundWildcards, columnstoreIndexes, encryptedRanges,
    ServerTrait(
      .indexes, "`expireAfterSeconds` listed with a clustered collection's index",
      since: ServerVersion(6, 0, 27),
      "Compared as an option of the collection; with the index it doesn't count. (6.0.5 doesn't list it.)"),
    ServerTrait(.indexes, "`hidden`", since: .v44, "Built with it."),
  ]
}

// What is asked of servers.
extension ServerTrait {
  package static let snapshotReads = ServerTrait(
    .commands, "reading at a cluster time (`readConcern: snapshot` with `atClusterTime`)", since: .v50,
    "What a witness reads by. On older sources collections are read until they stand still.")
  package static let hashedKeys = ServerTrait(
    .commands, "`$toHashedIndexKey`", since: .v50,
    "Tells which shard a document with a hashed key belongs to; without it that check has no answer.")

  private static let commands = [
    snapshotReads, hashedKeys,
    ServerTrait(
      .commands, "scans of the buckets of a time series by `_id`", since: ServerVersion(5, 3),
      "Tried on each; where there are none, a time series is read in one piece."),
    ServerTrait(
      .commands, "`hello`", since: ServerVersion(4, 4, 2), "Older servers are asked `isMaster`."),
    ServerTrait(
      .commands, "`bypassEmptyTsReplacement`", since: ServerVersion(5, 0, 29),
      "Not used: an empty timestamp is put back by an update, on every version. (6.0 has it from 6.0.17 on.)"),
    ServerTrait(
      .commands, "`validate` counts documents that the validator refuses", since: .v60,
      "Told where it counts them; on older servers the check `schema` asks."),
    ServerTrait(
      .commands, "`validate` looks at the BSON of documents", since: ServerVersion(6, 2), known: .read,
      "What it finds is an error of the check `validate`, whatever the version looks at."),
    ServerTrait(
      .commands, "writes that wait for a majority when nothing is said", since: .v50,
      "What counts (writers that a failover is measured by, fault steps) says its write concern; all else is on one server."
    ),
    ServerTrait(
      .commands, "`dbHash`", "Compares the members of a replica set with each other; never two versions."),
    ServerTrait(
      .commands, "null doesn't equal `undefined` in queries", since: .v80, known: .read,
      "A `where` of a check and a `query` mean what the sandbox's version says; `missing` looks at the bytes."
    ),
  ]
}

extension ServerTrait {
  /// All of them, by area.
  package static let all = start + files + oplog + collections + indexes + commands
}

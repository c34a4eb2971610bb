package import BSON
internal import Compression
internal import Facts
package import Platform

/// What a store of Percona Backup for MongoDB says of one snapshot, in its `NAME.pbm.json`.
///
/// Source: PBM 2.15, `pbm/backup/types.go`.
package struct PBMRecord: Sendable {
  /// A replica set that it covers: the only one, or a shard.
  package struct ReplicaSet: Sendable {
    package var name: String
    /// The path of its `metadata.json` in the store.
    var metadata: String
    /// The path in the store of the folder (up to PBM 2.3 the file) with what happened while it was dumped.
    var oplog: String
    /// The oplog's first entry …
    var firstWrite: Timestamp
    /// … and its last one, with which the documents agree.
    var lastWrite: Timestamp
  }

  /// The snapshot's name, a time such as `2026-11-21T11:17:07Z`.
  package var name: String
  /// Its file.
  package var place: Place
  /// `logical`, `physical`, `incremental` or `external`.
  package var type: String
  /// `done` when it is finished.
  package var status: String
  /// What went wrong, in PBM's words.
  package var error: String?
  package var replicaSets: [ReplicaSet]
  /// Whether one of them is a cluster's config server.
  package var hasConfigServer: Bool
  /// The moment that it can be restored to: the end of its window.
  package var lastWrite: Timestamp
  /// The namespaces that were asked for (`shop.*`); empty when all are in it.
  package var selection: [String]
  /// `gzip`, `s2`, `none` and so on: it says what the files' names end with.
  package var compression: String
  package var toolVersion: String?
  package var serverVersion: String?

  /// Reads it. Throws `Failure` of kind `damagedBackup` when it is not what PBM writes.
  init(_ path: String) throws(Failure) {
    place = Place(path)
    let json = try openDecompressed(path).readAll(limit: 64 << 20)
    let document: Document
    do throws(MalformedBSON) {
      document = try Document(extendedJSON: String(decoding: json, as: UTF8.self))
    } catch {
      throw .metadataNotJSON(Place(path), cause: "\(error.reason), at byte \(error.offset) of it")
    }
    func text(_ name: String) -> String? { document[name]?.string }
    name = String(Files.name(of: path).dropLast(PBMStore.recordSuffix.count))
    guard let type = text("type"), let status = text("status") else {
      throw .badMetadata(place, "\"type\" or \"status\" is missing")
    }
    if let own = text("name"), !own.utf8.elementsEqual(name.utf8) {
      throw .badMetadata(place, "it is that of the snapshot \(own)")
    }
    (self.type, self.status, error) = (type, status, text("error"))
    selection = (document["nss"]?.elements ?? []).compactMap(\.string)
    compression = text("compression") ?? "none"
    toolVersion = text("pbm_version")
    serverVersion = text("mongodb_version")
    lastWrite = Timestamp(pbm: document["last_write_ts"])
    let sets = (document["replsets"]?.elements ?? []).compactMap(\.document)
    hasConfigServer = sets.contains { $0["iscs"]?.isTrue == true }
    replicaSets = sets.map { set in
      ReplicaSet(
        name: set["name"]?.string ?? "", metadata: set["backup_name"]?.string ?? "",
        oplog: set["oplog_name"]?.string ?? "", firstWrite: Timestamp(pbm: set["first_write_ts"]),
        lastWrite: Timestamp(pbm: set["last_write_ts"]))
    }
  }

  /// Why it can't be restored here; nil when it can.
  package var refusal: Failure? {
    if status != "done" { return .snapshotUnfinished(self) }
    if type != "logical" { return .snapshotNotLogical(self) }
    if replicaSets.count > 1 || hasConfigServer { return .snapshotSharded(self) }
    guard let set = replicaSets.first, !set.name.isEmpty else {
      return .badMetadata(place, "it names no replica set")
    }
    if !set.metadata.hasSuffix("/metadata.json") { return .snapshotTooOld(self, file: set.metadata) }
    if suffix == nil { return .snapshotCompression(self) }
    if set.firstWrite.bits == 0 || set.lastWrite < set.firstWrite || lastWrite.bits == 0 {
      return .withoutWindow(self, set)
    }
    return nil
  }

  /// What the names of its files end with; nil for a compression that is not known.
  var suffix: String? {
    switch compression {
    case "none", "": ""
    case "gzip", "pgzip": ".gz"
    case "zstd": ".zst"
    case "lz4", "snappy", "s2": ".\(compression)"
    default: nil
    }
  }
}

extension Timestamp {
  /// As PBM writes it in JSON, `{"T": 1795259832, "I": 2}`; 0:0 when it is something else.
  fileprivate init(pbm value: Value?) {
    func part(_ name: String) -> UInt32? { value?.document?[name]?.integer.flatMap { UInt32(exactly: $0) } }
    self.init(seconds: part("T") ?? 0, increment: part("I") ?? 0)
  }
}

import BSON
import Backups
import Compression
import Facts
import Platform
import Record
import Replay

extension FuzzedReader {
  /// The documents of a collection, in a dump directory.
  static let collection = FuzzedReader(
    name: "collection", codesWithoutOffset: ["empty-file", "not-a-backup"], share: 2
  ) { scratch in
    let shop = "Tests/Fixtures/shop/base/dump/"
    let seeds = try [shop + "shop/types.bson", shop + "admin/system.users.bson", shop + "oplog.bson"].map(
      Fixture.bytes)
    try scratch.write(metadata("c"), to: "dump/d/c.metadata.json")
    return FuzzedInput(seeds: seeds) { bytes in
      try scratch.write(bytes, to: "dump/d/c.bson")
      try read(scratch["dump"])
    }
  }

  /// The metadata of a collection.
  static let metadata = FuzzedReader(name: "metadata") { scratch in
    let shop = "Tests/Fixtures/shop/base/dump/shop/"
    let names = ["products", "collated", "metrics", "openOrders", "customers"]
    var seeds = try names.map { try Fixture.bytes("\(shop)\($0).metadata.json") }
    seeds = seeds.map { Array(String(decoding: $0, as: UTF8.self).renaming(names, to: "c").utf8) }
    let timeSeries = try Fixture.bytes(shop + "system.buckets.metrics.bson").prefix(0)
    try scratch.write(timeSeries, to: "dump/d/c.bson")
    // A view has no documents, everything else has.
    seeds = seeds.filter { !String(decoding: $0, as: UTF8.self).contains("\"viewOn\"") }
    return FuzzedInput(seeds: seeds) { bytes in
      try scratch.write(bytes, to: "dump/d/c.metadata.json")
      try read(scratch["dump"])
    }
  }

  /// What a dump says of the server that it was taken of.
  static let prelude = FuzzedReader(name: "prelude") { scratch in
    try scratch.write(metadata("c"), to: "dump/d/c.metadata.json")
    try scratch.write([], to: "dump/d/c.bson")
    let seed = try Fixture.bytes("Tests/Fixtures/shop/oplog/001/local/prelude.json")
    return FuzzedInput(seeds: [seed]) { bytes in
      try scratch.write(bytes, to: "dump/prelude.json")
      try read(scratch["dump"])
    }
  }

  /// An archive: every collection's documents have a checksum, so what is taken holds what was written.
  static let archive = FuzzedReader(
    name: "archive", codesWithoutOffset: ["empty-file", "not-a-backup"], share: 4
  ) { scratch in
    let histories = "Tests/Fixtures/histories/"
    let seeds = try ["users", "views", "names", "window"].map { name in
      try unpacked("\(histories)\(name)/base.archive.gz")
    }
    var known: [String: Set<[UInt8]>] = [:]
    for seed in seeds {
      try scratch.write(seed, to: "x")
      for (name, content) in try contents(of: openBackup(scratch["x"])) {
        known[name, default: []].insert(content)
      }
    }
    return FuzzedInput(seeds: seeds) { [known] bytes in
      try scratch.write(bytes, to: "x")
      try read(scratch["x"])
      for (name, content) in try contents(of: openBackup(scratch["x"])) where !content.isEmpty {
        // Two blocks that changed places have another order, and another checksum.
        guard known.values.contains(where: { $0.contains(content) }) else {
          throw Misbehaviour("\(name) holds something else")
        }
      }
    }
  }

  /// gzip: what is taken off has a checksum.
  static let gzip = compression("gzip") {
    [
      try Fixture.bytes("Tests/Fixtures/shop/base/dump-gzip/shop/types.bson.gz"),
      try Fixture.bytes("Tests/Fixtures/shop/base/dump-gzip/shop/products.metadata.json.gz"),
    ]
  }
  static let zstandard = compression("zstd") {
    ["small.zst", "types.bson.zst"].compactMap { try? Fixture.bytes("Tests/Fixtures/compressed/\($0)") }
  }
  static let lz4 = compression("lz4") {
    ["small.lz4", "types.bson.lz4"].compactMap { try? Fixture.bytes("Tests/Fixtures/compressed/\($0)") }
  }
  static let snappy = compression("snappy") {
    ["small.snappy", "types.bson.snappy"].compactMap { try? Fixture.bytes("Tests/Fixtures/compressed/\($0)") }
  }
  static let s2 = compression("s2") {
    ["small.s2", "small.best.s2", "small.raw.s2", "types.bson.s2"].compactMap {
      try? Fixture.bytes("Tests/Fixtures/compressed/\($0)")
    }
  }

  /// The oplog that a dump took along: read into a chain, searched as `find` does.
  static let oplog = FuzzedReader(
    name: "oplog", codesWithoutOffset: ["base-oplog-empty", "empty-file"], share: 2
  ) { scratch in
    try scratch.write(metadata("c"), to: "dump/d/c.metadata.json")
    try scratch.write([], to: "dump/d/c.bson")
    let seeds = try oplogSeeds()
    return FuzzedInput(seeds: seeds) { bytes in
      try scratch.write(bytes, to: "dump/oplog.bson")
      try read(scratch["dump"])
      try search(scratch["dump"], [])
    }
  }

  /// Slices of the oplog, plain or compressed, after a dump.
  static let slices = FuzzedReader(
    name: "slices",
    codesWithoutOffset: [
      "base-oplog-empty", "empty-file", "no-oplog", "gzip-corrupt", "gzip-cut-short", "zstd-corrupt",
      "zstd-cut-short", "zstd-needs-memory",
      "gzip-trailing-garbage", "zstd-trailing-garbage",
    ], share: 2
  ) { scratch in
    try scratch.write(metadata("c"), to: "dump/d/c.metadata.json")
    try scratch.write([], to: "dump/d/c.bson")
    var seeds = try oplogSeeds()
    try scratch.write(seeds[0].prefix(try documents(in: seeds[0])[0].count), to: "dump/oplog.bson")
    for seed in seeds.prefix(2) {
      try scratch.write(seed, to: "x")
      try runProgram("gzip", "-f", scratch["x"])
      seeds += [try Files.read(scratch["x.gz"]), try ZstandardBlock.compress(seed)]
    }
    return FuzzedInput(seeds: seeds) { bytes in
      try scratch.write(bytes, to: "slices/1.bson")
      try search(scratch["dump"], [scratch["slices"]])
    }
  }

  /// What PBM says of a snapshot.
  static let pbmRecord = pbm("pbm-record", "2026-11-21T11:17:07Z.pbm.json")
  static let pbmMetadata = pbm("pbm-metadata", "2026-11-21T11:17:07Z/rs0/metadata.json", share: 8)
  static let pbmSpecifications = pbm("pbm-meta", "2026-11-21T11:17:07Z/rs0/meta.pbm", share: 8)

  /// A tar of a dbPath, read and unpacked: nothing comes to lie beside the folder.
  static let tar = FuzzedReader(name: "tar", share: 4) { scratch in
    let block: [UInt8] = [0x41, 0xD8, 0x01, 0x00] + [UInt8](repeating: 0, count: 4092)
    try scratch.write("WiredTiger 11.0.1: (x)\n", to: "copy/WiredTiger")
    try scratch.write("turtle", to: "copy/WiredTiger.turtle")
    try scratch.write(
      Document([("storage", .document(["engine": "wiredTiger"]))]).bytes, to: "copy/storage.bson")
    for name in ["WiredTiger.wt", "_mdb_catalog.wt"] { try scratch.write(block, to: "copy/\(name)") }
    try scratch.write([], to: "copy/mongod.lock")
    try scratch.write([], to: "copy/journal/" + String(repeating: "l", count: 120))
    var seeds: [[UInt8]] = []
    for form in ["gnu", "pax", "ustar", "v7"] {
      // A name of 120 bytes is beyond these.
      let excluded = form == "v7" || form == "ustar" ? ["--exclude=journal"] : []
      let words =
        ["tar", "--format=\(form)", "-cf", scratch["x.tar"]] + excluded + ["-C", scratch["copy"], "."]
      let done = try Supervisor.shared.capture(ChildSpec(words))
      guard done.status == .exited(0) else { throw Misbehaviour(done.errorOutput.text) }
      seeds.append(try Files.read(scratch["x.tar"]))
    }
    try Files.createFolder(scratch["around"])
    return FuzzedInput(seeds: seeds) { bytes in
      try scratch.write(bytes, to: "x.tar")
      guard let tar = CopyTar(scratch["x.tar"]) else {
        throw Failure(.damagedBackup, "no-tar", "no tar", at: Place(scratch["x.tar"]))
      }
      defer { try? Files.removeTree(scratch["around/unpacked"]) }
      let copy = try tar.read(to: scratch["around/unpacked"])
      guard try Files.names(in: scratch["around"]) == ["unpacked"] else {
        throw Misbehaviour("something lies beside it")
      }
      try copy.requireSound()
    }
  }

  /// The small files of a dbPath that say something.
  static let copy = FuzzedReader(name: "copy") { scratch in
    let block: [UInt8] = [0x41, 0xD8, 0x01, 0x00] + [UInt8](repeating: 0, count: 4092)
    for name in ["WiredTiger.wt", "_mdb_catalog.wt"] { try scratch.write(block, to: "copy/\(name)") }
    try scratch.write("turtle", to: "copy/WiredTiger.turtle")
    try scratch.write([], to: "copy/mongod.lock")
    let storage = Document([
      (
        "storage",
        .document(["engine": "wiredTiger", "options": ["directoryPerDB": true, "groupCollections": false]])
      )
    ])
    let seeds = [
      Array(storage.bytes), Array("Last Oplog Applied: Sat (1795258578, 300)\n".utf8),
      Array("WiredTiger\nWiredTiger 11.0.1: (November 15, 2021)\n".utf8),
    ]
    return FuzzedInput(seeds: seeds) { bytes in
      for (name, seed) in zip(["storage.bson", "restoreInfo.txt", "WiredTiger"], seeds) {
        try scratch.write(seed, to: "copy/\(name)")
      }
      let name =
        bytes.first == UInt8(ascii: "L")
        ? "restoreInfo.txt" : bytes.first == UInt8(ascii: "W") ? "WiredTiger" : "storage.bson"
      try scratch.write(bytes, to: "copy/\(name)")
      let copy = try PhysicalCopy(scratch["copy"])
      if !copy.damage.isEmpty { throw Refusals(failures: copy.damage) }
    }
  }

  /// What describes a backup beside it, and its comparison with the backup.
  static let sidecar = FuzzedReader(name: "sidecar", share: 2) { scratch in
    try scratch.write(metadata("c"), to: "dump/d/c.metadata.json")
    try scratch.write(Document([("_id", 1)]).bytes, to: "dump/d/c.bson")
    let sha = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let seeds = [
      #"{"backup_id": "n-7", "type": "full", "status": "completed", "completed_at": "2026-11-21T14:30:00Z", "size_bytes": 200}"#,
      #"{"collections": {"d.c": 1}, "files": [{"path": "d/c.bson", "size": 14, "crc": 1}], "success": true}"#,
      #"{"databases": [{"name": "d", "collections": [{"name": "c", "count": 1}]}], "exit_code": 0, "timestamp": 1795258578}"#,
      #"{"sizes": {"d/c.bson": 14}, "md5": {"other": "d41d8cd98f00b204e9800998ecf8427e"}, "time": 1.7e12, "x": "\#(sha)"}"#,
    ]
    return FuzzedInput(seeds: seeds.map { Array($0.utf8) }) { bytes in
      try scratch.write(bytes, to: "dump/backup_metadata.json")
      guard let sidecar = try Sidecar.find(for: scratch["dump"]) else { throw Misbehaviour("it isn't found") }
      let backup = try inspectBackup(scratch["dump"])
      _ = sidecar.summary
      let files = try sidecar.compare(with: backup)
      let counts = sidecar.compare(documents: backup.collections.map { ($0.facts.namespace, 1) }, isAll: true)
      _ = (files.summary(of: sidecar), counts.summary(of: sidecar))
      try sidecar.requireSuccess()
      // A seed may claim what isn't so; what it says has to be taken apart all the same.
      let damage = files.damage + counts.damage
      if !damage.isEmpty, !seeds.contains(where: { $0.utf8.elementsEqual(bytes) }) {
        throw Refusals(failures: damage)
      }
    }
  }
}

extension FuzzedReader {
  /// Metadata of a plain collection.
  static func metadata(_ name: String) -> String {
    #"{"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"collectionName":"\#(name)","type":"collection"}"#
  }

  /// Verifies a backup as `verify` does, and reads it as a restore does. Both have to say the same.
  static func read(_ path: String) throws {
    let verified = try verifyBackup(path)
    let options = ReadOptions(batchBytes: 4096)
    let opened: Failure?
    do {
      let backup = try openBackup(path)
      _ = try backup.read(Set(backup.collections.indices), options: options) { batch in
        batch.withBytes { bytes in _ = bytes.count }
      }
      opened = nil
    } catch let failure as Failure { opened = failure }
    if !verified.damage.isEmpty {
      guard opened != nil else { throw Misbehaviour("a restore doesn't notice: \(verified.damage[0])") }
      throw Refusals(failures: verified.damage)
    }
    if let opened { throw Misbehaviour("verify doesn't notice: \(opened)") }
  }

  /// The documents of each collection, in their order.
  static func contents(of backup: any LogicalBackup) throws -> [String: [UInt8]] {
    let found = Monitor([Int: [UInt8]]())
    _ = try backup.read(Set(backup.collections.indices), options: .init()) { batch in
      let bytes = batch.withBytes { Array($0) }
      found.update { $0[batch.collection, default: []] += bytes }
    }
    var contents: [String: [UInt8]] = [:]
    for (index, bytes) in found.withLock({ $0 }) {
      contents[backup.collections[index].facts.namespace.description] = bytes
    }
    return contents
  }

  /// Reads the chain of a base and slices to its end, as `verify`, `find` and a replay do.
  static func search(_ base: String, _ slices: [String]) throws {
    let backup = try openBackup(base)
    let inspected = try OplogChain.inspect(base: backup, slices: slices)
    if !inspected.damage.isEmpty { throw Refusals(failures: inspected.damage) }
    let chain = try OplogChain.open(base: backup, slices: slices)
    _ = (chain.coverage.lines, chain.coverage.json)
    let cursor = try chain.cursor(through: chain.coverage.end)
    while let entry = try cursor.next() {
      for operation in [entry.operation] {
        _ = (
          operation.namespace, operation.commandName, operation.documentID, operation.object2, entry.session
        )
      }
      if entry.timestamp > chain.coverage.end { break }
    }
    var request = FindRequest()
    (request.minimum, request.kinds) = (1, Set(OplogFinding.Kind.allCases))
    _ = try request.search(chain, events: { _ in })
    _ = try? Target("latest").resolve(in: chain)
  }

  static func unpacked(_ name: String) throws -> [UInt8] {
    try openDecompressed(Fixture.path(name)).readAll(limit: 64 << 20)
  }

  /// The first entries of real oplogs: of plain writes, transactions, commands, time series.
  static func oplogSeeds() throws -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for name in ["indexes", "views", "users", "window", "documents", "time-series", "options"] {
      let file = Fixture.path("Tests/Fixtures/histories/\(name)/oplog.bson.gz")
      let entries = try documents(in: openDecompressed(file).read(upTo: 1 << 17)).dropLast()
      seeds.append(Array(entries.prefix(8).joined()))
      let commands = entries.filter { (try? Document($0[...]))?["op"]?.string == "c" }
      if !commands.isEmpty { seeds.append(Array(commands.prefix(6).joined())) }
    }
    return seeds
  }

  /// A compression whose checksums say whether what it gives is what went in.
  static func compression(_ name: String, _ seeds: @escaping @Sendable () throws -> [[UInt8]]) -> FuzzedReader
  {
    FuzzedReader(name: name) { scratch in
      let seeds = try seeds()
      guard !seeds.isEmpty else { throw Misbehaviour("there is no seed") }
      let contents = try seeds.map { seed in
        try scratch.write(seed, to: "x")
        return try openDecompressed(scratch["x"]).readAll(limit: 64 << 20)
      }
      return FuzzedInput(seeds: seeds) { bytes in
        try scratch.write(bytes, to: "x")
        let reader = try openDecompressed(scratch["x"])
        let content = try reader.readAll(limit: 64 << 20)
        // Where the first bytes are no longer those of the compression, it is a plain file.
        guard reader.compression != nil else { return }
        var rest = content[...]
        while !rest.isEmpty {
          // Of a stream that nothing marks the end of, whole chunks may be missing.
          guard
            let known = contents.first(where: {
              !$0.isEmpty && rest.starts(with: $0) || $0.starts(with: rest)
            })
          else { throw Misbehaviour("\(content.count) bytes that were never compressed") }
          rest = rest.dropFirst(known.count)
        }
      }
    }
  }

  /// A file of a real store of PBM; the store is opened with it.
  private static func pbm(_ name: String, _ file: String, share: Int = 1) -> FuzzedReader {
    FuzzedReader(name: name, share: share) { scratch in
      try Files.createFolder(scratch["pbm"])
      try runProgram("tar", "-xzf", Fixture.path("Tests/Fixtures/pbm/store.tar.gz"), "-C", scratch["pbm"])
      let seed = try Files.read(scratch["pbm/store/\(file)"])
      return FuzzedInput(seeds: [seed]) { bytes in
        try scratch.write(bytes, to: "pbm/store/\(file)")
        let backup = try inspectBackup(scratch["pbm/store"])
        if !backup.damage.isEmpty { throw Refusals(failures: backup.damage) }
      }
    }
  }
}

extension String {
  /// Each of these names in quotes becomes another.
  fileprivate func renaming(_ names: [String], to name: String) -> String {
    var text = self
    for old in names {
      text = text.split(separator: "\"\(old)\"", omittingEmptySubsequences: false).joined(
        separator: "\"\(name)\"")
    }
    return text
  }
}

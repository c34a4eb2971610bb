import Checks
import Compression
import Configuration
import Drills
import Platform
import Readiness
import Record
import Reports
import Witness

extension FuzzedReader {
  /// YAML: nodes with their places, and their values.
  static let yaml = FuzzedReader(name: "yaml", kinds: [.invalidScenario], codesWithoutOffset: []) { _ in
    FuzzedInput(seeds: try scenarioSeeds()) { bytes in
      let diagnostics = Diagnostics()
      let node = Node.parse(bytes, file: "x.yaml", diagnostics)
      if let node { _ = (node.bsonValue(diagnostics), node.json) }
      if !diagnostics.isEmpty { throw Refusals(failures: diagnostics.sorted) }
      if node == nil { throw Misbehaviour("nothing is said, and nothing read") }
    }
  }

  /// A scenario.
  static let scenario = FuzzedReader(name: "scenario", kinds: [.invalidScenario], share: 2) { scratch in
    FuzzedInput(seeds: try scenarioSeeds()) { bytes in
      try scratch.write(bytes, to: "scenario.yaml")
      do { _ = try Scenario(scratch["scenario.yaml"]) } catch let error as InvalidScenario {
        throw Refusals(failures: error.failures)
      }
    }
  }

  /// A file of checks.
  static let checks = FuzzedReader(name: "checks", kinds: [.invalidScenario], share: 2) { scratch in
    var seeds = try scenarioSeeds()
    seeds.append(try Fixture.bytes("scenarios/accidental-deletion/lost.checks.yaml"))
    let usable = try seeds.filter { seed in
      try scratch.write(seed, to: "checks.yaml")
      return (try? ChecksFile(scratch["checks.yaml"])) != nil
    }
    return FuzzedInput(seeds: usable) { bytes in
      try scratch.write(bytes, to: "checks.yaml")
      do { _ = try ChecksFile(scratch["checks.yaml"]) } catch let error as InvalidScenario {
        throw Refusals(failures: error.failures)
      }
    }
  }

  /// A readiness policy.
  static let policy = FuzzedReader(name: "policy", kinds: [.invalidScenario]) { scratch in
    FuzzedInput(seeds: [try Fixture.bytes("docs/recipes/policy.yaml")]) { bytes in
      try scratch.write(bytes, to: "policy.yaml")
      do { _ = try Policy(file: scratch["policy.yaml"]) } catch let error as InvalidPolicy {
        throw Refusals(failures: error.failures)
      }
    }
  }

  /// A record, all reports that are drawn of it, and what histories read of it.
  static let record = FuzzedReader(name: "record", kinds: [.usage, .damagedBackup], share: 8) { scratch in
    let seed = try Fixture.bytes("reports/example/report.json")
    let json = try JSON.parse(seed)
    guard case .string(let run)? = json["run_id"] else { throw Misbehaviour("the example has no id") }
    return FuzzedInput(seeds: [seed, Array(json.text().utf8)]) { bytes in
      try scratch.write(bytes, to: "reports/\(run)/report.json")
      let index = try RunIndex(reading: scratch["reports"], depth: .details)
      let history = RunHistory(index, last: nil, since: nil, now: WallTime(seconds: 1_795_258_578))
      _ = HistoryPage(history, made: WallTime(seconds: 1_795_258_578))
      let record = try DrillRecord(reportAt: scratch["reports/\(run)/report.json"], bytes)
      for renderer in Renderer.all { _ = renderer.draw(record) }
      if let failure = index.unreadable.first?.failure {
        // Read whole, it is a record of another run, say.
        guard failure.place != nil else { throw Misbehaviour("no place: \(failure)") }
      }
    }
  }

  /// What a baseline is read of.
  static let baseline = FuzzedReader(name: "baseline", kinds: [.usage, .damagedBackup], share: 4) { scratch in
    let seed = try Fixture.bytes("reports/example/report.json")
    return FuzzedInput(seeds: [seed]) { bytes in
      try scratch.write(bytes, to: "base.json")
      _ = try Baseline.read(scratch["base.json"], reports: scratch["none"])
    }
  }

  /// A folder's chain of records: what was changed is a fault, with its line or its run.
  static let chain = FuzzedReader(name: "chain", share: 2) { scratch in
    let digests = ["a", "b", "c"].map { String(repeating: $0, count: 64) }
    let lines: [ChainLine] = [
      .record(
        ChainLink(
          runID: "20261121T130449Z-a", sha256: digests[0], writtenAt: WallTime(seconds: 1), isAdopted: true)),
      .record(ChainLink(runID: "20261121T130450Z-b", sha256: digests[1], writtenAt: WallTime(seconds: 2))),
      .removal(
        ChainAnchor(
          runID: "20261121T130449Z-a", sha256: digests[0], removed: 1, removedAt: WallTime(seconds: 3))),
      .record(ChainLink(runID: "20261121T130451Z-c", sha256: digests[2], writtenAt: nil)),
    ]
    return FuzzedInput(seeds: [Array(lines.map(\.text).joined().utf8)]) { bytes in
      try scratch.write(bytes, to: "reports/chain.jsonl")
      let chain = try RunChain(of: scratch["reports"])
      _ = (chain.links, chain.anchors)
      let verification = try ChainVerification(of: scratch["reports"])
      if let fault = verification.faults.first {
        guard !fault.message.isEmpty else { throw Misbehaviour("a fault without a word") }
        // The seed's own records aren't there.
        return
      }
    }
  }

  /// A witness, as it was written and with its digest set right, so that what is behind the digest is read.
  static let witness = FuzzedReader(name: "witness", kinds: [.damagedBackup, .invalidScenario], share: 2) {
    scratch in
    let seed = try Fixture.bytes("scenarios/physical-restore/backups/witness.json")
    return FuzzedInput(seeds: [seed]) { bytes in
      try scratch.write(bytes, to: "witness.json")
      var first: Failure?
      do throws(Failure) { _ = try WitnessRecord.read(scratch["witness.json"]) } catch { first = error }
      if case .object(let members)? = try? JSON.parse(bytes) {
        let others = members.filter { $0.key != "sha256" }
        let digest = SHA256.hex(of: Array(JSON.object(others).text().utf8))
        try scratch.write(
          JSON.object(others + [JSON.Member("sha256", .string(digest))]).text(), to: "witness.json")
        let record = try WitnessRecord.read(scratch["witness.json"])
        for batch in record.batches.indices { _ = record.catalogue(at: batch) }
        for collection in record.collections { _ = collection.digest(in: 0) }
      }
      if let first { throw first }
    }
  }

  /// What a witness knows of single documents.
  static let witnessDocuments = FuzzedReader(name: "witness-documents") { scratch in
    let place = "scenarios/physical-restore/backups/witness.json"
    let record = try WitnessRecord.read(Fixture.path(place))
    let file = try Fixture.bytes(place + ".documents")
    var seeds: [(bytes: [UInt8], level: DetailLevel)] = []
    for range in record.collections.flatMap(\.ranges) {
      guard let detail = range.detail else { continue }
      let frame = Array(file[detail.offset..<detail.offset + detail.length])
      guard let bytes = ZstandardBlock.decompress(frame, limit: 64 << 20) else {
        throw Misbehaviour("no frame")
      }
      if bytes.count < 8000 { seeds.append((bytes, detail.level)) }
    }
    return FuzzedInput(seeds: seeds.map(\.bytes)) { bytes in
      for level in [DetailLevel.documents, .fields] {
        if let known = KnownDocuments(bytes, level) {
          for entry in known.entries.prefix(50) { _ = known.leaves(of: entry) }
        }
      }
    }
  }

  private static func scenarioSeeds() throws -> [[UInt8]] {
    try [
      "quickstart", "point-in-time", "single-node-failure", "selective-restore", "sharded-restore",
      "physical-restore",
    ]
    .map { try Fixture.bytes("scenarios/\($0)/scenario.yaml") }
  }

  /// All of them.
  static let all: [FuzzedReader] = [
    bson, extendedJSON, json, collection, metadata, prelude, archive, gzip, zstandard, lz4, snappy, s2, oplog,
    slices,
    pbmRecord, pbmMetadata, pbmSpecifications, tar, copy, sidecar, yaml, scenario, checks, policy, record,
    baseline,
    chain, witness, witnessDocuments,
  ]
}

import Platform
import TestSupport
import Testing

/// A bundled scenario with a fault in its data, and how its drill has to end.
struct DamagedTwin: Sendable, CustomStringConvertible {
  let scenario: String
  /// What is wrong with the data, done in a copy of all the scenarios.
  let plant: @Sendable (_ scenarios: String) throws -> Void
  let status: Int32
  /// A part of one of the reasons.
  let reason: String

  var description: String { scenario }

  static let all: [DamagedTwin] = [
    DamagedTwin(
      scenario: "quickstart", plant: folderLosing("orders", in: "quickstart"), status: 1,
      reason: "as many orders as the shop counted that night of shop.orders"),
    DamagedTwin(
      scenario: "smoke-test", plant: folderLosing("customers"), status: 1,
      reason: "smoke.sh ended with exit status 1"),
    DamagedTwin(
      scenario: "full-restore", plant: archiveLosing("orders"), status: 1,
      reason: "of shop.orders: an update found no document, and no later delete explains it"),
    DamagedTwin(
      scenario: "point-in-time", plant: archiveLosing("orders"), status: 1,
      reason: "as many orders as the last report said of shop.orders"),
    DamagedTwin(
      scenario: "single-collection", plant: archiveLosing("invoices"), status: 1,
      reason: "count of shop.invoices_then"),
    DamagedTwin(
      scenario: "selective-restore", plant: archiveLosing("orders"), status: 1,
      reason: "count of review.orders: 5,786 documents, not 5,837"),
    DamagedTwin(
      scenario: "accidental-deletion", plant: archiveLosing("orders"), status: 1,
      reason: "of shop.orders: an update found no document, and no later delete explains it"),
    DamagedTwin(
      scenario: "accidental-drop", plant: archiveLosing("products"), status: 1,
      reason: "count of shop.products: 297 documents, not 300"),
    DamagedTwin(
      scenario: "data-corruption", plant: archiveLosing("orders"), status: 1,
      reason: "of shop.orders: an update found no document, and no later delete explains it"),
    DamagedTwin(
      scenario: "primary-failure", plant: folderLosing("orders"), status: 1,
      reason: "count of shop.orders: 4,994 documents, fewer than 5,000"),
    DamagedTwin(
      scenario: "single-node-failure", plant: folderLosing("orders"), status: 1,
      reason: "count of shop.orders: 4,994 documents, fewer than 5,000"),
    DamagedTwin(
      scenario: "datacenter-outage", plant: archiveLosing("orders"), status: 1,
      reason: "of shop.orders: an update found no document, and no later delete explains it"),
    DamagedTwin(
      scenario: "backup-rotation",
      plant: { scenarios in
        let path = Files.join(scenarios, "backup-rotation/backups/2026-11-19/shop/customers.bson.gz")
        try Files.writeAtomically(try Loss.documents(unzipped(path)) { $0 % 100 == 7 }, to: path)
      }, status: 65, reason: "backup_metadata.json says"),
    DamagedTwin(
      scenario: "encrypted-offsite", plant: storeLosingProducts, status: 1,
      reason: "every order line has its product of shop.orders"),
    // An entry that a slice silently lacks.
    DamagedTwin(
      scenario: "physical-restore",
      plant: { scenarios in
        let path = Files.join(scenarios, "physical-restore/backups/oplog/002.bson.gz")
        try Files.writeAtomically(try Loss.documents(unzipped(path)) { $0 == 450 }, to: path)
      }, status: 1, reason: "digest of shop."),
    DamagedTwin(
      scenario: "sharded-restore",
      plant: { scenarios in
        let path = Files.join(scenarios, "sharded-restore/backups/north/dump/shop/orders.bson")
        try Files.writeAtomically(try Loss.documents(Files.read(path)) { $0 % 100 == 7 }, to: path)
      }, status: 1, reason: "as many orders as the last report said of shop.orders"),
  ]

  /// One product in a hundred is missing from the archive that is stored encrypted, and was so when it was encrypted.
  private static func storeLosingProducts(_ scenarios: String) throws {
    let folder = Files.join(scenarios, "encrypted-offsite")
    let gpg =
      "gpg --batch --quiet --no-options --no-autostart --no-keyring --pinentry-mode loopback "
      + "--passphrase-file TEST-ONLY-passphrase.txt"
    func shell(_ script: String) throws {
      let run = try Supervisor.shared.capture(
        ChildSpec(["bash", "-e", "-o", "pipefail", "-c", script], workingDirectory: folder), timeout: 60)
      guard run.status == .exited(0) else { throw Failure(.internal, "gpg", run.errorOutput.text) }
    }
    try shell("\(gpg) --decrypt store/*.gpg | gzip -d > plain")
    let plain = Files.join(folder, "plain")
    try Files.writeAtomically(
      Loss.archive(Files.read(plain, limit: 1 << 30), of: "shop.products") { $0 % 100 == 7 }, to: plain)
    try shell(
      "name=$(echo store/*.gpg); rm $name; mkdir -m 700 home; "
        + "gzip -c plain | \(gpg) --homedir home --s2k-count 1048576 --symmetric -o $name; rm -r plain home")
  }

  /// One document in a hundred is missing from a collection of the archive that several scenarios share.
  private static func archiveLosing(_ collection: String) -> @Sendable (String) throws -> Void {
    { scenarios in
      let path = Files.join(scenarios, "point-in-time/backups/shop.archive.gz")
      try Files.writeAtomically(
        try Loss.archive(unzipped(path), of: "shop.\(collection)") { $0 % 100 == 7 }, to: path)
    }
  }

  /// The same of a folder's file.
  private static func folderLosing(
    _ collection: String, in scenario: String = "smoke-test"
  ) -> @Sendable (String) throws -> Void {
    { scenarios in
      let path = Files.join(scenarios, "\(scenario)/backups/shop/shop/\(collection).bson.gz")
      try Files.writeAtomically(try Loss.documents(unzipped(path)) { $0 % 100 == 7 }, to: path)
    }
  }

  private static func unzipped(_ path: String) throws -> [UInt8] {
    let plain = path + ".plain"
    let run = try Supervisor.shared.capture(
      ChildSpec(["sh", "-c", "gzip -dc \"$0\" > \"$1\"", path, plain]), timeout: 60)
    guard run.status == .exited(0) else { throw Failure(.internal, "gunzip", run.errorOutput.text) }
    defer { try? Files.removeTree(plain) }
    return try Files.read(plain, limit: 1 << 30)
  }
}

@Suite(
  "The damaged twins of the bundled scenarios", .needsFixtures, .tags(.mongod),
  .fullRun)
struct DamagedTwinsTests {
  @Test("are red, and for the right reason", arguments: DamagedTwin.all)
  func red(twin: DamagedTwin) throws {
    try withFolder { folder in
      let copy = Files.join(folder, "scenarios")
      let copied = try Supervisor.shared.capture(
        ChildSpec(["cp", "-r", bundledScenarios, copy]), timeout: 60)
      #expect(copied.status == .exited(0))
      try twin.plant(copy)
      let run = try Mongodrill.run(
        "run", Files.join(copy, twin.scenario), "-q", "--output=json", "--report-dir",
        Files.join(folder, "reports"), "--sandbox-dir", folder, in: folder)
      let output = try JSON.parse(run.output)
      // Several where several backups are picked.
      let reasons = (output.list ?? [output]).flatMap { $0["reasons"]?.list ?? [] }.compactMap {
        $0["message"]?.text
      }
      #expect(run.status == twin.status, "\(reasons)")
      #expect(reasons.contains { $0.contains(twin.reason) }, "\(reasons)")
    }
  }

  @Test("exist for every scenario", arguments: try Files.names(in: bundledScenarios))
  func exist(scenario: String) { #expect(DamagedTwin.all.contains { $0.scenario == scenario }) }
}

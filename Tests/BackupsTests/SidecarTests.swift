import BSON
import Backups
import Facts
import Platform
import Testing

@Suite("A sidecar of a backup")
struct SidecarTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch(copying: Fixture.dump) }

  /// Puts a sidecar into the dump and compares the dump with it; the codes of what differs.
  private func differences(_ json: String) throws -> [String] {
    try scratch.write(json, to: "dump/backup_metadata.json")
    let sidecar = try #require(try Sidecar.find(for: scratch["dump"]))
    let verified = try verifyBackup(scratch["dump"])
    #expect(verified.damage.isEmpty && verified.notes.isEmpty, "\(verified.notes)")
    let files = try sidecar.compare(with: try inspectBackup(scratch["dump"]))
    let counts = sidecar.compare(
      documents: verified.collections.map { ($0.facts.namespace, $0.facts.documents) }, isAll: true)
    return (files.damage + counts.damage).map(\.code)
  }

  private func digest(_ algorithm: StreamDigest.Algorithm, of name: String) throws -> String {
    let digest = try StreamDigest(algorithm)
    try scratch.read(name).withUnsafeBytes { digest.update($0) }
    return digest.finish()
  }

  @Test(
    "names checksums by file in any of the common ways, with every algorithm",
    arguments: [
      #"{"checksums": {"crm/contacts.bson": "sha256:SHA256"}}"#,
      #"{"sha256": {"crm/contacts.bson": "SHA256"}}"#,
      #"{"checksums": {"md5": {"crm/contacts.bson": "MD5"}}}"#,
      #"{"Checksums": {"crm/contacts.bson": "SHA512"}}"#,
      #"{"files": [{"path": "/var/backups/dump/crm/contacts.bson", "sha1": "SHA1", "size": SIZE}]}"#,
      #"{"files": {"crm/contacts.bson": {"checksum": "SHA256", "size_bytes": SIZE}}}"#,
      #"{"files": [{"path": "crm/contacts.bson", "checksums": {"sha256": "SHA256"}, "size": "SIZE"}]}"#,
      #"{"files": [{"path": "crm/contacts.bson", "hashes": [{"algorithm": "SHA-1", "value": "SHA1"}]}]}"#,
      #"{"files": [{"path": "crm/contacts.bson", "checksum": {"type": "md5", "value": "MD5"}}]}"#,
    ])
  func checksums(template: String) throws {
    let file = "dump/crm/contacts.bson"
    var json = template.replacing("SIZE", with: "\(try scratch.read(file).count)")
    for algorithm in StreamDigest.Algorithm.allCases {
      json = json.replacing(algorithm.rawValue.uppercased(), with: try digest(algorithm, of: file))
    }
    #expect(try differences(json) == [])
    try scratch.edit("dump/crm/contacts.bson") { bytes in
      // The last letter of the last text: still good BSON.
      let letter = bytes.lastIndex { $0 >= UInt8(ascii: "a") && $0 < UInt8(ascii: "z") } ?? 0
      bytes[letter] += 1
    }
    #expect(try differences(json) == ["checksum-differs"])
  }

  @Test("is known by its digests of the empty text (FIPS 180-4, RFC 1321)")
  func digests() throws {
    #expect(try StreamDigest(.md5).finish() == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(try StreamDigest(.sha1).finish() == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(
      try StreamDigest(.sha256).finish() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
  }

  @Test(
    "names collections and counts in any of the common ways",
    arguments: [
      (#"{"collections": {"crm.contacts": 1000}}"#, ["claimed-count-differs"]),
      (#"{"collections": {"crm": {"contacts": {"count": 1000}}}}"#, ["claimed-count-differs"]),
      (
        #"{"collections": [{"db": "crm", "name": "contacts", "documents": 1000}]}"#, ["claimed-count-differs"]
      ),
      (#"{"database": "crm", "documentCounts": {"contacts": 1000}}"#, ["claimed-count-differs"]),
      (#"{"collections": {"crm.contacts": "1000"}}"#, ["claimed-count-differs"]),
      (#"{"collections": {"crm.contacts": {"documents": "1000"}}}"#, ["claimed-count-differs"]),
      (#"{"collections": {"shop.lost": {"size": 3}}}"#, ["claimed-collection-missing"]),
      (#"{"documents": "3"}"#, ["claimed-count-differs"]),
      (#"{"sizes": {"shop/orders.bson": "3"}}"#, ["size-differs"]),
      (#"{"collections": ["crm.contacts", "shop.orders"]}"#, []),
      (#"{"collections": ["crm.contacts", "shop.lost"]}"#, ["claimed-collection-missing"]),
      (#"{"databases": ["crm", "shop"]}"#, []),
      (#"{"databases": ["crm", "lost"]}"#, ["claimed-database-missing"]),
      (#"{"databases": {"crm": {"collections": ["contacts", "lost"]}}}"#, ["claimed-collection-missing"]),
      (#"{"collections": 3}"#, ["claimed-count-differs"]),
      (#"{"total_documents": 3}"#, ["claimed-count-differs"]),
      (#"{"size_bytes": 3}"#, ["size-differs"]),
      (#"{"files": ["shop/orders.bson", "shop/lost.bson"]}"#, ["claimed-file-missing"]),
      (#"{"host": "db1", "tool": {"name": "x"}}"#, []),
    ])
  func claims(json: String, codes: [String]) throws { #expect(try differences(json) == codes) }

  @Test(
    "says what it passed over of what is known, in another form",
    arguments: [
      #"{"collections": {"crm.contacts": "many"}}"#, #"{"collections": {"crm.contacts": {"size": 3}}}"#,
      #"{"collections": {"crm.contacts": {"documents": [3]}}}"#, #"{"collections": [{"count": 3}]}"#,
      #"{"collections": [{"ns": "crm.contacts", "count": "many"}]}"#, #"{"collections": "crm.contacts"}"#,
      #"{"collections": {"crm": {"contacts": true}}}"#, #"{"databases": [7]}"#, #"{"databases": "crm"}"#,
      #"{"databases": [{"db": "crm", "collections": "contacts"}]}"#, #"{"total_documents": "many"}"#,
      #"{"size_bytes": "3 MB"}"#, #"{"files": [{"sha256": "00"}]}"#, #"{"files": true}"#,
      #"{"files": [{"path": "crm/contacts.bson", "size": "3 KB"}]}"#,
      #"{"files": [{"path": "crm/contacts.bson", "checksums": {"crc32": "00"}}]}"#,
      #"{"files": [{"path": "crm/contacts.bson", "sha256": 7}]}"#,
      #"{"checksums": {"crm/contacts.bson": true}}"#,
    ])
  func passedOver(json: String) throws {
    try scratch.write(json, to: "dump/backup_metadata.json")
    let sidecar = try #require(try Sidecar.find(for: scratch["dump"]))
    let comparison = try sidecar.compare(with: try inspectBackup(scratch["dump"]))
    #expect(comparison.damage == [])
    let note = try #require(comparison.notes.first)
    #expect(comparison.notes.count == 1 && note.hasSuffix("; not compared"), "\(comparison.notes)")
  }

  @Test("with the true counts finds nothing to say")
  func truth() throws {
    let verified = try verifyBackup(Fixture.dump)
    let counts = verified.collections.compactMap { collection in
      collection.facts.documents.map { "\"\(collection.facts.namespace)\": \($0)" }
    }
    let json = "{\"collections\": {\(counts.joined(separator: ", "))}, \"documents\": \(verified.documents)}"
    #expect(try differences(json) == [])
  }

  @Test(
    "that says failed or unfinished refuses the backup, whatever it holds",
    arguments: [
      (#"{"success": false, "error": "disk full"}"#, "backup-failed"),
      (#"{"status": "FAILED"}"#, "backup-failed"),
      (#"{"exit_code": "1", "status": "completed"}"#, "backup-failed"), (#"{"success": 0}"#, "backup-failed"),
      (#"{"status": "Completed with errors"}"#, "backup-failed"),
      (#"{"result": {"status": "failed"}}"#, "backup-failed"),
      (#"{"exit_code": 1}"#, "backup-failed"), (#"{"status": "in_progress"}"#, "backup-unfinished"),
      (#"{"started_at": "2026-11-21T01:00:00Z", "completed_at": null}"#, "backup-unfinished"),
      (#"{"complete": false}"#, "backup-unfinished"), (#"{"status": "succ"#, "sidecar-malformed"),
      (#"[1]"#, "sidecar-malformed"),
    ])
  func refused(json: String, code: String) throws {
    try scratch.write(json, to: "dump/backup_metadata.json")
    let failure = #expect(throws: Failure.self) { try openBackup(scratch["dump"]) }
    #expect(failure?.code == code && failure?.kind == .damagedBackup)
  }

  @Test(
    "tells the time in any of the common ways",
    arguments: [
      #"{"completed_at": "2026-11-21T14:30:00Z", "created_at": "2026-11-21T13:00:00Z"}"#,
      #"{"timestamp": 1795271400}"#, #"{"timestamp": 1795271400000}"#,
      #"{"endTime": "2026-11-21T15:30:00.5+01:00"}"#,
      #"{"time": "20261121T143000Z"}"#, #"{"date": {"$date": "2026-11-21T14:30:00Z"}}"#,
      #"{"time": {"$timestamp": {"t": 1795271400, "i": 1}}}"#, #"{"created_at": "2026-11-21 14:30:00"}"#,
    ])
  func time(json: String) throws {
    try scratch.write(json, to: "dump/backup_metadata.json")
    #expect(try Sidecar.find(for: scratch["dump"])?.time?.text == "2026-11-21T14:30:00Z")
  }

  @Test("beside a backup is that backup's, unless another may be meant")
  func beside() throws {
    try scratch.write(#"{"status": "failed"}"#, to: "backup_metadata.json")
    #expect(throws: Failure.self) { try openBackup(scratch["dump"]) }
    try scratch.write("x", to: "other.archive")
    #expect(throws: Never.self) { try openBackup(scratch["dump"]) }
    #expect(try Sidecar.find(for: scratch["dump"])?.notes.isEmpty == false)
    try scratch.write(#"{"status": "failed"}"#, to: "dump.backup_metadata.json")
    #expect(throws: Failure.self) { try openBackup(scratch["dump"]) }
  }
}

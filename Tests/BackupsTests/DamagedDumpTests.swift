import Backups
import Platform
import Testing

/// A fault planted in a copy of the dump, and what is to be said about it.
struct PlantedFault: Sendable, CustomTestStringConvertible {
  var name: String
  var code: String
  /// The end of the file's path in the message.
  var file: String
  var offset: UInt64?
  var plant: @Sendable (Scratch) throws -> Void
  var testDescription: String { name }

  init(
    _ name: String, _ code: String, _ file: String, offset: UInt64? = nil,
    _ plant: @escaping @Sendable (Scratch) throws -> Void
  ) {
    self.name = name
    self.code = code
    self.file = file
    self.offset = offset
    self.plant = plant
  }
}

@Suite("damage in a dump directory")
struct DamagedDumpTests {
  @Test("is refused by a code, with its place", arguments: plainFaults)
  func plain(fault: PlantedFault) throws {
    try expect(fault, in: Fixture.dump)
  }

  @Test("is refused in a compressed one", arguments: compressedFaults)
  func compressed(fault: PlantedFault) throws {
    try expect(fault, in: Fixture.gzippedDump)
  }

  private func expect(_ fault: PlantedFault, in source: String) throws {
    let scratch = try Scratch(copying: source)
    try fault.plant(scratch)
    let path = scratch[Files.name(of: source)]
    let found = try faults(path)
    #expect(found.map(\.code) == [fault.code], "\(found)")
    let first = try #require(found.first)
    #expect(first.kind == .damagedBackup)
    #expect(first.place?.file.hasSuffix(fault.file) == true, "\(first)")
    #expect(first.place?.offset == fault.offset)
    #expect(failureOfReading(path)?.code == fault.code)
  }

  @Test("is listed in full by verification, and the first fault says that there is more")
  func everything() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.write("", to: "dump/shop/orders.metadata.json")
    try scratch.remove("dump/shop/products.bson")
    try scratch.edit("dump/shop/customers.bson") { $0.removeLast() }
    try scratch.edit("dump/oplog.bson") { $0.removeLast() }
    let codes = try verifyBackup(scratch["dump"]).damage.map(\.code)
    #expect(codes == ["metadata-empty", "documents-missing", "bson-cut-short", "bson-cut-short"])
    let failure = #expect(throws: Failure.self) { try openBackup(scratch["dump"]) }
    #expect(failure?.hint?.contains("1 more fault") == true)
  }

  static let plainFaults: [PlantedFault] = [
    .init("cut inside the last document", "bson-cut-short", "ledger.bson", offset: 9975) {
      try $0.edit("dump/shop/ledger.bson") { $0.removeLast(7) }
    },
    .init("cut inside a length", "bson-cut-short", "ledger.bson", offset: 25) {
      try $0.edit("dump/shop/ledger.bson") { $0.removeSubrange(27...) }
    },
    .init("a length of 0", "bson-malformed", "ledger.bson", offset: 25) {
      try $0.edit("dump/shop/ledger.bson") { $0[25] = 0 }
    },
    .init("a length above the limit", "bson-malformed", "ledger.bson", offset: 25) {
      try $0.edit("dump/shop/ledger.bson") { $0[28] = 2 }
    },
    .init("an element of a type that there is not", "bson-malformed", "ledger.bson", offset: 29) {
      try $0.edit("dump/shop/ledger.bson") { $0[29] = 0x77 }
    },
    .init("bytes behind the last document", "bson-malformed", "ledger.bson", offset: 10_000) {
      try $0.edit("dump/shop/ledger.bson") { $0 += "garbage".utf8 }
    },
    .init("the oplog cut short", "bson-cut-short", "oplog.bson", offset: 3214) {
      try $0.edit("dump/oplog.bson") { $0.removeLast(1) }
    },
    .init("metadata that isn't JSON", "metadata-not-json", "orders.metadata.json") {
      try $0.edit("dump/shop/orders.metadata.json") { $0.removeLast(3) }
    },
    .init("metadata with something after it", "metadata-not-json", "orders.metadata.json") {
      try $0.edit("dump/shop/orders.metadata.json") { $0 += #"{"indexes":[]}"#.utf8 }
    },
    .init("metadata that isn't an object", "metadata-not-json", "orders.metadata.json") {
      try $0.write("[]", to: "dump/shop/orders.metadata.json")
    },
    .init("empty metadata", "metadata-empty", "orders.metadata.json") {
      try $0.write("", to: "dump/shop/orders.metadata.json")
    },
    .init("metadata of zeros", "metadata-not-json", "orders.metadata.json") {
      try $0.write([UInt8](repeating: 0, count: 600), to: "dump/shop/orders.metadata.json")
    },
    .init("a missing .bson", "documents-missing", "orders.metadata.json") {
      try $0.remove("dump/shop/orders.bson")
    },
    .init("a missing .bson of buckets", "documents-missing", "metrics.metadata.json") {
      try $0.remove("dump/shop/system.buckets.metrics.bson")
    },
    .init("missing metadata", "metadata-missing", "orders.bson") {
      try $0.remove("dump/shop/orders.metadata.json")
    },
    .init("missing metadata of a time series", "metadata-missing", "system.buckets.metrics.bson") {
      try $0.remove("dump/shop/metrics.metadata.json")
    },
    .init("metadata that lost its indexes", "metadata-malformed", "orders.metadata.json") {
      try $0.replace(#""indexes":"#, with: #""indices":"#, in: "dump/shop/orders.metadata.json")
    },
    .init("an index without a name", "index-without-name", "orders.metadata.json") {
      try $0.replace(#","name":"_id_""#, with: "", in: "dump/shop/orders.metadata.json")
    },
    .init("two indexes of one name", "index-twice", "customers.metadata.json") {
      try $0.replace("name_text", with: "email_1", in: "dump/shop/customers.metadata.json")
    },
    .init("a UUID that is none", "metadata-malformed", "contacts.metadata.json") {
      try $0.replace("d74813ff", with: "x", in: "dump/crm/contacts.metadata.json")
    },
    .init("metadata of another collection", "metadata-mismatch", "contacts.metadata.json") {
      try $0.replace(#""contacts""#, with: #""kontakte""#, in: "dump/crm/contacts.metadata.json")
    },
    .init("one UUID twice", "duplicate-uuid", "ledger.bson") {
      try $0.replace(
        "0f0bd1d83b124065b0dc750114bc2fa6", with: "d74813ff699f4bf5adaf978a4e451c4a",
        in: "dump/shop/ledger.metadata.json")
    },
    .init("a collection with and without .gz", "duplicate-file", "orders.bson.gz") {
      try $0.write(try $0.read("dump/shop/orders.bson"), to: "dump/shop/orders.bson.gz")
    },
    .init("a collection in upper and lower case", "duplicate-file", "orders.bson") {
      try $0.write(try $0.read("dump/shop/orders.bson"), to: "dump/shop/orders.BSON")
    },
    .init("documents of a view", "view-with-documents", "openOrders.bson") {
      try $0.write([5, 0, 0, 0, 0], to: "dump/shop/openOrders.bson")
    },
    .init("a name that starts with a dot", "illegal-namespace", "..%2Fevil.metadata.json") {
      try $0.write("", to: "dump/shop/..%2Fevil.bson")
      try $0.write(
        #"{"indexes":[],"collectionName":"../evil"}"#, to: "dump/shop/..%2Fevil.metadata.json")
    },
    .init("a database's name with a dot", "illegal-namespace", "dump/shop.old") {
      try $0.move("dump/crm", to: "dump/shop.old")
    },
    .init("a link that leads out", "link-leaves-backup", "orders.bson") {
      try $0.move("dump/shop/orders.bson", to: "orders.bson")
      try $0.remove("dump/shop/orders.metadata.json")
      try $0.link("dump/shop/orders.bson", to: "../../orders.bson")
    },
    .init("a link that leads nowhere", "link-broken", "orders.bson") {
      try $0.remove("dump/shop/orders.bson")
      try $0.remove("dump/shop/orders.metadata.json")
      try $0.link("dump/shop/orders.bson", to: "nowhere")
    },
    .init("a collection outside of any database", "misplaced-file", "dump/contacts.bson") {
      try $0.write([], to: "dump/contacts.bson")
    },
    .init("a collection compressed as none is read", "unread-collection-file", "crm/notes.bson.xz") {
      try $0.write("x", to: "dump/crm/notes.bson.xz")
    },
    .init("metadata that are encrypted", "unread-collection-file", "crm/notes.metadata.json.GPG") {
      try $0.write("x", to: "dump/crm/notes.metadata.json.GPG")
    },
    .init("what a killed rsync leaves", "unread-collection-file", "crm/.notes.bson.gz.Xa3f2") {
      try $0.write("x", to: "dump/crm/.notes.bson.gz.Xa3f2")
    },
    .init("what a killed rclone leaves", "unread-collection-file", "crm/notes.bson.gz.1f2e.partial") {
      try $0.write("x", to: "dump/crm/notes.bson.gz.1f2e.partial")
    },
    .init("a database of such files", "unread-collection-file", "logs/notes.bson.bz2") {
      try $0.write("x", to: "dump/logs/notes.bson.bz2")
    },
    .init("an oplog compressed as none is read", "unread-collection-file", "dump/oplog.bson.xz") {
      try $0.write("x", to: "dump/oplog.bson.xz")
    },
    .init("a checksum whose file is gone", "unread-collection-file", "crm/notes.bson.md5") {
      try $0.write("x", to: "dump/crm/notes.bson.md5")
    },
    .init("macOS's attributes of a file that is gone", "unread-collection-file", "crm/._notes.bson") {
      try $0.write("x", to: "dump/crm/._notes.bson")
    },
    .init("a database's folder with nothing in it", "database-folder-empty", "dump/logs") {
      try $0.write("", to: "dump/logs/.DS_Store")
    },
    .init("a collection in a folder of a database's", "misplaced-file", "crm/.rsync-partial/notes.bson") {
      try $0.write("x", to: "dump/crm/.rsync-partial/notes.bson")
    },
    .init("a folder with a collection's name", "not-a-file", "crm/notes.bson") {
      try $0.write("x", to: "dump/crm/notes.bson/part1")
    },
    .init("a prelude that isn't JSON", "prelude-malformed", "prelude.json") {
      try $0.write("{", to: "dump/prelude.json")
    },
  ]

  static let compressedFaults: [PlantedFault] = [
    .init("gzip cut in its data", "gzip-cut-short", "contacts.bson.gz", offset: 4000) {
      try $0.edit("dump-gzip/crm/contacts.bson.gz") { $0.removeSubrange(4000...) }
    },
    .init("gzip cut in its trailer", "gzip-cut-short", "contacts.bson.gz", offset: 7218) {
      try $0.edit("dump-gzip/crm/contacts.bson.gz") { $0.removeLast(3) }
    },
    .init("gzip with another checksum", "gzip-corrupt", "contacts.bson.gz", offset: 7217) {
      try $0.edit("dump-gzip/crm/contacts.bson.gz") { $0[7221 - 8] ^= 1 }
    },
    .init("gzip with another length", "gzip-corrupt", "contacts.bson.gz", offset: 7221) {
      try $0.edit("dump-gzip/crm/contacts.bson.gz") { $0[7221 - 4] ^= 1 }
    },
    .init("something behind the gzip data", "gzip-trailing-garbage", "contacts.bson.gz", offset: 7221) {
      try $0.edit("dump-gzip/crm/contacts.bson.gz") { $0 += [0, 0] }
    },
    .init("an empty .bson.gz", "gzip-empty", "contacts.bson.gz") {
      try $0.write([], to: "dump-gzip/crm/contacts.bson.gz")
    },
    .init("an empty .metadata.json.gz", "metadata-empty", "contacts.metadata.json.gz") {
      try $0.write([], to: "dump-gzip/crm/contacts.metadata.json.gz")
    },
    .init("metadata whose gzip is cut short", "gzip-cut-short", "contacts.metadata.json.gz", offset: 100) {
      try $0.edit("dump-gzip/crm/contacts.metadata.json.gz") { $0.removeSubrange(100...) }
    },
    .init("an oplog whose gzip is cut short", "gzip-cut-short", "oplog.bson", offset: 50) {
      try $0.edit("dump-gzip/oplog.bson") { $0.removeSubrange(50...) }
    },
  ]
}

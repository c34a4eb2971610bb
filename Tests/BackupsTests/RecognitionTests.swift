import BSON
import Backups
import Facts
import Foundation
import Platform
import Testing

@Suite("recognition")
struct RecognitionTests {
  @Test("tells what is no backup, and what to give in its place")
  func noBackup() throws {
    let scratch = try Scratch()
    try scratch.write("", to: "empty/x/.keep")
    try scratch.write("text", to: "text.txt")
    try scratch.write([], to: "empty.bson")
    try scratch.write([], to: "empty.archive")
    try scratch.write(
      try Array(Data(contentsOf: URL(fileURLWithPath: Fixture.dump + "/prelude.json"))), to: "prelude.json")
    try scratch.write("x", to: "data/WiredTiger")
    try scratch.write("x", to: "data/storage.bson")
    let cases: [(String, Failure.Kind, String)] = [
      (scratch["nowhere"], .backupNotFound, "backup-not-found"),
      (scratch["text.txt"] + "/x", .backupNotFound, "backup-not-found"),
      (scratch["empty"], .damagedBackup, "not-a-backup"),
      (scratch["empty/x"], .damagedBackup, "not-a-backup"),
      (scratch["text.txt"], .damagedBackup, "not-a-backup"),
      (scratch["empty.bson"], .damagedBackup, "empty-file"),
      (scratch["empty.archive"], .damagedBackup, "empty-file"),
      (scratch["prelude.json"], .damagedBackup, "not-a-backup"),
      (scratch["data"], .damagedBackup, "not-a-backup"),
      (Fixture.dump + "/oplog.bson", .damagedBackup, "not-a-backup"),
      (Fixture.dump + "/shop/orders.metadata.json", .damagedBackup, "not-a-backup"),
      (Files.folder(of: Fixture.dump), .damagedBackup, "not-a-backup"),
      ("/dev/null", .damagedBackup, "empty-file"),
    ]
    for (path, kind, code) in cases {
      let failure = #expect(throws: Failure.self, "\(path)") { try openBackup(path) }
      #expect(failure?.kind == kind, "\(path)")
      #expect(failure?.code == code, "\(path)")
    }
    let parent = #expect(throws: Failure.self) { try openBackup(Files.folder(of: Fixture.dump)) }
    #expect(parent?.hint == "Give one of those in it: dump, dump-gzip.")
  }

  @Test("follows a link such as latest", arguments: ["base/dump", "base/dump/shop", "base/full.archive.gz"])
  func link(target: String) throws {
    let scratch = try Scratch()
    try scratch.link("latest", to: Fixture.shop + "/" + target)
    #expect(try verifyBackup(scratch["latest"]).damage == [])
    #expect(try openBackup(scratch["latest"]).collections.contains { $0.facts.namespace.database == "shop" })
    try scratch.link("broken", to: "nowhere")
    let failure = #expect(throws: Failure.self) { try openBackup(scratch["broken"]) }
    #expect(failure?.kind == .backupNotFound)
  }

  @Test("takes a link inside of the backup for the file")
  func innerLink() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.move("dump/shop/orders.bson", to: "dump/shop/orders.data")
    try scratch.link("dump/shop/orders.bson", to: "orders.data")
    let backup = try verifyBackup(scratch["dump"])
    #expect(backup.damage == [])
    #expect(backup.notes.count == 1)
  }

  @Test("takes a database's folder alone, whose name is the database's")
  func database() throws {
    for folder in [Fixture.dump + "/shop", Fixture.dump + "/shop/"] {
      let backup = try verifyBackup(folder)
      #expect(backup.form == .databaseDirectory)
      #expect(backup.damage == [])
      #expect(backup.collections.count == 16)
      #expect(backup.collections.allSatisfy { $0.facts.namespace.database == "shop" })
    }
  }

  @Test(
    "takes one collection's file, with the metadata beside it",
    arguments: ["dump/shop/products.bson", "dump-gzip/shop/products.bson.gz"])
  func collection(file: String) throws {
    let backup = try verifyBackup(Fixture.shop + "/base/" + file)
    #expect(backup.form == .collectionFile)
    #expect(backup.damage == [])
    let products = try #require(backup.collections.first?.facts)
    #expect(products.namespace == Namespace("shop", "products"))
    #expect(products.documents == 300)
    #expect(products.indexes.count == 4)
  }

  @Test("takes one collection's file without metadata, and says so")
  func collectionAlone() throws {
    let scratch = try Scratch()
    try scratch.write([5, 0, 0, 0, 0], to: "shop/a+b.bson")
    let backup = try openBackup(scratch["shop/a+b.bson"])
    #expect(backup.collections[0].facts.namespace == Namespace("shop", "a b"))
    #expect(backup.notes.count == 1)
  }

  @Test("takes the buckets of a time series for the time series")
  func buckets() throws {
    let backup = try verifyBackup(Fixture.dump + "/shop/system.buckets.metrics.bson")
    #expect(backup.damage == [])
    #expect(backup.collections.map(\.facts.namespace.description) == ["shop.metrics"])
    #expect(backup.collections[0].facts.kind == .timeseries)
  }

  @Test("goes by content where names disagree with it")
  func mixedNames() throws {
    let scratch = try Scratch(copying: Fixture.gzippedDump)
    // gzip without the name, plain with the name, and another case.
    try scratch.move("dump-gzip/shop/orders.bson.gz", to: "dump-gzip/shop/orders.bson")
    try scratch.write(
      try Array(Data(contentsOf: URL(fileURLWithPath: Fixture.dump + "/shop/products.bson"))),
      to: "dump-gzip/shop/products.bson.gz")
    try scratch.write(
      try Array(Data(contentsOf: URL(fileURLWithPath: Fixture.dump + "/shop/products.metadata.json"))),
      to: "dump-gzip/shop/products.metadata.json.gz")
    try scratch.move("dump-gzip/shop/types.bson.gz", to: "dump-gzip/shop/types.BSON.GZ")
    try scratch.move("dump-gzip/oplog.bson", to: "dump-gzip/oplog.bson.gz")
    let backup = try verifyBackup(scratch["dump-gzip"])
    #expect(backup.damage == [])
    #expect(backup.documents == (try verifyBackup(Fixture.gzippedDump)).documents)
    #expect(backup.oplog?.entries == 27)
  }

  @Test("knows the oplog beside one database of a dump, and takes none of another folder for it")
  func besideOplog() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    func notes(_ folder: String) throws -> [String] {
      try openBackup(scratch[folder]).notes.filter { $0.contains("dump's oplog beside this folder") }
    }
    #expect(try notes("dump") == [])
    #expect(try notes("dump/shop").count == 1)
    try scratch.move("dump/oplog.bson", to: "oplog.bson")
    #expect(try notes("dump/shop") == [])
  }

  @Test("says which files it passes over")
  func passedOver() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.write("sums", to: "dump/SHA256SUMS")
    try scratch.write("", to: "dump/logs/today.txt")
    try scratch.write("", to: "dump/shop/README")
    let backup = try openBackup(scratch["dump"])
    #expect(backup.notes.count == 3)
  }

  @Test(
    "passes over what lies beside a collection's file and is named for it",
    arguments: [
      "._orders.bson", "orders.bson.sha256", "orders.metadata.json~", ".orders.metadata.json.swp",
      "orders.bson.asc", "orders.metadata.json.bak", "old/README", ".DS_Store",
    ])
  func companion(name: String) throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.write("x", to: "dump/shop/\(name)")
    try scratch.write("x", to: "dump/lost+found/.keep")
    for (folder, notes) in [("dump", 2), ("dump/shop", 1)] {
      let backup = try openBackup(scratch[folder])
      #expect(backup.notes.count { $0.contains("passed over") } == notes, "\(backup.notes)")
      #expect(try faults(scratch[folder]) == [])
    }
  }

  @Test("says of a dump whose files are all of a form that isn't read that it isn't")
  func allUnread() throws {
    let scratch = try Scratch()
    try scratch.write("x", to: "dump/shop/orders.bson.xz")
    try scratch.write("x", to: "dump/shop/orders.metadata.json.xz")
    for folder in ["dump", "dump/shop"] {
      #expect(try faults(scratch[folder]).map(\.code) == ["unread-collection-file"])
    }
  }

  @Test("refuses a folder with a dump and more dumps in it")
  func severalDumps() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.write(try scratch.read("dump/crm/contacts.bson"), to: "dump/old/crm/contacts.bson")
    #expect(try faults(scratch["dump"]).map(\.code) == ["not-a-backup"])
  }

  @Test("refuses the folders of one database from two days, which share UUIDs")
  func twoDays() throws {
    let scratch = try Scratch()
    for day in ["mon", "tue"] {
      for name in ["contacts.bson", "contacts.metadata.json"] {
        try scratch.write(
          try Array(Data(contentsOf: URL(fileURLWithPath: Fixture.dump + "/crm/" + name))),
          to: "\(day)/\(name)")
      }
    }
    #expect(try faults(scratch.path).map(\.code) == ["duplicate-uuid"])
  }

  @Test("knows what is the data and what the server's own")
  func treatment() throws {
    let expected: [(String, String)] = [
      ("admin.system.users", "users"), ("admin.system.roles", "users"), ("admin.system.version", "not"),
      ("admin.system.keys", "not"), ("admin.notes", "data"), ("config.settings", "not"),
      ("local.oplog.rs", "not"),
      ("shop.system.profile", "not"), ("shop.system.js", "data"), ("shop.$admin.system.users", "not"),
      ("shop.orders", "data"), ("__mdb_internal_search.x", "not"),
    ]
    let scratch = try Scratch()
    for (name, _) in expected {
      let namespace = try #require(Namespace(name))
      try scratch.write([], to: "d/\(namespace.database)/\(namespace.collection).bson")
      if !namespace.collection.hasPrefix("$") {
        try scratch.write(
          #"{"indexes":[]}"#, to: "d/\(namespace.database)/\(namespace.collection).metadata.json")
      }
    }
    let backup = try openBackup(scratch["d"])
    #expect(backup.collections.count == expected.count)
    for collection in backup.collections {
      let kind =
        switch collection.treatment {
        case .data: "data"
        case .usersOrRoles: "users"
        case .notRestored: "not"
        }
      #expect(
        expected.contains { $0 == ("\(collection.facts.namespace)", kind) }, "\(collection.facts.namespace)")
    }
  }

  @Test("refuses a pipe that carries no archive, and reads one that does, once")
  func pipe() throws {
    let scratch = try Scratch()
    for (name, source) in [("good", Fixture.gzippedArchive), ("bad", Fixture.dump + "/prelude.json")] {
      #expect(mkfifo(scratch[name], 0o600) == 0)
      let path = scratch[name]
      let writer = try Threads.start {
        let bytes = (try? Files.read(source)) ?? []
        let descriptor = open(path, O_WRONLY)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
      }
      defer { writer.join() }
      if name == "good" {
        let backup = try openBackup(path)
        #expect(try verify(backup).damage == [])
        #expect(throws: Failure.self) { try verify(backup) }
      } else {
        let failure = #expect(throws: Failure.self) { try openBackup(path) }
        #expect(failure?.code == "not-a-backup")
      }
    }
  }
}

import BSON
import Backups
import Platform
import Testing

/// A way in which slices may lie on disk.
struct SliceForm: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var write: @Sendable (Scratch, Int, [Document]) throws -> Void

  init(_ name: String, _ write: @escaping @Sendable (Scratch, Int, [Document]) throws -> Void) {
    testDescription = name
    self.write = write
  }
}

@Suite("oplog slices are found")
struct OplogFormsTests {
  static let forms: [SliceForm] = [
    .init("plain files") { try $0.write($2, to: "in/\($1).bson") },
    .init("compressed files") { try $0.write(OplogSlices.gzip($2.joinedBytes), to: "in/\($1).bson.gz") },
    .init("compressed files that are not called so") {
      try $0.write(OplogSlices.gzip($2.joinedBytes), to: "in/\($1).bson")
    },
    .init("files of any name, in an order of their own") { try $0.write($2, to: "in/\(9 - $1)-oplog.dat") },
    .init("dumps of local.oplog.rs") {
      try $0.write($2, to: "in/\($1)/local/oplog.rs.bson")
      try $0.write(#"{"indexes":[]}"#, to: "in/\($1)/local/oplog.rs.metadata.json")
      try $0.write("{}", to: "in/\($1)/prelude.json")
    },
    .init("compressed dumps of local.oplog.rs") {
      try $0.write(OplogSlices.gzip($2.joinedBytes), to: "in/\($1)/local/oplog.rs.bson.gz")
      try $0.write(
        OplogSlices.gzip(Array(#"{"indexes":[]}"#.utf8)), to: "in/\($1)/local/oplog.rs.metadata.json.gz")
    },
    .init("archives of local.oplog.rs") { try $0.write(OplogSlices.archive($2), to: "in/\($1).archive") },
    .init("compressed archives of local.oplog.rs") {
      try $0.write(OplogSlices.gzip(OplogSlices.archive($2)), to: "in/\($1)/archive.gz")
    },
    .init("archives of full dumps with their oplog") {
      var archive = ArchiveBuilder(["a"], oplog: true)
      archive.block("a", [["_id": 1]])
      archive.block("oplog", Array($2.dropLast()))
      archive.block("oplog", Array($2.suffix(1)))
      archive.close("a")
      archive.close("oplog")
      try $0.write(archive.bytes, to: "in/\($1).archive")
    },
    .init("full dumps with their oplog.bson") { _ = try $0.writeBase($2, to: "in/\($1)") },
    .init("files deep in folders") { try $0.write($2, to: "in/a/\($1)/b/c/\($1 % 2)/x.bson") },
  ]

  private let all = OplogSlices.inserts("5:1", "5:2", "6:1", "6:2", "7:1", "7:2")
  private var slices: [[Document]] { [Array(all[0...2]), Array(all[2...3]), Array(all[3...])] }

  @Test("in every form", arguments: forms)
  func form(form: SliceForm) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    for (index, slice) in slices.enumerated() { try form.write(scratch, index, slice) }
    let chain = try OplogChain.open(base: base, slices: [scratch["in"]])
    #expect(try chain.timestamps() == ["5:1", "5:2", "6:1", "6:2", "7:1", "7:2"])
    #expect(chain.coverage.provenEnd == Timestamp("7:2"))
    #expect(chain.slices.count == 4)
  }

  @Test("once, however often they are named")
  func once() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    let file = try scratch.write(all, to: "in/sub/0.bson")
    try scratch.link("in/again", to: scratch["in/sub"])
    try scratch.link("in/sub/loop", to: scratch["in/sub"])
    let chain = try OplogChain.open(
      base: base, slices: [scratch["in"], file, scratch["in/sub"], scratch["in/"], scratch["base"]])
    #expect(chain.slices.count == 2)
    #expect(try chain.timestamps().count == all.count)
  }

  @Test("among other files, which are passed over with a note")
  func others() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/0.bson")
    try scratch.write([["_id": 1]], to: "in/shop/orders.bson")
    try scratch.write("take a slice every hour", to: "in/README")
    let chain = try OplogChain.open(base: base, slices: [scratch["in"]])
    #expect(chain.slices.count == 2)
    #expect(
      chain.notes == [
        "\(scratch["in"]): 2 files passed over, they hold no oplog (the first: \(scratch["in/README"]))"
      ])
  }

  @Test("among empty files, which are passed over with a note", arguments: [1, 2])
  func empty(count: Int) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/0.bson")
    for number in 1...count { try scratch.write("", to: "in/\(number).bson") }
    let first = scratch["in/1.bson"]
    #expect(
      try OplogChain.open(base: base, slices: [scratch["in"]]).notes == [
        count == 1
          ? "\(first): passed over, is empty"
          : "\(scratch["in"]): 2 empty files passed over (the first: \(first))"
      ])
    #expect(
      try OplogChain.open(base: base, slices: [scratch["in/0.bson"], first]).notes == [
        "\(first): passed over, is empty"
      ])
    try scratch.remove("in/0.bson")
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.code == "no-oplog" && failure?.hint?.contains(first) == true)
  }

  @Test(
    "in a form that isn't read, or unfinished, are damage",
    arguments: [
      "1.bson.xz", "1.bson.gpg", ".1.bson.gz.Xa3f2q", "1.bson.partial", "1.oplog.tmp", "oplog.rs.bz2",
      "hour.archive.xz", "1.BSON.bz2", "sub/1.bson.age",
    ])
  func unread(name: String) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/0.bson")
    try scratch.write("whatever", to: "in/\(name)")
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.kind == .damagedBackup && failure?.code == "unread-slice")
    #expect(failure?.place?.file == scratch["in/\(name)"])
  }

  @Test(
    "beside checksums and what a tool keeps for itself, which is passed over",
    arguments: ["0.bson.sha256", ".oplog.lock", ".oplog-position", "tail.oplog.log", "0.oplog.json"])
  func companions(name: String) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/0.bson")
    try scratch.write("whatever", to: "in/\(name)")
    let chain = try OplogChain.open(base: base, slices: [scratch["in"]])
    #expect(chain.passedOver == ["\(scratch["in/\(name)"]): passed over, holds no oplog"])
  }

  @Test("that are empty are a doubt behind all others, and none before", arguments: ["0.bson", "2.bson"])
  func emptyAtEnd(name: String) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/1.bson")
    try scratch.write("", to: "in/\(name)")
    let chain = try OplogChain.open(base: base, slices: [scratch["in"]])
    let doubt =
      "\(scratch["in/2.bson"]) is empty and stands behind all other slices: what was to be in it is not verified"
    #expect(chain.emptyAtEnd == (name == "2.bson" ? [doubt] : []))
  }

  @Test("once, also where a folder holds nothing but what was found before")
  func onceMore() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "in/sub/0.bson")
    let chain = try OplogChain.open(base: base, slices: [scratch["in/sub"], scratch["in"]])
    #expect(chain.slices.count == 2)
  }

  @Test("or it is an error in folders of folders as well")
  func nothingDeep() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    _ = try scratch.writeBase([], to: "in/dump")
    try scratch.remove("in/dump/oplog.bson")
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.code == "no-oplog")
  }

  @Test("a path that isn't there is told as an oplog's, with what lies beside it") func absent() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(all)
    try scratch.write(all, to: "slices/0.bson")
    let failure = #expect(throws: Failure.self) {
      try OplogChain.open(base: base, slices: [scratch["slcies"]])
    }
    #expect(failure?.code == "oplog-not-found" && failure?.kind == .backupNotFound)
    #expect(failure?.hint?.hasPrefix("Did you mean \"slices\"? In ") == true, "\(failure?.hint ?? "")")
  }

  @Test("or it is an error", arguments: ["in", "in/orders.bson", "in/d.archive"])
  func nothing(path: String) throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(all)
    try scratch.write([["_id": 1]], to: "in/orders.bson")
    var archive = ArchiveBuilder(["a"])
    archive.block("a")
    archive.close("a")
    try scratch.write(archive.bytes, to: "in/d.archive")
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch[path]]) }
    #expect(failure?.code == "no-oplog")
    #expect(failure?.kind == .damagedBackup)
    #expect(failure?.place?.file == scratch[path])
  }

  @Test("nowhere, when there is nothing at the path")
  func missing() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(all)
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.kind == .backupNotFound)
  }

  @Test("only within what was named: a link that leads out is refused")
  func linkOut() throws {
    let scratch = try Scratch()
    let base = try scratch.writeBase(Array(all[...1]))
    try scratch.write(all, to: "elsewhere/0.bson")
    try scratch.write(all, to: "in/0.bson")
    try scratch.link("in/1.bson", to: scratch["elsewhere/0.bson"])
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: base, slices: [scratch["in"]]) }
    #expect(failure?.code == "link-leaves-backup")
    #expect(failure?.place?.file == scratch["in/1.bson"])
  }
}

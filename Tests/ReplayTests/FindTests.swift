import BSON
import Backups
import Platform
import Replay
import Testing

@Suite("Searching an oplog")
struct FindTests {
  @Test("takes operations for a burst when enough come within the time", arguments: [(9, 0), (10, 1)])
  func threshold(count: Int, findings: Int) throws {
    var request = FindRequest()
    request.minimum = 10
    let found = try search(request) { oplog in
      for id in 0..<count { oplog.add("d", "shop.a", .int32(Int32(id)), seconds: id == 5 ? 10 : 0) }
    }
    #expect(found.total == findings)
  }

  @Test("does not count together what lies further apart than the time")
  func slow() throws {
    var request = FindRequest()
    request.minimum = 10
    request.within = 5
    #expect(
      try search(request) { oplog in
        for id in 0..<100 { oplog.add("d", "shop.a", .int32(Int32(id)), seconds: 1) }
      }.total == 0)
  }

  @Test("ends a burst when none comes for the time, and begins another")
  func twoBursts() throws {
    var request = FindRequest()
    request.minimum = 3
    let found = try search(request) { oplog in
      for id in 0..<8 { oplog.add("u", "shop.a", .int32(Int32(id)), seconds: id == 4 ? 11 : 0) }
    }
    #expect(found.findings.map(\.operations) == [4, 4])
    #expect(found.findings.map(\.samples) == [["0", "1", "2", "3"], ["4", "5", "6", "7"]])
    #expect(found.findings.allSatisfy { $0.title == "mass update" && $0.namespace == "shop.a" })
    #expect(found.findings[1].first.seconds - found.findings[0].last.seconds == 11)
  }

  @Test("tells the deletes of one command from those that an application makes one by one")
  func sessions() throws {
    var request = FindRequest()
    request.minimum = 5
    let found = try search(request) { oplog in
      for id in 0..<20 {
        oplog.add("d", "shop.a", .int32(Int32(id)), session: id.isMultiple(of: 2))
      }
    }
    #expect(Set(found.findings.map(\.title)) == ["deletes", "mass delete"])
    #expect(found.findings.map(\.operations) == [10, 10])
  }

  @Test("goes back before the first collection of a database that is dropped")
  func dropDatabase() throws {
    let found = try search(FindRequest()) { oplog in
      oplog.command("shop", ["drop": "before"], documents: 1)
      oplog.add("i", "shop.b", 1)
      oplog.command("shop", ["drop": "a"], documents: 7)
      oplog.add("i", "other.b", 1)
      oplog.command("shop", ["drop": "b"], documents: 5)
      oplog.command("shop", ["dropDatabase": 1])
    }
    #expect(found.findings.map(\.kind) == [.drop, .dropDatabase])
    #expect(found.findings.map(\.namespace) == ["shop.before", "shop"])
    #expect(found.findings[1].documents == 12)
    #expect(found.findings[1].details == "collections a, b")
    #expect(found.findings[1].last.increment - found.findings[1].first.increment == 3)
  }

  @Test("names renames by both names, and time series by their own")
  func names() throws {
    func namespaces(_ pattern: String) throws -> [String] {
      try search(FindRequest(namespaces: [pattern])) { oplog in
        oplog.command("shop", ["renameCollection": "shop.a", "to": "shop.b"])
        oplog.command("shop", ["drop": "system.buckets.weather"], documents: 3)
        oplog.add("d", "shop.system.views", "shop.weather")
        oplog.add("d", "shop.system.views", "shop.open")
        oplog.command("config", ["drop": "cache.x"])
      }.findings.map { "\($0.title) \($0.namespace)" }
    }
    #expect(try namespaces("shop.b") == ["renameCollection shop.a"])
    #expect(try namespaces("shop.weather") == ["drop shop.weather"])
    #expect(
      try namespaces("*") == ["renameCollection shop.a", "drop shop.weather", "drop shop.open"])
  }

  @Test("keeps the earliest findings, and counts all")
  func limit() throws {
    var request = FindRequest()
    request.minimum = 1
    request.limit = 2
    let found = try search(request) { oplog in
      for id in 0..<5 { oplog.add("d", "shop.a", .int32(Int32(id))) }
    }
    #expect(found.total == 5)
    #expect(found.findings.map(\.samples) == [["0"], ["1"]])
  }

  /// Searches a dump whose own oplog is what `write` adds.
  private func search(_ request: FindRequest, _ write: (inout OplogText) -> Void) throws -> FindResult {
    var oplog = OplogText()
    write(&oplog)
    let folder = "/tmp/mongodrill-find-\(UInt64.random(in: 0 ... .max))"
    try Files.createFolder(folder + "/shop", parents: true)
    defer { try? Files.removeTree(folder) }
    try Files.writeAtomically(oplog.bytes, to: folder + "/oplog.bson")
    try Files.writeAtomically([], to: folder + "/shop/a.bson")
    try Files.writeAtomically(
      #"{"indexes":[],"uuid":"0123456789ab4def8123456789abcde0","collectionName":"a","type":"collection"}"#
        .utf8,
      to: folder + "/shop/a.metadata.json")
    let chain = try OplogChain.open(base: openBackup(folder), slices: [])
    return try request.search(chain, events: { _ in })
  }
}

/// Writes entries, one after the other.
private struct OplogText {
  private(set) var bytes: [UInt8] = []
  private var seconds: UInt32 = 1_795_000_000
  private var increment: UInt32 = 0

  /// An operation on a document, so many seconds after the last entry.
  mutating func add(
    _ op: String, _ namespace: String, _ id: Value, seconds pause: Int = 0, session: Bool = false
  ) {
    var fields: [(String, Value)] = [("op", .string(op)), ("ns", .string(namespace))]
    fields.append(("o", op == "u" ? ["$v": 2, "diff": ["u": ["x": 1]]] : ["_id": id]))
    if op == "u" { fields.append(("o2", ["_id": id])) }
    if session { fields += [("lsid", ["id": 1]), ("txnNumber", .int64(1))] }
    write(fields, seconds: pause)
  }

  /// A command, with the number of documents that a drop removes.
  mutating func command(_ database: String, _ command: Document, documents: Int64? = nil) {
    var fields: [(String, Value)] = [
      ("op", "c"), ("ns", .string("\(database).$cmd")), ("o", .document(command)),
    ]
    if let documents { fields.append(("o2", ["numRecords": .int64(documents)])) }
    write(fields)
  }

  private mutating func write(_ fields: [(String, Value)], seconds pause: Int = 0) {
    seconds += UInt32(pause)
    increment = pause > 0 ? 1 : increment + 1
    let head: [(String, Value)] = [
      ("ts", .timestamp(Timestamp(seconds: seconds, increment: increment))), ("t", .int64(1)),
    ]
    bytes += Document(head + fields).bytes
  }
}

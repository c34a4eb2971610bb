import Glibc
import Platform
import Readiness
import Record
import Reports
import Testing

@Suite("The chain of records")
struct ChainTests {
  private func year(_ runs: Int = 5) throws -> (ReportFolder, [String]) {
    let folder = try ReportFolder()
    return (folder, try (0..<runs).map { try folder.write(at: .new.after(days: 7 * $0)) })
  }

  private func codes(_ folder: ReportFolder) throws -> [String] {
    try ChainVerification(of: folder.path).faults.map { "\($0.kind.rawValue) \($0.runID ?? "")" }
  }

  @Test("is sound when nothing was touched, and each record names the one before it")
  func sound() throws {
    let (folder, ids) = try year()
    let verification = try ChainVerification(of: folder.path)
    #expect(verification.isSound && verification.intact == 5 && verification.notes == [])
    let first = try DrillRecord(reportAt: "", Files.read(folder.record(ids[0])))
    let second = try DrillRecord(reportAt: "", Files.read(folder.record(ids[1])))
    #expect(first.previousRun == nil)
    #expect(second.previousRun?.runID == ids[0])
    #expect(second.previousRun?.sha256 == SHA256.hex(of: try Files.read(folder.record(ids[0]))))
    #expect(verification.head?.runID == ids[4])
  }

  @Test("tells of one byte that was changed, in any record", arguments: [0, 2, 4])
  func changed(at place: Int) throws {
    let (folder, ids) = try year()
    var bytes = try Files.read(folder.record(ids[place]))
    bytes[bytes.count / 2] ^= 1
    try Files.writeAtomically(bytes, to: folder.record(ids[place]))
    #expect(try codes(folder) == ["record-changed \(ids[place])"])
  }

  @Test("tells of a record that was changed together with the chain's digest of it")
  func changedTwice() throws {
    let (folder, ids) = try year()
    let text = try Files.text(of: folder.record(ids[1])).replacing("\"pass\"", with: "\"warn\"")
    let before = SHA256.hex(of: try Files.read(folder.record(ids[1])))
    try Files.writeAtomically(text.utf8, to: folder.record(ids[1]))
    let chain = try Files.text(of: folder.chain).replacing(before, with: SHA256.hex(of: Array(text.utf8)))
    try Files.writeAtomically(chain.utf8, to: folder.chain)
    #expect(try codes(folder) == ["record-changed \(ids[1])"])
  }

  @Test("tells of a record that is gone", arguments: [0, 2, 4])
  func missing(at place: Int) throws {
    let (folder, ids) = try year()
    try Files.removeTree(Files.join(folder.path, ids[place]))
    #expect(try codes(folder) == ["record-missing \(ids[place])"])
  }

  @Test("tells of a record that is gone together with its line")
  func missingTwice() throws {
    let (folder, ids) = try year()
    try Files.removeTree(Files.join(folder.path, ids[2]))
    let lines = try Files.text(of: folder.chain).split(separator: "\n").filter { !$0.contains(ids[2]) }
    try Files.writeAtomically((lines.joined(separator: "\n") + "\n").utf8, to: folder.chain)
    #expect(try codes(folder) == ["record-reordered \(ids[3])"])
  }

  @Test("tells of records cut off the end, to whoever noted a digest")
  func cut() throws {
    let (folder, ids) = try year()
    let head = try #require(try ChainVerification(of: folder.path).head?.sha256)
    try Files.removeTree(Files.join(folder.path, ids[4]))
    let lines = try Files.text(of: folder.chain).split(separator: "\n").dropLast()
    try Files.writeAtomically((lines.joined(separator: "\n") + "\n").utf8, to: folder.chain)
    #expect(try ChainVerification(of: folder.path).isSound)
    let verification = try ChainVerification(of: folder.path, head: head)
    #expect(verification.faults.map(\.kind) == [.headUnknown])
  }

  @Test("tells of two records that changed places, and of two lines that did")
  func reordered() throws {
    let (folder, ids) = try year()
    let (one, other) = (try Files.read(folder.record(ids[1])), try Files.read(folder.record(ids[2])))
    try Files.writeAtomically(other, to: folder.record(ids[1]))
    try Files.writeAtomically(one, to: folder.record(ids[2]))
    #expect(try codes(folder) == ["record-reordered \(ids[1])", "record-reordered \(ids[2])"])
    let (second, _) = try year()
    var lines = try Files.text(of: second.chain).split(separator: "\n")
    lines.swapAt(1, 2)
    try Files.writeAtomically((lines.joined(separator: "\n") + "\n").utf8, to: second.chain)
    #expect(try codes(second).count == 3)
    #expect(try codes(second).allSatisfy { $0.hasPrefix("record-reordered") })
  }

  @Test("tells of a record that was put in between, and of one that was put at the end")
  func inserted() throws {
    let (folder, ids) = try year()
    let forged = "20260113T030000Z-shop"
    try Files.createFolder(Files.join(folder.path, forged))
    let text = try Files.text(of: folder.record(ids[1])).replacing(ids[1], with: forged)
    try Files.writeAtomically(text.utf8, to: folder.record(forged))
    #expect(try codes(folder) == ["record-inserted \(forged)"])
    // The next drill doesn't take it in.
    try folder.write(at: .new.after(days: 40))
    #expect(try codes(folder) == ["record-inserted \(forged)"])
    let (copied, others) = try year()
    try Files.createFolder(Files.join(copied.path, "20270101T000000Z-shop"))
    try Files.writeAtomically(
      Files.read(copied.record(others[4])), to: copied.record("20270101T000000Z-shop"))
    #expect(try codes(copied) == ["record-inserted 20270101T000000Z-shop"])
  }

  @Test("holds runs that end at the same time, in one row")
  func concurrent() throws {
    let folder = try ReportFolder()
    let path = folder.path
    try Threads.concurrently(8) { thread in
      for run in 0..<6 {
        let begin = WallTime.new.after(run)
        let one = try RunFolder(of: "shop", at: begin, in: path)
        var record = drillRecord("shop", one.id, at: begin)
        record.scenario.title = "thread \(thread)"
        try one.write(record)
      }
    }
    let verification = try ChainVerification(of: folder.path)
    #expect(verification.isSound && verification.intact == 48, "\(verification.faults)")
  }

  @Test("stays sound when the oldest runs are removed, also where they are gone already")
  func pruned() throws {
    let (folder, ids) = try year()
    #expect(try RunChain.remove(through: ids[1], in: folder.path).removed == 2)
    #expect(try RunChain.runs(in: folder.path) == Array(ids[2...]))
    let verification = try ChainVerification(of: folder.path)
    #expect(verification.isSound && verification.removed == 2 && verification.intact == 3)
    #expect(verification.notes.count == 1)
    // `rm -r` first, the anchor after it.
    try Files.removeTree(Files.join(folder.path, ids[2]))
    #expect(try codes(folder) == ["record-missing \(ids[2])"])
    let removal = try RunChain.remove(through: ids[2], in: folder.path)
    #expect(removal.removed == 0 && removal.missing == [ids[2]] && removal.through == ids[2])
    #expect(try codes(folder) == [])
    #expect(
      try ChainVerification(of: folder.path).notes.last?.hasPrefix("\(ids[2]) was gone already") == true)
    // Doing it once more changes nothing.
    let chain = try Files.read(folder.chain)
    #expect(try RunChain.remove(through: ids[2], in: folder.path).missing == [])
    #expect(try Files.read(folder.chain) == chain)
    try folder.write(at: .new.after(days: 40))
    #expect(try codes(folder) == [])
    // What is newer than the anchor is as guarded as before.
    try Files.removeTree(Files.join(folder.path, ids[3]))
    #expect(try codes(folder) == ["record-missing \(ids[3])"])
  }

  @Test("begins with the records of a version that wrote none, and says so")
  func adopted() throws {
    let (folder, ids) = try year(3)
    for id in ids {
      var record = try DrillRecord(reportAt: "", Files.read(folder.record(id)))
      record.previousRun = nil
      try Files.writeAtomically(Renderer.json.draw(record).utf8, to: folder.record(id))
    }
    try Files.removeTree(folder.chain)
    #expect(try codes(folder) == ["no-chain "])
    let next = try folder.write(at: .new.after(days: 40))
    let verification = try ChainVerification(of: folder.path)
    #expect(verification.isSound && verification.intact == 4)
    #expect(verification.notes.first?.hasPrefix("3 records were there before the chain was begun") == true)
    let record = try DrillRecord(reportAt: "", Files.read(folder.record(next)))
    #expect(record.previousRun?.runID == ids[2])
    var bytes = try Files.read(folder.record(ids[0]))
    bytes[20] ^= 1
    try Files.writeAtomically(bytes, to: folder.record(ids[0]))
    #expect(try codes(folder) == ["record-changed \(ids[0])"])
  }

  @Test("is completed by the next run when a writer was killed before or while it noted its record")
  func killed() throws {
    for rest in [0, 20] {
      let (folder, ids) = try year()
      let lines = try Files.text(of: folder.chain).split(separator: "\n")
      let cut = lines.dropLast().joined(separator: "\n") + "\n" + lines[4].prefix(rest)
      try Files.writeAtomically(cut.utf8, to: folder.chain)
      #expect(try codes(folder).contains("record-inserted \(ids[4])"))
      try folder.write(at: .new.after(days: 40))
      let verification = try ChainVerification(of: folder.path)
      #expect(verification.isSound && verification.intact == 6, "\(verification.faults)")
      // It can't be told from one that somebody put there, so it is named.
      #expect(
        verification.notes.count == 1 && verification.notes[0].hasPrefix("\(ids[4]) was not noted"),
        "\(verification.notes)")
    }
  }

  @Test("keeps a record that was changed, and all behind it, when the oldest are removed", arguments: [0, 1])
  func changedAndDue(place: Int) throws {
    let (folder, ids) = try year()
    for id in [ids[place], ids[2]] {
      var bytes = try Files.read(folder.record(id))
      bytes[bytes.count / 2] ^= 1
      try Files.writeAtomically(bytes, to: folder.record(id))
    }
    let removal = try RunChain.remove(through: ids[3], in: folder.path)
    #expect(removal.changed == [ids[place], ids[2]] && removal.removed == place)
    #expect(removal.through == (place == 0 ? nil : ids[0]))
    #expect(try RunChain.runs(in: folder.path) == Array(ids[place...]))
    #expect(try codes(folder) == ["record-changed \(ids[place])", "record-changed \(ids[2])"])
  }

  @Test("takes a noted digest of a record that was pruned only while a record that is there names it")
  func prunedHead() throws {
    let (folder, ids) = try year()
    let digests = try ids.map { SHA256.hex(of: try Files.read(folder.record($0))) }
    _ = try RunChain.remove(through: ids[1], in: folder.path)
    func verified(_ place: Int) throws -> ChainVerification {
      try ChainVerification(of: folder.path, head: digests[place])
    }
    #expect(
      try verified(0).faults.map { "\($0.kind.rawValue) \($0.runID ?? "")" } == ["head-removed \(ids[0])"])
    #expect(try verified(1).isSound && verified(1).notes.last?.hasPrefix("\(ids[1]), whose digest") == true)
    #expect(try verified(2).isSound && verified(2).notes.count == 1)
    _ = try RunChain.remove(through: ids[4], in: folder.path)
    #expect(try verified(4).faults.map(\.kind) == [.headRemoved])
  }

  @Test("that was removed together with the oldest records still tells of the one that a record names")
  func removedWithOldest() throws {
    let (folder, ids) = try year()
    for id in ids[...1] { try Files.removeTree(Files.join(folder.path, id)) }
    try Files.removeTree(folder.chain)
    try folder.write(at: .new.after(days: 40))
    #expect(try codes(folder) == ["record-missing \(ids[1])"])
    let fault = try #require(try ChainVerification(of: folder.path).faults.first)
    #expect(fault.message.hasPrefix("is named by \(ids[2]), the oldest record that is there"))
    // Pruning the record that names it ends that: the anchor says that it was done on purpose.
    #expect(try RunChain.remove(through: ids[2], in: folder.path).removed == 1)
    #expect(try codes(folder) == [])
  }

  @Test("that was lost is made anew from the records, whose own digests still count")
  func lost() throws {
    let (folder, ids) = try year()
    try Files.removeTree(folder.chain)
    let text = try Files.text(of: folder.record(ids[2])).replacing("backups/base", with: "backups/bad")
    try Files.writeAtomically(text.utf8, to: folder.record(ids[2]))
    try folder.write(at: .new.after(days: 40))
    let verification = try ChainVerification(of: folder.path)
    // The record after the changed one names another digest, so it and all behind it hang on nothing.
    #expect(!verification.isSound)
    #expect(verification.faults.map(\.runID) == [ids[3], ids[4]])
    #expect(verification.notes.contains { $0.hasPrefix("chain.jsonl was lost") })
  }
}

@Suite("Signatures of records")
struct SignatureTests {
  /// A folder with keys of two persons, and the list of the one who is allowed.
  private struct Keys {
    let folder: ReportFolder
    var key: String { Files.join(folder.path, "key") }
    var other: String { Files.join(folder.path, "other") }
    var allowed: String { Files.join(folder.path, "allowed") }

    init() throws {
      folder = try ReportFolder()
      for name in ["key", "other"] {
        let made = try Supervisor.shared.capture(
          ChildSpec([
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", Files.join(folder.path, name),
          ]), timeout: 30)
        try #require(made.status == .exited(0))
      }
      let text = try Files.text(of: key + ".pub")
      try Files.writeAtomically("drills@example.com \(text)".utf8, to: allowed)
    }
  }

  private func write(_ folder: ReportFolder, day: Int, key: String?) throws -> String {
    let begin = WallTime.new.after(days: day)
    let run = try RunFolder(of: "shop", at: begin, in: folder.path)
    try run.write(drillRecord("shop", run.id, at: begin), signingKey: key)
    return run.id
  }

  @Test("are those of allowed signers, and vouch for the records before")
  func verified() throws {
    let keys = try Keys()
    let folder = try ReportFolder()
    let ids = [
      try write(folder, day: 0, key: nil), try write(folder, day: 1, key: keys.key),
      try write(folder, day: 2, key: nil),
    ]
    let verification = try ChainVerification(of: folder.path, allowedSigners: keys.allowed)
    #expect(verification.signers == [ids[1]: "drills@example.com"])
    #expect(
      verification.faults.map { "\($0.kind.rawValue) \($0.runID ?? "")" } == ["record-unsigned \(ids[2])"])
    _ = try write(folder, day: 3, key: keys.key)
    #expect(try ChainVerification(of: folder.path, allowedSigners: keys.allowed).isSound)
  }

  @Test("of somebody else, or over other bytes, are bad")
  func bad() throws {
    let keys = try Keys()
    let folder = try ReportFolder()
    let first = try write(folder, day: 0, key: keys.other)
    #expect(
      try ChainVerification(of: folder.path, allowedSigners: keys.allowed).faults.map(\.kind) == [
        .badSignature
      ])
    // All of the chain made anew after a change: only the signature tells.
    let second = try ReportFolder()
    let id = try write(second, day: 0, key: keys.key)
    let text = try Files.text(of: second.record(id)).replacing("backups/base", with: "backups/bad")
    try Files.writeAtomically(text.utf8, to: second.record(id))
    try Files.removeTree(second.chain)
    _ = try write(second, day: 1, key: keys.key)
    let verification = try ChainVerification(of: second.path, allowedSigners: keys.allowed)
    #expect(verification.faults.map { "\($0.kind.rawValue) \($0.runID ?? "")" } == ["bad-signature \(id)"])
    #expect(first.hasSuffix("shop"))
  }

  @Test("are refused of keys that can't sign before a drill begins")
  func probe() throws {
    let keys = try Keys()
    try RecordSignature.probe(key: keys.key)
    #expect { try RecordSignature.probe(key: keys.allowed) } throws: { error in
      (error as? Failure)?.code == "signing-key-unusable"
    }
    #expect { try RecordSignature.probe(key: "/nowhere/key") } throws: { error in
      (error as? Failure)?.code == "no-signing-key"
    }
    // With a passphrase and without an agent that holds it.
    let secret = Files.join(keys.folder.path, "secret")
    let made = try Supervisor.shared.capture(
      ChildSpec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "long enough", "-f", secret]), timeout: 30)
    try #require(made.status == .exited(0))
    #expect { try RecordSignature.probe(key: secret) } throws: { error in
      (error as? Failure)?.code == "signing-key-unusable"
    }
  }
}

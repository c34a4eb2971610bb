import Glibc
import Platform
import TestSupport
import Testing

@Suite("mongodrill verify")
struct VerifyTests {
  @Test("lists what a good dump holds")
  func good() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("verify", "dump", in: folder)
      #expect(
        withoutTimes(run.output) == """
          dump: dump directory

          COLLECTION      KIND        DOCUMENTS   SIZE  INDEXES
          shop.customers  collection          3  105 B        2
          shop.orders     collection          2   60 B        2

          Read 5 documents, 165 B in ….
          The backup is whole.

          """)
      #expect(withoutTimes(run.errorOutput) == "read: 5 documents, 165 B in …\n")
      #expect(run.status == 0)
    }
  }

  @Test(
    "reads the real base in each of its forms",
    arguments: ["dump", "dump-gzip", "full.archive", "full.archive.gz"])
  func fixture(form: String) throws {
    let run = try Mongodrill.run("verify", "\(Fixture.base)/\(form)", "-q")
    #expect(run.output.hasSuffix("\nThe backup is whole.\n"))
    #expect(run.output.contains("\nshop.customers "))
    #expect(run.errorOutput == "")
    #expect(run.status == 0)
  }

  @Test("names all that is damaged, by file and byte, and ends in 65")
  func damaged() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try dump.cut("customers.bson", to: 100)
      try dump.cut("orders.bson", to: 40)
      let run = try Mongodrill.run("verify", "dump", "-q", in: folder)
      #expect(
        withoutTimes(run.output) == """
          dump: dump directory

          COLLECTION      KIND        DOCUMENTS  SIZE  INDEXES
          shop.customers  collection    damaged     -        -
          shop.orders     collection    damaged     -        -

          Read 0 documents in ….
          The backup is damaged: 2 faults.
            dump/shop/customers.bson at byte 70: the data ends inside a document, after 30 of 35 bytes of it
              HINT: The copy or the dump was interrupted; compare the file's size with the original's.
            dump/shop/orders.bson at byte 30: the data ends inside a document, after 10 of 30 bytes of it
              HINT: The copy or the dump was interrupted; compare the file's size with the original's.

          """)
      #expect(run.errorOutput == "")
      #expect(run.status == 65)
      let json = try JSON.parse(
        Array(Mongodrill.run("verify", "dump", "--output=json", in: folder).output.utf8))
      #expect(json["whole"] == false)
    }
  }

  @Test("tells a path where nothing is (66) from what is no backup (65)")
  func noBackup() throws {
    try withFolder { folder in
      let missing = try Mongodrill.run("verify", "missing", in: folder)
      #expect(missing.output == "")
      #expect(
        missing.errorOutput == """
          mongodrill: missing: there is nothing at this path
          HINT: The folder . is empty.

          """)
      #expect(missing.status == 66)

      try Files.writeAtomically("not a backup at all\n".utf8, to: Files.join(folder, "notes.txt"))
      let other = try Mongodrill.run("verify", "notes.txt", in: folder)
      #expect(other.output == "")
      #expect(
        other.errorOutput == """
          mongodrill: notes.txt: no backup here: neither an archive of mongodump nor a collection's .bson

          """)
      #expect(other.status == 65)
    }
  }

  @Test("stops on Ctrl-C, also while nothing comes on standard input")
  func interrupted() throws {
    try withFolder { folder in
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "verify", "-"], environment: Mongodrill.environment, input: .descriptor(ends[0]),
          output: .file(output), errorOutput: .file(output)))
      // The signal may come at any time from here on, also before the first byte is waited for.
      #expect(eventually { catches(SIGINT, child.pid) })
      child.signal(SIGINT)
      #expect(child.wait(timeout: 60) == .exited(130))
      #expect(try Files.text(of: output) == "mongodrill: interrupted\n")
    }
  }
}

import Glibc
import Platform
import TestSupport
import Testing

/// Programs that lie beside the tests' own executable.
enum Built {
  static func path(_ name: String) -> String {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    let this = String(decoding: path[..<max(0, length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return Files.join(Files.folder(of: this), name)
  }

  static func run(
    _ name: String, _ arguments: [String], environment: [String: String] = Environment.all
  ) throws -> Captured {
    try Supervisor.shared.capture(
      ChildSpec([path(name)] + arguments, environment: environment), timeout: 3000)
  }
}

/// `MONGODRILL_FUZZ_SEED` and `MONGODRILL_FUZZ_CASES` set the seed and how many cases each reader gets, as the options of
/// `scripts/fuzz` do.
@Suite("Malformed input") struct FuzzTests {
  static let readers = [
    "bson", "extended-json", "json", "collection", "metadata", "prelude", "archive", "gzip", "zstd", "lz4",
    "snappy",
    "s2", "oplog", "slices", "pbm-record", "pbm-metadata", "pbm-meta", "tar", "copy", "sidecar", "yaml",
    "scenario",
    "checks", "policy", "record", "baseline", "chain", "witness", "witness-documents",
  ]

  @Test(
    "is refused with its place or read for what it is, in time and memory, by the reader of",
    arguments: readers)
  func reader(name: String) throws {
    let cases = Environment["MONGODRILL_FUZZ_CASES"] ?? "25"
    let done = try Built.run("Fuzzer", ["run", name, "--cases", cases])
    #expect(done.status == .exited(0), "\(done.output.text)\(done.errorOutput.text)")
    #expect(done.output.text.contains("cases "))
  }

  @Test("is given to every reader that there is") func all() throws {
    let done = try Built.run("Fuzzer", ["list"])
    #expect(done.output.text.split(separator: "\n").map(String.init) == Self.readers)
  }

  @Test(
    "is told of by reader, seed and case when it crashes one, takes too long, or is answered without a place",
    arguments: ["crash", "hang", "silent"])
  func faulty(kind: String) throws {
    let done = try Built.run("Fuzzer", ["run", "self-test-\(kind)", "--seed", "7", "--cases", "50"])
    #expect(done.status == .exited(1))
    #expect(
      done.output.text.contains("again: scripts/fuzz self-test-\(kind) --seed 7 --case "),
      "\(done.output.text)")
    #expect(!done.output.text.contains("none was begun"))
  }

  @Test(
    "is noticed by verify wherever a file is cut or a bit flipped, but where nothing tells",
    arguments: [
      "dump directory", "dump directory, gzip", "archive", "archive, gzip", "slices",
    ])
  func everyByte(form: String) throws {
    // All of them with MONGODRILL_FULL, as the table in docs/reliability.md has them.
    let every = Environment["MONGODRILL_FULL"] == nil ? 13 : 1
    let done = try Built.run("Fuzzer", ["bytes", form, "--every", "\(every)"])
    #expect(done.status == .exited(0), "\(done.output.text)\(done.errorOutput.text)")
    let rows = done.output.text.split(separator: "\n").dropFirst(2).map { row in
      row.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
    }
    #expect(rows.map { $0[2] } == ["flip", "cut"])
    for row in rows {
      let bytes = try #require(Int(row[1]))
      let (tried, noticed) = (try #require(Int(row[3])), try #require(Int(row[4])))
      let missed = try #require(Int(row[6]))
      // Of the flips and of the cuts as many as the sample asks for.
      #expect(abs(tried - bytes / every) <= 1)
      let bounds = try #require(Self.bounds[form])
      let least = row[2] == "flip" ? bounds.flipsNoticed : bounds.cutsNoticed
      #expect(noticed * 100 >= tried * least, "\(noticed) of \(tried) \(row[2])s are noticed")
      let most = row[2] == "flip" ? bounds.flipsMissed : bounds.cutsMissed
      if let most { #expect(missed <= most, "\(missed) of \(tried) \(row[2])s are missed") }
      if form != "slices" { #expect(row[7] == row[6], "a sidecar notices the rest") }
    }
  }

  /// In each form the percentage that `verify` has to notice, of flips and of cuts, and how many of all it may miss; nil
  /// where nothing tells. A plain file that is cut at a document's end is a shorter one; a compressed one is not.
  private static let bounds: [String: Bounds] = [
    "dump directory": Bounds(flipsNoticed: 50, cutsNoticed: 98, cutsMissed: 7),
    "dump directory, gzip": Bounds(flipsNoticed: 90, flipsMissed: 0, cutsNoticed: 100, cutsMissed: 0),
    "archive": Bounds(flipsNoticed: 80, cutsNoticed: 100, cutsMissed: 0),
    "archive, gzip": Bounds(flipsNoticed: 95, flipsMissed: 0, cutsNoticed: 100, cutsMissed: 0),
    "slices": Bounds(flipsNoticed: 45, cutsNoticed: 65, cutsMissed: 3),
  ]

  private struct Bounds {
    var flipsNoticed: Int
    var flipsMissed: Int?
    var cutsNoticed: Int
    var cutsMissed: Int
  }

  @Test(
    "that goes through a drill which ends without an answer is told of by its byte",
    arguments: ["exit 69", "exit 4", "exit 1", "kill -SEGV $$"])
  func answerless(end: String) throws {
    let folder = "/tmp/mongodrill-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try Files.createFolder(folder)
    defer { try? Files.removeTree(folder) }
    let program = Files.join(folder, "mongodrill")
    try Files.writeAtomically("#!/bin/sh\necho lost >&2\n\(end)\n".utf8, to: program, mode: 0o755)
    let done = try Built.run(
      "Fuzzer", ["bytes", "dump directory", "--every", "97", "--drills", "1"],
      environment: Environment.all.merging(["MONGODRILL_PROGRAM": program]) { $1 })
    #expect(done.status == .exited(1), "\(done.output.text)\(done.errorOutput.text)")
    let line = #/dump directory: dump\/\S+ flip [0-9]+: the drill ended with .*: lost/#
    #expect(try line.firstMatch(in: done.output.text) != nil, "\(done.output.text)")
  }
}

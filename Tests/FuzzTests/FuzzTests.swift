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

  static func run(_ name: String, _ arguments: [String]) throws -> Captured {
    try Supervisor.shared.capture(ChildSpec([path(name)] + arguments), timeout: 3000)
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
    let cases = Environment["MONGODRILL_FUZZ_CASES"] ?? "100"
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
}

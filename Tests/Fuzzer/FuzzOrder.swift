import Glibc
import Platform

/// Which cases of which readers are to be tried.
struct FuzzOrder {
  private var readers: [FuzzedReader] = []
  private var cases = 300
  private var seed: UInt64 = 1
  private var only: Int?

  /// From a command line; `MONGODRILL_FUZZ_CASES` and `MONGODRILL_FUZZ_SEED` stand for options that aren't given.
  init(_ words: ArraySlice<String>) throws {
    if let cases = Environment["MONGODRILL_FUZZ_CASES"].flatMap({ Int($0) }) { self.cases = cases }
    if let seed = Environment["MONGODRILL_FUZZ_SEED"].flatMap({ UInt64($0) }) { self.seed = seed }
    var words = words
    while let word = words.popFirst() {
      if word.hasPrefix("--") {
        guard let value = words.popFirst().flatMap({ UInt64($0) }) else {
          throw Misbehaviour("\(word) needs a number")
        }
        switch word {
        case "--cases": cases = Int(value)
        case "--seed": seed = value
        case "--case": only = Int(value)
        default: throw Misbehaviour("there is no option \(word)")
        }
      } else {
        guard let reader = FuzzedReader.named(word) else {
          throw Misbehaviour("there is no reader \(word)")
        }
        readers.append(reader)
      }
    }
    if readers.isEmpty { readers = FuzzedReader.all }
  }

  /// Tries them, each reader in a process of its own; false when one has failed.
  func run() throws -> Bool {
    let results = Monitor([Bool]())
    try Threads.forEach(below: readers.count, on: min(2, Machine.cores)) { index in
      let isGood = try run(readers[index])
      results.update { $0.append(isGood) }
    }
    return results.withLock { $0.allSatisfy { $0 } }
  }

  /// This program's own file.
  static let program: String = {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    return String(decoding: path[..<max(0, length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()

  private func run(_ reader: FuzzedReader) throws -> Bool {
    let count = only == nil ? max(1, cases / reader.share) : 1
    let folder = "/tmp/mongodrill-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    defer { try? Supervisor.shared.remove(folder) }
    let done = try Supervisor.shared.capture(
      ChildSpec([Self.program, "cases", reader.name, "\(seed)", "\(only ?? 0)", "\(count)", folder]),
      timeout: 7200)
    let name = reader.name + String(repeating: " ", count: max(1, 18 - reader.name.utf8.count))
    if done.status == .exited(0) {
      say("\(name)\(done.output.text.dropLast()), \(Int(done.seconds * 1000)) ms in all")
      return true
    }
    let number = (try? Files.text(of: "\(folder)/\(FuzzRun.caseFile)")).map {
      String($0.prefix { $0 != "\n" })
    }
    say(
      """
      \(name)FAILED: \(done.status)\(done.isTimedOut ? ", it took too long" : "")
      \(done.output.text)\(done.errorOutput.text)
      again: scripts/fuzz \(reader.name) --seed \(seed) --case \(number ?? "(none was begun)")
      """)
    return false
  }
}

import Glibc
import Platform
import Synchronization

/// The cases of one reader, in this process: a case that crashes or hangs takes it along, and who started it finds the
/// case's number in a file.
struct FuzzRun {
  /// By how much memory may grow while all cases are read.
  static let most = 256 << 20
  /// The file that tells which case is under way.
  static let caseFile = "case"

  let reader: FuzzedReader
  let seed: UInt64
  let scratch: Scratch
  /// A sanitizer is at work: it needs time and memory of its own.
  let isSanitized: Bool
  /// Whether each case's answer is told.
  var tells = false

  private(set) var refused = 0
  private(set) var accepted = 0
  private(set) var withOffset = 0
  private(set) var slowest = (number: 0, seconds: 0.0)
  private(set) var codes: [String: Int] = [:]

  init(_ reader: FuzzedReader, seed: UInt64, scratch: Scratch, isSanitized: Bool) {
    self.reader = reader
    self.seed = seed
    self.scratch = scratch
    self.isSanitized = isSanitized
  }

  mutating func run(_ numbers: Range<Int>) throws {
    try Files.createFolder(scratch["in"])
    let input = try reader.prepare(Scratch(path: scratch["in"]))
    let mark = open(scratch[Self.caseFile], O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    // What is well-formed has to be taken, and fills caches.
    for seed in input.seeds {
      do { try input.read(seed) } catch { throw Misbehaviour("a seed is refused: \(error)") }
    }
    let memory = Self.peak
    let descriptors = try Files.names(in: "/proc/self/fd").count
    let started = Mutex(Clock.monotonic)
    let longest = reader.longest * (isSanitized ? 20 : 1)
    _ = try Threads.start {
      while true {
        sleep(1)
        if Clock.monotonic - started.withLock({ $0 }) > longest {
          Terminal.write("a case takes longer than \(longest) s\n", to: Terminal.errorOutput)
          abort()
        }
      }
    }
    for number in numbers {
      let now = Clock.monotonic
      started.withLock { $0 = now }
      let text = Array("\(number)\n".utf8)
      _ = text.withUnsafeBytes { pwrite(mark, $0.baseAddress, $0.count, 0) }
      var mutator = Mutator(seeds: input.seeds, seed: seed, reader: reader.name, number: number)
      try take(mutator.input(), input, number)
      let seconds = Clock.monotonic - now
      if seconds > slowest.seconds { slowest = (number, seconds) }
      if !isSanitized, Self.peak - memory > Self.most {
        throw Misbehaviour("memory grew from \(memory >> 20) to \(Self.peak >> 20) MiB")
      }
    }
    let left = try Files.names(in: "/proc/self/fd").count
    if left > descriptors + 1 { throw Misbehaviour("\(left - descriptors) descriptors are left open") }
    growth = Self.peak - memory
  }

  /// How much memory the cases took beyond what the well-formed inputs did, in bytes.
  private(set) var growth = 0

  private mutating func take(_ bytes: [UInt8], _ input: FuzzedInput, _ number: Int) throws {
    do {
      try input.read(bytes)
      accepted += 1
      if tells { say("case \(number): taken") }
    } catch let failure as Failure { try judge([failure], number) } catch let refusals as Refusals {
      try judge(refusals.failures, number)
    }
  }

  private mutating func judge(_ failures: [Failure], _ number: Int) throws {
    if failures.isEmpty { throw Misbehaviour("it was refused without a word") }
    refused += 1
    for failure in failures {
      if tells { say("case \(number): \(failure.kind) \(failure.code) \(failure)") }
      codes[failure.code, default: 0] += 1
      // A frame that asks for more memory than there is may be whole: that isn't known.
      guard reader.kinds.contains(failure.kind) || failure.code == "zstd-needs-memory" else {
        throw Misbehaviour("it ends as \(failure.kind): \(failure.code): \(failure)")
      }
      guard let place = failure.place, !place.file.isEmpty else {
        throw Misbehaviour("no place is told: \(failure.code): \(failure)")
      }
      if place.offset != nil || place.line != nil {
        withOffset += 1
      } else if let codes = reader.codesWithoutOffset, !codes.contains(failure.code) {
        throw Misbehaviour("no offset is told: \(failure.code): \(failure)")
      }
    }
  }

  /// The most memory that this process has had, in bytes.
  private static var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  }
}

func say(_ text: String) { Terminal.write(text + "\n", to: Terminal.output) }

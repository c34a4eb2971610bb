// Feeds readers with malformed input. Each reader has a process of its own, so that one that crashes or hangs is told of
// by its name, the seed and the number of the case.
//
// Fuzzer list
// Fuzzer run [READER…] [--cases N] [--seed S] [--case K]     what `scripts/fuzz` and FuzzTests start
// Fuzzer cases READER SEED FIRST COUNT FOLDER                 what that starts
// Fuzzer bytes [FORM…] [--every N] [--drills N]                each byte of a backup flipped, each length cut

import Glibc
import Platform

do {
  try Supervisor.start()
  Interruption.install()
  let words = Array(CommandLine.arguments.dropFirst())
  var status: Int32 = 0
  switch words.first {
  case "list": for reader in FuzzedReader.all { say(reader.name) }
  case "run": status = try FuzzOrder(words.dropFirst()).run() ? 0 : 1
  case "bytes": status = try ByteOrder(words.dropFirst()).run() ? 0 : 1
  case "sweep" where words.count == 4:
    status = try ByteOrder.sweep(words[1], every: Int(words[2]) ?? 1, in: words[3]) ? 0 : 1
  case "cases" where words.count == 6:
    guard let reader = FuzzedReader.named(words[1]), let seed = UInt64(words[2]),
      let first = Int(words[3]), let count = Int(words[4])
    else { throw Misbehaviour("not understood: \(words)") }
    var fuzz = FuzzRun(
      reader, seed: seed, scratch: Scratch(path: words[5]),
      isSanitized: Environment["MONGODRILL_FUZZ_SANITIZED"] != nil)
    fuzz.tells = count == 1
    do { try fuzz.run(first..<first + count) } catch {
      Terminal.write("\(error)\n", to: Terminal.errorOutput)
      exit(3)
    }
    let milliseconds = Int(fuzz.slowest.seconds * 1000)
    say(
      "cases \(count) refused \(fuzz.refused) taken \(fuzz.accepted) slowest \(milliseconds) ms (case "
        + "\(fuzz.slowest.number)) memory \(fuzz.growth >> 20) MiB")
    if Environment["MONGODRILL_FUZZ_CODES"] != nil {
      for (code, count) in fuzz.codes.sorted(by: { $0.value > $1.value }) { say("  \(count) \(code)") }
    }
  default: throw Misbehaviour("usage: Fuzzer list | run [READER…] [--cases N] [--seed S] [--case K]")
  }
  Supervisor.shared.finish()
  exit(status)
} catch {
  Terminal.write("Fuzzer: \(error)\n", to: Terminal.errorOutput)
  Supervisor.shared.finish()
  exit(64)
}

import Glibc
package import Platform

/// The test harness `Holder`, started in a process of its own.
package struct HolderProcess {
  package let child: Child
  /// What it printed before `ready`, as `key value`.
  package let facts: [String: String]
  private let output: String

  /// Starts it with `arguments` and waits until it is ready; its output goes to a file in `folder`.
  package init(_ arguments: [String], in folder: String) throws {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    let this = String(decoding: path[..<max(0, length)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let holder = Files.join(Files.folder(of: this), "Holder")
    output = Files.join(folder, "holder.out")
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    // Left open: at its end the holder would end too.
    child = try Supervisor.shared.spawn(
      ChildSpec(
        [holder] + arguments, input: .descriptor(ends[0]), output: .file(output), errorOutput: .file(output)))
    close(ends[0])
    let output = output
    let child = child
    let isReady = eventually(for: 60) { !child.isAlive || HolderProcess.lines(output).contains("ready") }
    guard isReady, child.isAlive else {
      throw Failure(.internal, "no-holder", "the holder is not ready: \(HolderProcess.lines(output))")
    }
    facts = HolderProcess.lines(output).reduce(into: [:]) { facts, line in
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2 { facts[String(words[0])] = String(words[1]) }
    }
  }

  /// A process id that it printed.
  package func pid(_ key: String) throws(Failure) -> Int32 {
    guard let pid = facts[key].flatMap({ Int32($0) }) else {
      throw Failure(.internal, "no-holder", "the holder didn't tell its \(key)")
    }
    return pid
  }

  /// What it has printed until now.
  package var lines: [String] { HolderProcess.lines(output) }

  private static func lines(_ path: String) -> [String] {
    ((try? Files.text(of: path)) ?? "").split(separator: "\n").map(String.init)
  }
}

/// Waits until something holds, for a minute at most unless said: longer than a busy machine takes.
package func eventually(for seconds: Double = 60, _ condition: () -> Bool) -> Bool {
  let end = Clock.monotonic + seconds
  // What takes long is asked for less and less often: it is work, too.
  var rest: UInt32 = 5000
  while Clock.monotonic < end {
    if condition() { return true }
    usleep(rest)
    rest = min(rest + rest / 5, 50_000)
  }
  return condition()
}

/// Whether something holds in one of some tries: for an upper bound, which a busy machine misses once and a wrong program
/// each time.
package func holdsOnce(of tries: Int = 3, _ body: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<tries where try body() { return true }
  return false
}

/// Whether a process lives; a zombie doesn't.
package func isAlive(_ pid: Int32) -> Bool {
  guard let stat = try? Files.text(of: "/proc/\(pid)/stat") else { return false }
  return stat[stat.index(after: stat.lastIndex(of: ")")!)...].dropFirst().first != "Z"
}

/// A folder for one test, gone when it ends.
package func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = "/tmp/mongodrill-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  try Supervisor.shared.removeAtEnd(folder)
  try Files.createFolder(folder)
  defer { try? Supervisor.shared.remove(folder) }
  return try body(folder)
}

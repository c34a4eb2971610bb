import Platform

/// Whether a process has a handler for a signal: before that, the signal ends it.
package func catches(_ signal: Int32, _ pid: Int32) -> Bool { signals("SigCgt", of: pid).contains(signal) }

/// Whether a signal was sent to a process that it hasn't taken yet; another of the same number would be lost.
package func isPending(_ signal: Int32, _ pid: Int32) -> Bool {
  signals("SigPnd", of: pid).contains(signal) || signals("ShdPnd", of: pid).contains(signal)
}

/// The signals of one line of `/proc/PID/status`; none when the process is gone.
private func signals(_ key: String, of pid: Int32) -> [Int32] {
  let lines = ((try? Files.text(of: "/proc/\(pid)/status")) ?? "").split(separator: "\n")
  let digits = lines.first { $0.hasPrefix("\(key):") }?.split(separator: "\t").last
  let mask = digits.flatMap { UInt64($0, radix: 16) } ?? 0
  return (1...64).filter { mask >> UInt64($0 - 1) & 1 == 1 }
}

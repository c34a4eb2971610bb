internal import CSpawn
internal import Glibc

/// The machine that this runs on, as far as this process may use it.
package enum Machine {
  /// Cores that this process may use, at least 1: by its affinity and its cgroup's quota, rounded up.
  package static var cores: Int {
    var cores = allowedCores ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    for limit in ControlGroups.current.compactMap(\.cpuLimit) { cores = min(cores, Int(limit.rounded(.up))) }
    return max(1, cores)
  }

  /// The number of cores in the affinity mask, which the kernel shows as `0-1,4`.
  private static var allowedCores: Int? {
    guard let status = try? Files.text(of: "/proc/self/status", limit: 65_536),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") })
    else { return nil }
    var count = 0
    for range in line.dropFirst("Cpus_allowed_list:".count).split(separator: ",") {
      let bounds = range.split { $0 == "-" || $0 == "\t" || $0 == " " }.compactMap { Int($0) }
      guard let first = bounds.first, let last = bounds.last, last >= first else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  /// Bytes of memory that this process may use: the machine's, or its cgroup's limit when that is less.
  package static var memory: Int {
    let physical = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    return ControlGroups.current.compactMap(\.memoryLimit).reduce(physical, min)
  }

  /// Bytes of memory that could be taken now without driving others out, `memory` at most.
  package static var availableMemory: Int {
    let limit = memory
    guard let text = try? Files.text(of: "/proc/meminfo", limit: 65_536),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return limit }
    return min(limit, kibibytes << 10)
  }

  /// Its name.
  package static var hostname: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// `Debian GNU/Linux 12 (bookworm)`, or `Linux` when it doesn't say.
  package static var operatingSystem: String {
    for file in ["/etc/os-release", "/usr/lib/os-release"] {
      guard let text = try? Files.text(of: file, limit: 65_536) else { continue }
      for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
        let value = line.dropFirst("PRETTY_NAME=".count)
        let name = value.filter { $0 != "\"" && $0 != "'" }
        if !name.isEmpty { return name }
      }
    }
    return "Linux"
  }

  /// The kernel's release, such as `6.1.0-18-amd64`.
  package static var kernel: String {
    let text = try? Files.text(of: "/proc/sys/kernel/osrelease", limit: 4096)
    return text.map { String($0.prefix { $0 != "\n" }) } ?? "unknown"
  }

  /// `x86_64` or `aarch64`.
  package static var architecture: String {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "aarch64"
    #else
      "unknown"
    #endif
  }

}

/// One control group that bounds a process.
struct ControlGroups {
  /// Cores, as a fraction; nil without a bound.
  var cpuLimit: Double?
  /// Bytes; nil without a bound.
  var memoryLimit: Int?

  /// The groups of this process with all their ancestors (any of them may set a limit), v1 and v2.
  static var current: [ControlGroups] {
    guard let text = try? Files.text(of: "/proc/self/cgroup", limit: 65_536) else { return [] }
    return groups(of: text, root: "/sys/fs/cgroup")
  }

  /// The groups that a `/proc/PID/cgroup` names, under `root`.
  static func groups(of text: String, root: String) -> [ControlGroups] {
    var groups: [ControlGroups] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      for folder in ancestors(of: String(fields[2])) {
        if controllers.isEmpty {
          // A container may mount its own group as the root; then the path leads nowhere and the root counts.
          groups.append(version2(root + folder))
        } else {
          if controllers.contains("memory") { groups.append(memory1(root + "/memory" + folder)) }
          if controllers.contains("cpu") {
            groups.append(cpu1(root + "/cpu" + folder))
            groups.append(cpu1(root + "/cpu,cpuacct" + folder))
          }
        }
      }
    }
    return groups
  }

  private static func ancestors(of path: String) -> [String] {
    var folders = [""]
    for name in path.split(separator: "/") where name != ".." {
      folders.append("\(folders.last ?? "")/\(name)")
    }
    return folders
  }

  private static func version2(_ folder: String) -> ControlGroups {
    var group = ControlGroups()
    group.memoryLimit = numbers(folder + "/memory.max").first
    let cpu = numbers(folder + "/cpu.max")
    if cpu.count == 2, cpu[1] > 0 { group.cpuLimit = Double(cpu[0]) / Double(cpu[1]) }
    return group
  }

  private static func memory1(_ folder: String) -> ControlGroups {
    ControlGroups(memoryLimit: numbers(folder + "/memory.limit_in_bytes").first)
  }

  private static func cpu1(_ folder: String) -> ControlGroups {
    guard let quota = numbers(folder + "/cpu.cfs_quota_us").first, quota > 0,
      let period = numbers(folder + "/cpu.cfs_period_us").first, period > 0
    else { return ControlGroups() }
    return ControlGroups(cpuLimit: Double(quota) / Double(period))
  }

  /// The numbers of a file's line; none when it starts with `max` or isn't there.
  private static func numbers(_ file: String) -> [Int] {
    guard let text = try? Files.text(of: file, limit: 4096) else { return [] }
    let words = text.split { $0 == " " || $0 == "\n" }
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count ? numbers : []
  }
}

extension Machine {
  /// The id of its present start, by which a process number means something; nil where the kernel doesn't tell.
  package static var bootID: String? {
    let text = try? Files.text(of: "/proc/sys/kernel/random/boot_id", limit: 4096)
    return text.map { String($0.prefix { $0 != "\n" }) }
  }

  /// The number of this process.
  package static var processID: Int32 { getpid() }

  /// The path of the program that this process runs.
  package static var program: String? {
    try? Files.realPath("/proc/self/exe")
  }
}

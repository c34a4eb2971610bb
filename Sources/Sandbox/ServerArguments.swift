internal import Platform

/// What a throwaway mongod is started with: all that makes it safe, quiet and quick, in one table.
enum ServerArguments {
  /// One argument and the versions that know it.
  private struct Argument {
    var words: [String]
    /// The first version that has it, and the first that no longer does.
    var since = Version(4, 2)
    var before: Version?
  }

  /// An argument that all versions know.
  private static func option(_ words: String...) -> Argument { Argument(words: words) }
  private static func parameter(_ name: String, _ value: some CustomStringConvertible) -> Argument {
    Argument(words: ["--setParameter", "\(name)=\(value)"])
  }

  /// Tried with 6.0.5. What 7.0 and 8.0 take is from their documentation, untested.
  static func all(version: Version, folder: String, socket: String, memory: ServerMemory) -> [String] {
    let table = [
      option("--dbpath", folder),
      // One Unix socket and no port. Without --nounixsocket mongod takes the socket of port 27017 over as well.
      option("--nounixsocket"),
      option("--bind_ip", socket),
      option("--filePermissions", "0600"),
      // Nothing ages out between restore and check.
      parameter("ttlMonitorEnabled", false),
      // No sessions collection appears by itself, and neither sessions nor cursors end under a long check.
      parameter("disableLogicalSessionCacheRefresh", true),
      parameter("localLogicalSessionTimeoutMinutes", 1440),
      parameter("cursorTimeoutMillis", 86_400_000),
      // Diagnostics that nobody will read.
      parameter("diagnosticDataCollectionEnabled", false),
      option("--slowms", "2147483647"),
      option("--slowOpSampleRate", "0"),
      option("--quiet"),
      Argument(words: ["--enableFreeMonitoring", "off"], before: Version(7, 0)),
      option("--wiredTigerCacheSizeGB", Decimals.format(Double(memory.cacheBytes) / 1_073_741_824, 3)),
      // Indexes are built several at a time; each of them may take this much to sort in.
      Argument(words: ["--setParameter", "maxNumActiveUserIndexBuilds=32"], since: Version(4, 4)),
      parameter("maxIndexBuildMemoryUsageMegabytes", memory.indexBuildBytes >> 20),
    ]
    return table.filter { $0.since <= version && $0.before.map { version < $0 } ?? true }.flatMap(\.words)
  }

  /// The environment that mongod runs in: a locale that isn't installed would keep it from starting.
  static var environment: [String: String] {
    var environment = Environment.all.filter { name, _ in
      ["PATH", "HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH"].contains(name)
    }
    environment["LC_ALL"] = "C"
    return environment
  }
}

/// How much memory a sandbox may take.
struct ServerMemory {
  /// WiredTiger's cache.
  var cacheBytes: Int
  /// For each index build.
  var indexBuildBytes: Int

  /// Half of what is left after 1 GiB for all else, as mongod reckons, but of the memory that is available, so
  /// that a busy machine isn't driven out of it.
  init(cacheBytes: Int?, available: Int) {
    let gibibyte = 1 << 30
    self.cacheBytes = max(256 << 20, cacheBytes ?? (available - gibibyte) / 2)
    indexBuildBytes = min(512 << 20, max(50 << 20, (available - self.cacheBytes) / 8))
  }
}

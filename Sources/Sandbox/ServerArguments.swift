internal import Facts
internal import Platform

/// What a throwaway mongod is started with: all that makes it safe, quiet and quick, in one table.
enum ServerArguments {
  /// One argument and the versions that know it.
  private struct Argument {
    var words: [String]
    /// What tells which versions know it; nil when all do.
    var trait: ServerTrait?
  }

  /// An argument that all versions know.
  private static func option(_ words: String...) -> Argument { Argument(words: words) }
  private static func parameter(_ name: String, _ value: some CustomStringConvertible) -> Argument {
    Argument(words: ["--setParameter", "\(name)=\(value)"])
  }

  static func all(version: ServerVersion, folder: String, at address: Server.Address, memory: ServerMemory)
    -> [String]
  {
    let table = [
      option("--dbpath", folder),
      // Without it mongod takes the default socket of its port over as well.
      option("--nounixsocket"),
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
      option("--wiredTigerCacheSizeGB", Decimals.format(Double(memory.cacheBytes) / 1_073_741_824, 3)),
      // Indexes are built several at a time; each of them may take this much to sort in.
      Argument(words: ["--setParameter", "maxNumActiveUserIndexBuilds=32"], trait: .indexBuildLimit),
      parameter("maxIndexBuildMemoryUsageMegabytes", memory.indexBuildBytes >> 20),
    ]
    return (listening(at: address) + table).filter { $0.trait?.holds(for: version) ?? true }.flatMap(\.words)
  }

  /// Bytes of oplog that a member keeps, in MB: hours of an application's tests, minutes of the hardest writing.
  private static let oplogMegabytes = 1024

  private static func listening(at address: Server.Address) -> [Argument] {
    switch address {
    // One Unix socket and no port.
    case .socket(let path): [option("--bind_ip", path), option("--filePermissions", "0600")]
    case .port(let number, let membership):
      [
        option("--bind_ip", "127.0.0.1"), option("--port", "\(number)"),
        option("--replSet", membership.setName), option("--keyFile", membership.keyFile),
        // Else whoever connects first may make themselves a user: the data of a backup mostly has none in `admin`.
        parameter("enableLocalhostAuthBypass", false),
        option("--oplogSize", "\(oplogMegabytes)"),
      ]
    }
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

  /// The least that WiredTiger takes.
  private static let smallestCache = 256 << 20

  /// The same for each of several servers, which share it.
  func divided(by count: Int) -> ServerMemory {
    var part = self
    part.cacheBytes = max(Self.smallestCache, cacheBytes / count)
    part.indexBuildBytes = max(50 << 20, indexBuildBytes / count)
    return part
  }

  /// Half of what is left after 1 GiB for all else, as mongod reckons, but of the memory that is available, so
  /// that a busy machine isn't driven out of it.
  init(cacheBytes: Int?, available: Int) {
    let gibibyte = 1 << 30
    self.cacheBytes = max(Self.smallestCache, cacheBytes ?? (available - gibibyte) / 2)
    indexBuildBytes = min(512 << 20, max(50 << 20, (available - self.cacheBytes) / 8))
  }
}

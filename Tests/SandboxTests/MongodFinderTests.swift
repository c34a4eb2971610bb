import Facts
import Platform
import Sandbox
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct MongodFinderTests {
  /// A folder with servers of several versions in PATH and in the cache, and the environment that leads to them.
  private func withServers(_ body: (_ folder: String, _ environment: [String: String]) throws -> Void) throws
  {
    try withFolder { folder in
      for (path, version) in [
        ("bin1/mongod", "5.0.9"), ("bin2/mongod", "6.0.14"),
        ("cache/mongodrill/mongod/mongod-6.0.5", "6.0.5"),
        ("cache/mongodrill/mongod/mongod-7.0.2", "7.0.2"), ("other/server", "4.4.1"),
      ] {
        try Files.createFolder(Files.folder(of: Files.join(folder, path)), parents: true)
        _ = try script("echo 'db version v\(version)'", at: Files.join(folder, path))
      }
      try body(
        folder,
        ["PATH": "\(folder)/bin1:\(folder)/bin2", "XDG_CACHE_HOME": folder + "/cache", "HOME": "/nowhere"])
    }
  }

  @Test("looks in the option, the environment, PATH and the cache, in this order") func order() throws {
    try withServers { folder, environment in
      let named = environment.merging(["MONGODRILL_MONGOD": folder + "/other/server"]) { $1 }
      func found(_ value: String?, _ environment: [String: String]) -> String {
        guard let program = try? MongodFinder(value, environment: environment).find() else { return "none" }
        return "\(program.version) \(program.source.rawValue)"
      }
      #expect(found(folder + "/bin2/mongod", named) == "6.0.14 --mongod")
      #expect(found(nil, named) == "4.4.1 MONGODRILL_MONGOD")
      #expect(found(nil, environment) == "5.0.9 PATH")
      let cacheAlone = environment.merging(["PATH": "/nowhere"]) { $1 }
      #expect(found(nil, cacheAlone) == "7.0.2 cache")
      #expect(found(">=6.0 <7", named) == "6.0.14 PATH")
      #expect(found("6.0.5", named) == "6.0.5 cache")
      #expect(found(">= 7", named) == "7.0.2 cache")
    }
  }

  @Test("says why each was passed over") func passedOver() throws {
    try withServers { folder, environment in
      let candidates = MongodFinder(">=6.0 <7", environment: environment).candidates()
      #expect(
        candidates.map(\.reason) == [
          "version 5.0.9 is not >=6.0 <7", nil, "version 7.0.2 is not >=6.0 <7", nil,
        ])
      #expect(candidates.map(\.source) == [.path, .path, .cache, .cache])
      let failure = failure { _ = try MongodFinder(">8", environment: environment).find() }
      #expect(failure?.kind == .noServer && failure?.code == "no-mongod")
      #expect(failure?.message == "no mongod of version >8 is found")
      #expect(failure?.hint?.contains("scripts/setup") == true)
    }
  }

  @Test(
    "doesn't let another stand in for one that was named",
    arguments: [
      ("exit 127", "exit status 127"), ("echo hello", "what it says to --version is not a mongod's"),
      ("echo 'libcurl.so.4: cannot open shared object file' >&2; exit 127", "libcurl.so.4"),
    ])
  func named(text: String, reason: String) throws {
    try withServers { folder, environment in
      let broken = try script(text, at: folder + "/broken")
      for finder in [
        MongodFinder(broken, environment: environment),
        MongodFinder(nil, environment: environment.merging(["MONGODRILL_MONGOD": broken]) { $1 }),
      ] {
        let failure = failure { _ = try finder.find() }
        #expect(failure?.kind == .noServer && failure?.code == "mongod-not-usable")
        #expect(failure?.cause?.contains(reason) == true)
      }
      #expect(
        failure { _ = try MongodFinder(folder + "/none", environment: environment).find() }?.cause
          == "there is no such file")
    }
  }

  @Test("none at all: says how to get one") func none() {
    let finder = MongodFinder(nil, environment: ["PATH": "/nowhere", "XDG_CACHE_HOME": "/nowhere"])
    #expect(failure { _ = try finder.find() }?.description == "no mongod is found")
    #expect(finder.candidates().isEmpty)
  }

  @Test("the real one tells its commit", .tags(.mongod)) func real() throws {
    let program = try MongodFinder().find()
    #expect(program.version >= ServerVersion(4, 2))
    #expect(program.gitVersion?.count == 40)
  }

  @Test(
    "orders versions and reads ranges",
    arguments: [
      (">=6.0 <7", "6.0.5", true), (">=6.0 <7", "7.0.0", false), (">=6.0, <7", "5.9.9", false),
      ("6.0", "6.0.27", true),
      ("6.0", "6.1.0", false), ("6", "6.3.2", true), ("=6.0.5", "6.0.5", true), ("<=6.0.5", "6.0.6", false),
      (">6.0.5", "6.0.5", false), ("v6.0.5", "6.0.5-rc1", true), ("> 5", "5.0.1", true),
    ])
  func ranges(range: String, version: String, isIn: Bool) throws {
    #expect(try #require(VersionRange(range)).contains(try #require(ServerVersion(version))) == isIn)
  }

  @Test(
    "what is no range is a path or a name",
    arguments: ["mongod", "", "6.x", ">=", "<7 mongod", "6.0.5.1", "~6"])
  func noRanges(text: String) { #expect(VersionRange(text) == nil) }
}

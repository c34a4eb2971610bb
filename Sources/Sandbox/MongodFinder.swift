package import Facts
package import Platform

/// A `mongod` that can be run here.
package struct MongodProgram: Sendable, Hashable {
  /// Where it was found.
  package enum Source: String, Sendable, Hashable {
    case option = "--mongod"
    case environment = "MONGODRILL_MONGOD"
    case path = "PATH"
    case cache
  }

  /// Its absolute path.
  package var path: String
  package var version: ServerVersion
  /// The commit that it was built from, where it says so.
  package var gitVersion: String?
  /// Such as `enterprise`; mostly empty.
  package var modules: [String]
  package var source: Source
}

/// Finds a `mongod`: what `--mongod` says, else `MONGODRILL_MONGOD`, else those in `PATH`, else those in the cache.
///
/// `--mongod` may be a path, a program's name or a range of versions (`>=6.0 <7`), which the ones found otherwise
/// are then picked by. Each candidate is run with `--version` before it is believed.
package struct MongodFinder: Sendable {
  /// One place that was looked at.
  package struct Candidate: Sendable, Hashable {
    package var path: String
    package var source: MongodProgram.Source
    /// What it is, nil when it can't be run.
    package var program: MongodProgram?
    /// Why it was passed over, nil when it will do.
    package var reason: String?
  }

  private let path: String?
  private let range: VersionRange?
  private let environment: [String: String]

  /// `value` is what `--mongod` or the scenario says.
  package init(_ value: String? = nil, environment: [String: String] = Environment.all) {
    range = value.flatMap { $0.contains("/") ? nil : VersionRange($0) }
    path = range == nil ? value : nil
    self.environment = environment
  }

  /// How the hint ends for whoever found none, but for `doctor`, which would send to itself.
  package static let referral = "; `mongodrill doctor` says what was looked at."

  /// The folder that downloaded servers lie in.
  package var cacheFolder: String {
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? Files.join(environment["HOME"] ?? "/", ".cache")
    return Files.join(base, "mongodrill/mongod")
  }

  /// The first that will do. Failures are of kind `noServer`: `no-mongod`, `mongod-not-usable`.
  package func find() throws(Failure) -> MongodProgram {
    var passedOver: [Candidate] = []
    for (path, source) in places {
      let candidate = look(at: path, source)
      if let program = candidate.program, candidate.reason == nil { return program }
      // One that somebody named is meant: another must not stand in for it.
      if source == .option || source == .environment && range == nil { throw .mongodNotUsable(candidate) }
      passedOver.append(candidate)
    }
    throw .noMongod(range, passedOver)
  }

  /// All places, in order, each with what was found there; for `doctor`.
  package func candidates() -> [Candidate] { places.map { look(at: $0, $1) } }

  private var places: [(String, MongodProgram.Source)] {
    let searched = environment["PATH"] ?? ""
    func located(_ name: String) -> String { Programs.find(name, path: searched) ?? name }
    if let path { return [(located(path), .option)] }
    var places: [(String, MongodProgram.Source)] = []
    if let path = environment["MONGODRILL_MONGOD"], !path.isEmpty {
      places.append((located(path), .environment))
    }
    places += Programs.all("mongod", path: searched).map { ($0, .path) }
    // `mongod-6.0.5` and the like, the newest first.
    let cached = ((try? Files.names(in: cacheFolder)) ?? []).compactMap { name -> (String, ServerVersion)? in
      guard name.hasPrefix("mongod-"), let version = ServerVersion(name.dropFirst("mongod-".count)) else {
        return nil
      }
      return (Files.join(cacheFolder, name), version)
    }
    places += cached.sorted { $0.1 > $1.1 }.map { ($0.0, .cache) }
    return places
  }

  private func look(at path: String, _ source: MongodProgram.Source) -> Candidate {
    var candidate = Candidate(path: path, source: source)
    do throws(Failure) {
      guard Files.exists(path) else {
        candidate.reason = "there is no such file"
        return candidate
      }
      let run = try Supervisor.shared.capture(
        ChildSpec([path, "--version"], environment: ServerArguments.environment), limit: 65_536, timeout: 20)
      guard run.status == .exited(0), !run.isTimedOut else {
        let words = run.errorOutput.text.split(separator: "\n").first.map { ": \($0)" } ?? ""
        candidate.reason = (run.isTimedOut ? "it doesn't answer --version" : "\(run.status)") + words
        return candidate
      }
      candidate.program = MongodProgram(version: run.output.text, path: path, source: source)
      if candidate.program == nil { candidate.reason = "what it says to --version is not a mongod's" }
    } catch {
      candidate.reason = error.description
    }
    if let range, let version = candidate.program?.version, !range.contains(version) {
      candidate.reason = "version \(version) is not \(range)"
    }
    return candidate
  }
}

extension MongodProgram {
  /// From what `mongod --version` prints: `db version v6.0.5`, then `Build Info: { … }`.
  init?(version text: String, path: String, source: Source) {
    let lines = text.split(separator: "\n")
    let prefix = "db version "
    guard let line = lines.first(where: { $0.hasPrefix(prefix) }),
      let version = ServerVersion(line.dropFirst(prefix.count).prefix { $0 != " " })
    else { return nil }
    self.init(path: path, version: version, gitVersion: nil, modules: [], source: source)
    // The object's brace stands on the line of its title.
    guard let start = lines.firstIndex(where: { $0.hasPrefix("Build Info: {") }) else { return }
    let information = try? JSON.parse("{" + lines[(start + 1)...].joined(separator: "\n"))
    if case .some(.string(let commit)) = information?["gitVersion"] { gitVersion = commit }
    if case .some(.array(let names)) = information?["modules"] {
      for case .string(let name) in names { modules.append(name) }
    }
  }
}

extension Failure {
  private static let getOne =
    "Install MongoDB's own package (mongodb-org-server), name one by --mongod or MONGODRILL_MONGOD, or run "
    + "scripts/setup" + MongodFinder.referral

  static func noMongod(_ range: VersionRange?, _ passedOver: [MongodFinder.Candidate]) -> Failure {
    let words = passedOver.map { "\($0.path): \($0.reason ?? "")" }.joined(separator: "; ")
    return Failure(
      .noServer, "no-mongod", range.map { "no mongod of version \($0) is found" } ?? "no mongod is found",
      hint: getOne, cause: words.isEmpty ? nil : words)
  }

  static func mongodNotUsable(_ candidate: MongodFinder.Candidate) -> Failure {
    let isMissing = candidate.reason?.contains("cannot open shared object file") == true
    return Failure(
      .noServer, "mongod-not-usable",
      "\(candidate.path), named by \(candidate.source.rawValue), is no mongod that can be run",
      hint: isMissing ? "Install the library that it lacks (libcurl4, for one)." : getOne,
      cause: candidate.reason)
  }
}

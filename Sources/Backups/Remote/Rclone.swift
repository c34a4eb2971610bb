package import Platform

/// The program rclone, run for one fetch: it knows the remotes, their protocols and their credentials.
struct Rclone: Sendable {
  /// What is read from: in messages.
  let address: String
  /// Where it runs.
  private let folder: String?
  /// Where its output goes.
  private let notes: String
  private let program: String
  private let environment: [String: String]

  /// How often it is looked whether it is to be ended, in seconds.
  private static let patience = 0.2
  /// How many lines of its error output a failure quotes, out of how many bytes.
  private static let quotedLines = 3
  private static let keptErrors = 8 << 10
  /// The largest listing that is read, in bytes: some two million files.
  private static let largestListing = 512 << 20

  /// Settings that would leave files out, skip comparisons, or show what has to stay hidden.
  private static let unwanted: Set<String> = [
    "RCLONE_FILTER", "RCLONE_FILTER_FROM", "RCLONE_INCLUDE", "RCLONE_INCLUDE_FROM", "RCLONE_EXCLUDE",
    "RCLONE_EXCLUDE_FROM", "RCLONE_EXCLUDE_IF_PRESENT", "RCLONE_FILES_FROM", "RCLONE_FILES_FROM_RAW",
    "RCLONE_MIN_SIZE", "RCLONE_MAX_SIZE", "RCLONE_MIN_AGE", "RCLONE_MAX_AGE", "RCLONE_MAX_DEPTH",
    "RCLONE_MAX_TRANSFER", "RCLONE_MAX_DURATION", "RCLONE_DRY_RUN", "RCLONE_INTERACTIVE",
    "RCLONE_IGNORE_CHECKSUM", "RCLONE_IGNORE_SIZE", "RCLONE_IGNORE_EXISTING", "RCLONE_IGNORE_ERRORS",
    "RCLONE_COMPARE_DEST", "RCLONE_COPY_DEST", "RCLONE_DUMP", "RCLONE_DUMP_HEADERS", "RCLONE_DUMP_BODIES",
    "RCLONE_VERBOSE", "RCLONE_LOG_LEVEL", "RCLONE_LOG_FILE", "RCLONE_USE_JSON_LOG", "RCLONE_PROGRESS",
    "RCLONE_STATS",
  ]

  /// `folder` is where it runs, `notes` a folder for its output. Throws `Failure` when there is no rclone.
  init(_ address: String, folder: String?, notes: String) throws(Failure) {
    var variables = Environment.all.filter { !Rclone.unwanted.contains($0.key) }
    guard let program = Programs.find("rclone", path: variables["PATH"]) else { throw .noRclone(address) }
    // Where it runs is the scenario's folder; the variable means this process's.
    if let config = variables["RCLONE_CONFIG"], !config.isEmpty, !config.hasPrefix("/"),
      let here = try? Files.realPath(".")
    {
      variables["RCLONE_CONFIG"] = Files.join(here, config)
    }
    self.address = address
    self.program = program
    self.notes = notes
    self.folder = try folder.map { path throws(Failure) in try Files.realPath(path) }
    environment = variables
  }

  /// Runs it to its end and returns its output. `watch` is called now and then: what it throws ends rclone.
  /// With `ignoringInterruption` a signal to stop doesn't wake it.
  func run(
    _ words: [String], _ operands: [String], ignoringInterruption: Bool = false,
    watch: () throws(Failure) -> Void
  ) throws(Failure) -> [UInt8] {
    let output = Files.join(notes, "rclone.out")
    let errors = Files.join(notes, "rclone.err")
    try Files.removeTree(output)
    try Files.removeTree(errors)
    let child = try Supervisor.shared.spawn(
      ChildSpec(
        [program] + words + ["--ask-password=false", "--"] + operands, environment: environment,
        workingDirectory: folder, output: .file(output), errorOutput: .file(errors)))
    var ended: ExitStatus?
    do throws(Failure) {
      while ended == nil {
        try watch()
        ended = child.wait(timeout: Self.patience, wakingOnInterruption: !ignoringInterruption)
      }
    } catch {
      child.kill()
      throw error
    }
    guard ended == .exited(0) else {
      throw failure(ended ?? .signaled(9), saying: Files.end(of: errors, bytes: Self.keptErrors))
    }
    try requireNothingLeftOut(errors)
    return try Files.read(output, limit: Self.largestListing)
  }

  /// It ends well where it passes symbolic links over, and says so on its error output alone.
  private func requireNothingLeftOut(_ errors: String) throws(Failure) {
    let text = try Files.text(of: errors, limit: Self.largestListing)
    let left = text.split(whereSeparator: \.isNewline).filter { $0.contains("Can't follow symlink") }
    guard let first = left.first else { return }
    throw .fetchLeftLinks(
      address, count: left.count, saying: Secrets(of: environment).masked(String(Self.withoutTime(first))))
  }

  /// What its end means; the exit statuses are those of rclone's manual ("Exit code").
  private func failure(_ status: ExitStatus, saying bytes: [UInt8]) -> Failure {
    let text = Secrets(of: environment).masked(String(decoding: bytes, as: UTF8.self))
    let lines = text.split(whereSeparator: \.isNewline).map(Self.withoutTime)
      .filter { line in line.contains { !$0.isWhitespace } && !line.hasPrefix("NOTICE:") }
    let complaint = lines.suffix(Self.quotedLines).joined(separator: "; ")
    if status == .exited(3) || status == .exited(4) { return .nothingRemote(address, saying: complaint) }
    if complaint.contains("corrupted on transfer") { return .fetchedCorrupt(address, saying: complaint) }
    return .fetchFailed(address, status, saying: complaint)
  }

  /// A line of rclone's log without its date and time.
  private static func withoutTime(_ line: Substring) -> Substring {
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0].utf8.count == 10, words[0].contains("/"), words[1].contains(":") else {
      return line
    }
    return words[2]
  }
}

extension Failure {
  /// There is no program to fetch with.
  package static func noRclone(_ address: String) -> Failure {
    Failure(
      .incomplete, "no-rclone", "rclone is not found, which fetches \(address)",
      hint:
        "Install it: `apt-get install rclone`, or see https://rclone.org/install/. It is looked for in PATH.")
  }

  static func fetchLeftLinks(_ address: String, count: Int, saying complaint: String) -> Failure {
    Failure(
      .damagedBackup, "fetch-left-links",
      "\(count) of its files \(count == 1 ? "is a symbolic link" : "are symbolic links"), which rclone leaves out",
      at: Place(address), hint: "Store the files themselves: part of the backup may be missing.",
      cause: complaint)
  }

  static func remoteSlow(_ address: String, seconds: Double) -> Failure {
    Failure(
      .incomplete, "remote-slow", "rclone did not come to its end in \(TimeSpan.format(seconds))",
      at: Place(address))
  }

  static func nothingRemote(_ address: String, saying complaint: String?) -> Failure {
    Failure(
      .backupNotFound, "nothing-to-fetch", "there is nothing to fetch", at: Place(address),
      hint: "`rclone lsf` of it shows what rclone sees.", cause: complaint)
  }

  static func fetchFailed(_ address: String, _ status: ExitStatus, saying complaint: String) -> Failure {
    Failure(
      .incomplete, "fetch-failed", "rclone ended with \(status)", at: Place(address),
      hint:
        "Run `rclone lsf` of it, in the scenario's folder and with the same environment: are the remote and its "
        + "credentials right?",
      cause: complaint.isEmpty ? nil : complaint)
  }

  static func fetchedCorrupt(_ address: String, saying complaint: String) -> Failure {
    Failure(
      .damagedBackup, "fetch-corrupt", "what arrives is not what was stored, by its checksum",
      at: Place(address),
      hint: "The object is damaged in the store, or on the way each time: compare it with another copy.",
      cause: complaint)
  }
}

import BSON
import Backups
import Commands
import Facts
import Glibc
import Platform

/// A small backup in one of its forms, of which each byte is changed in turn.
struct SmallBackup: Sendable {
  let name: String
  /// What is copied of `Tests/Fixtures/small`, and where changes are made in it.
  var parts: [String]
  var changed: String
  /// The backup, the slices and the target, as `verify` takes them.
  var backup: String
  var slices: String?
  var witness = "dumped.json"
  /// A real store of PBM is larger: of its bytes one in so many is changed.
  var stride = 1

  static let all = [
    SmallBackup(name: "dump directory", parts: ["dump"], changed: "dump", backup: "dump"),
    SmallBackup(
      name: "dump directory, gzip", parts: ["dump-gzip"], changed: "dump-gzip", backup: "dump-gzip"),
    SmallBackup(name: "archive", parts: ["x.archive"], changed: "x.archive", backup: "x.archive"),
    SmallBackup(
      name: "archive, gzip", parts: ["x.archive.gz"], changed: "x.archive.gz", backup: "x.archive.gz"),
    SmallBackup(
      name: "slices", parts: ["dump", "slices"], changed: "slices", backup: "dump", slices: "slices",
      witness: "ended.json"),
    SmallBackup(name: "PBM store", parts: ["store"], changed: "store", backup: "store", stride: 997),
  ]
}

/// One byte flipped, or a file cut.
struct ByteChange: Sendable {
  enum Kind: String, CaseIterable { case flip, cut }
  var file: String
  var kind: Kind
  /// Which byte, or how many bytes are left.
  var offset: Int

  func applied(to bytes: [UInt8]) -> [UInt8] {
    switch kind {
    case .cut: return Array(bytes.prefix(offset))
    case .flip:
      var bytes = bytes
      bytes[offset] ^= 1 << (offset & 7)
      return bytes
    }
  }
}

/// Changes a backup byte by byte, and has `verify` look at it each time.
struct ByteSweep {
  /// What became of the changes of one kind.
  struct Count {
    var tried = 0
    var noticed = 0
    /// Nothing that is read of the backup is another: the time in a gzip header, a blank in a text.
    var harmless = 0
    /// Of the others, those that a sidecar with SHA-256 of the files gives away.
    var noticedBySidecar = 0
    var missed: [ByteChange] = []
    /// By their exit status, those that `verify` ended otherwise.
    var odd: [Int32: [ByteChange]] = [:]
  }

  let form: SmallBackup
  let scratch: Scratch
  /// One change in so many is tried.
  let every: Int
  private(set) var counts: [ByteChange.Kind: Count] = [:]
  private(set) var bytes = 0
  private let output: Int32

  init(_ form: SmallBackup, every: Int, scratch: Scratch) throws {
    self.form = form
    self.scratch = scratch
    self.every = every
    try Self.lay(form, in: scratch["in"])
    output = open(scratch["output"], O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw Misbehaviour("\(scratch.path) can't be written to") }
  }

  /// Puts an unchanged copy in place.
  static func lay(_ form: SmallBackup, in folder: String) throws {
    try Files.createFolder(folder, parents: true)
    for part in form.parts + [
      "scenario.yaml", "dumped.json", "dumped.json.documents", "ended.json", "ended.json.documents",
    ] {
      if part == "store" {
        try runProgram("tar", "-xzf", Fixture.path("Tests/Fixtures/pbm/store.tar.gz"), "-C", folder)
      } else {
        try runProgram("cp", "-r", Fixture.path("Tests/Fixtures/small/\(part)"), folder)
      }
    }
  }

  mutating func run() throws {
    let place = Scratch(path: scratch["in"])
    let files =
      try Files.kind(of: place[form.changed]) == .file
      ? [form.changed] : Self.files(in: place.path, form.changed)
    guard try verify() == 0 else { throw Misbehaviour("\(form.name) is refused as it is: \(text)") }
    let whole = try fingerprint()
    var number = 0
    for file in files {
      let good = try Files.read(place[file])
      bytes += good.count
      for kind in ByteChange.Kind.allCases {
        for offset in good.indices {
          number += 1
          guard number.isMultiple(of: every * form.stride) else { continue }
          let change = ByteChange(file: file, kind: kind, offset: offset)
          try place.write(change.applied(to: good), to: file)
          try judge(change, whole)
          try place.write(good, to: file)
        }
      }
    }
  }

  private mutating func judge(_ change: ByteChange, _ whole: [UInt8]) throws {
    var count = counts[change.kind] ?? Count()
    defer { counts[change.kind] = count }
    count.tried += 1
    switch try verify() {
    case 65: count.noticed += 1
    case 0:
      if try fingerprint() == whole {
        count.harmless += 1
      } else {
        count.missed.append(change)
        if try isNoticedBySidecar() { count.noticedBySidecar += 1 }
      }
    case let status: count.odd[status, default: []].append(change)
    }
  }

  /// What `verify` ends with; what it says goes to a file.
  private func verify() throws -> Int32 {
    let kept = (dup(1), dup(2))
    ftruncate(output, 0)
    lseek(output, 0, SEEK_SET)
    dup2(output, 1)
    dup2(output, 2)
    defer {
      dup2(kept.0, 1)
      dup2(kept.1, 2)
      close(kept.0)
      close(kept.1)
    }
    var words = ["verify", scratch["in/\(form.backup)"], "--output", "json", "--progress", "none"]
    if let slices = form.slices { words += ["--oplog", scratch["in/\(slices)"], "--to", "1795301445:19"] }
    return Program.run(words)
  }

  private var text: String { (try? Files.text(of: scratch["output"])) ?? "" }

  /// All that is read of the backup: what it says of its collections, their documents, the oplog.
  private func fingerprint() throws -> [UInt8] {
    let backup = try openBackup(scratch["in/\(form.backup)"])
    var all: [UInt8] = []
    for collection in backup.collections {
      let facts = collection.facts
      all += "\(facts.namespace) \(facts.kind) \(String(describing: facts.uuid)) ".utf8
      all += facts.options.bytes
      for index in facts.indexes { all += index.document.bytes }
    }
    for (name, content) in try FuzzedReader.contents(of: backup).sorted(by: { $0.key < $1.key }) {
      all += name.utf8
      all += content
    }
    if backup.oplog != nil {
      let chain = try OplogChain.open(base: backup, slices: form.slices.map { [scratch["in/\($0)"]] } ?? [])
      let cursor = try chain.cursor(through: chain.coverage.end)
      while let entry = try cursor.next() { all += entry.operation.bytes }
    }
    return Array(SHA256.hex(of: all).utf8)
  }

  /// Whether `verify` notices when a sidecar holds the digests of the files as they were.
  private func isNoticedBySidecar() throws -> Bool {
    // Of slices nothing is compared: a sidecar is a backup's.
    guard form.slices == nil, form.name != "PBM store" else { return false }
    let original = Fixture.path("Tests/Fixtures/small/\(form.changed)")
    let isFile = Files.kind(of: original) == .file
    let names = try isFile ? [""] : Self.files(in: original, "")
    let members = try names.map { name in
      let path = isFile ? original : Files.join(original, name)
      let member = isFile ? Files.name(of: path) : name
      return JSON.Member(member, .string(SHA256.hex(of: try Files.read(path))))
    }
    let sidecar = isFile ? "in/\(form.backup).backup_metadata.json" : "in/\(form.backup)/backup_metadata.json"
    try scratch.write(JSON.object([JSON.Member("sha256", .object(members))]).text(), to: sidecar)
    defer { unlink(scratch[sidecar]) }
    return try verify() == 65
  }

  /// The files below a folder, by their paths from `root`.
  static func files(in root: String, _ folder: String) throws -> [String] {
    var files: [String] = []
    for name in try Files.names(in: folder.isEmpty ? root : Files.join(root, folder)).sorted() {
      let path = folder.isEmpty ? name : Files.join(folder, name)
      if Files.isDirectory(Files.join(root, path)) {
        files += try Self.files(in: root, path)
      } else {
        files.append(path)
      }
    }
    return files
  }
}

/// The drill of a backup with one change that `verify` doesn't notice.
struct ByteDrill {
  /// What the drill came to.
  enum Answer: String, CaseIterable {
    case refused, failedChecks, failedWitness
    /// The witness's digests among them: nothing that is restored is another.
    case passed
  }

  /// The program that drills: MONGODRILL_PROGRAM, or the one beside this.
  private static let program =
    Environment["MONGODRILL_PROGRAM"] ?? Files.join(Files.folder(of: FuzzOrder.program), "mongodrill")

  /// Restores the changed copy in `folder`, and asks its checks. The answer is nil when it is no answer: a crash, an end
  /// that says nothing of the backup, none in time; then `how` says which.
  static func run(_ form: SmallBackup, _ change: ByteChange, in folder: String) throws -> (
    answer: Answer?, how: String
  ) {
    try ByteSweep.lay(form, in: folder)
    let scratch = Scratch(path: folder)
    try scratch.write(change.applied(to: Files.read(scratch[change.file])), to: change.file)
    var scenario = try Files.text(of: scratch["scenario.yaml"])
    if form.slices != nil {
      scenario = scenario.split(separator: "replay: {to: dump-end}").joined(
        separator: "replay: {to: witness}")
      scenario += "oplog: [{path: slices}]\n"
      try scratch.write(scenario, to: "scenario.yaml")
    }
    let done = try Supervisor.shared.capture(
      ChildSpec(
        [
          program, "run", "scenario.yaml", "--param",
          "backup=\(form.backup)", "--param", "witness=\(form.witness)", "--progress", "none", "--report-dir",
          "reports",
        ], workingDirectory: folder), timeout: 120)
    let last = done.errorOutput.text.split(separator: "\n").last.map { ": \($0)" } ?? ""
    let how = done.isTimedOut ? "no end in two minutes" : "\(done.status)\(last)"
    let bad = failedChecks(in: scratch["reports"])
    switch (done.isTimedOut, done.status) {
    case (false, .exited(0)): return (.passed, how)
    // Data that can't be read (65), a definition that can't be (78).
    case (false, .exited(65)) where bad.isEmpty, (false, .exited(78)) where bad.isEmpty:
      return (.refused, how)
    case (false, .exited(65)), (false, .exited(78)),
      (false, .exited(1)) where !bad.isEmpty:
      return (bad.contains { $0["suite"] == "own" } ? .failedChecks : .failedWitness, how)
    default: return (nil, how)
    }
  }

  /// The checks of the one drill whose record lies there that failed; those without an answer aren't among them.
  private static func failedChecks(in reports: String) -> [JSON] {
    guard let run = try? Files.names(in: reports).first(where: { $0 != "chain.jsonl" }),
      let bytes = try? Files.read(Files.join(reports, "\(run)/report.json")),
      let record = try? JSON.parse(bytes), case .array(let checks)? = record["checks"]
    else { return [] }
    return checks.filter { $0["result"] == "fail" }
  }
}

/// Changes the forms of the small backup byte by byte, and draws the table of docs/reliability.md.
struct ByteOrder {
  private var forms = SmallBackup.all
  private var every = 1
  /// Of the changes that `verify` misses, as many are drilled in each form.
  private var drills = 0

  init(_ words: ArraySlice<String>) throws {
    var words = words
    var names: [String] = []
    while let word = words.popFirst() {
      switch word {
      case "--every": every = words.popFirst().flatMap { Int($0) } ?? 1
      case "--drills": drills = words.popFirst().flatMap { Int($0) } ?? 0
      default: names.append(word)
      }
    }
    if !names.isEmpty { forms = forms.filter { names.contains($0.name) } }
    guard !forms.isEmpty else { throw Misbehaviour("no form is called that") }
  }

  /// Sweeps one form, in this process: `verify` ends the supervisor, so that nothing can be started afterwards. What was
  /// missed goes to a file of the folder.
  static func sweep(_ name: String, every: Int, in folder: String) throws -> Bool {
    guard let form = SmallBackup.all.first(where: { $0.name == name }) else {
      throw Misbehaviour("no form \(name)")
    }
    let scratch = Scratch(path: folder)
    var sweep = try ByteSweep(form, every: every, scratch: scratch)
    try sweep.run()
    var missed = ""
    var isGood = true
    for kind in ByteChange.Kind.allCases {
      let count = sweep.counts[kind] ?? .init()
      let sidecar = form.slices == nil && form.stride == 1 ? "\(count.noticedBySidecar)" : "-"
      say(
        "| \(form.name) | \(sweep.bytes) | \(kind) | \(count.tried) | \(count.noticed) | \(count.harmless) | "
          + "\(count.missed.count) | \(sidecar) |")
      for (status, changes) in count.odd {
        isGood = false
        say("ended with \(status): \(changes.prefix(5).map { "\($0.file) \($0.kind) \($0.offset)" })")
      }
      for change in count.missed { missed += "\(kind) \(change.offset) \(change.file)\n" }
    }
    try scratch.write(missed, to: "missed")
    return isGood
  }

  /// False when a process died, when `verify` ended with something else than 0 and 65, or a drill with something that says
  /// nothing of the backup.
  func run() throws -> Bool {
    let folder = "/tmp/mongodrill-bytes-\(getpid())"
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    defer { try? Supervisor.shared.remove(folder) }
    var isGood = true
    say(
      "| form | bytes | change | tried | noticed by verify | changes nothing | missed by verify | of these by a sidecar |"
    )
    say("|---|---|---|---|---|---|---|---|")
    var missed: [(SmallBackup, ByteChange)] = []
    for (index, form) in forms.enumerated() {
      let place = "\(folder)/\(index)"
      let done = try Supervisor.shared.capture(
        ChildSpec([FuzzOrder.program, "sweep", form.name, "\(every)", place]), timeout: 7200)
      say(String(done.output.text.dropLast()))
      if done.status != .exited(0) {
        isGood = false
        say("\(form.name): FAILED: \(done.status) \(done.errorOutput.text)")
      }
      for line in try Files.text(of: "\(place)/missed").split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard let kind = ByteChange.Kind(rawValue: words[0]), let offset = Int(words[1]) else { continue }
        missed.append((form, ByteChange(file: words[2], kind: kind, offset: offset)))
        if Environment["MONGODRILL_FUZZ_CODES"] != nil { say("  missed: \(line)") }
      }
      try Files.removeTree(place)
    }
    if drills > 0, try !drill(missed, in: folder) { isGood = false }
    return isGood
  }

  private func drill(_ missed: [(SmallBackup, ByteChange)], in folder: String) throws -> Bool {
    var odd: [String] = []
    say(
      "\n| form | change | drilled | the backup was refused | its checks failed | only the witness's | what came back is the witness's |"
    )
    say("|---|---|---|---|---|---|---|")
    for form in forms where form.name != "PBM store" {
      for kind in ByteChange.Kind.allCases {
        let all = missed.filter { $0.0.name == form.name && $0.1.kind == kind }.map(\.1)
        let step = max(1, (all.count + drills - 1) / drills)
        let chosen = kind == .cut ? all : stride(from: 0, to: all.count, by: step).map { all[$0] }
        let answers = Monitor([(change: ByteChange, answer: ByteDrill.Answer?, how: String)]())
        try Threads.forEach(below: chosen.count, on: 2) { index in
          let place = "\(folder)/drill-\(UInt64.random(in: 0 ... .max))"
          defer { try? Files.removeTree(place) }
          let answer = try ByteDrill.run(form, chosen[index], in: place)
          answers.update { $0.append((chosen[index], answer.answer, answer.how)) }
        }
        let found = answers.withLock { $0 }
        let counts = ByteDrill.Answer.allCases.map { answer in "\(found.count { $0.answer == answer })" }
        for case (let change, nil, let how) in found {
          odd.append(
            "\(form.name): \(change.file) \(change.kind) \(change.offset): the drill ended with \(how)")
        }
        say("| \(form.name) | \(kind) | \(chosen.count) | \(counts.joined(separator: " | ")) |")
      }
    }
    odd.forEach(say)
    return odd.isEmpty
  }
}

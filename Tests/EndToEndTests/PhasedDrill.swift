import Facts
import Glibc
import Platform
import Sandbox
import TestSupport
import Testing

/// A scenario that has every phase, each of them long enough to do something in the midst of it.
enum PhasedScenario {
  static let phases = ["read", "sandbox", "restore", "replay", "indexes", "checks"]

  /// Documents of `shop.orders`, and entries of the oplog after it.
  private static let documents = isFullRun ? 60_000 : 20_000
  private static let entries = 6000

  /// Writes it and its backup into a folder, and returns its path. `checkTimeout` is how long its checks may take. One
  /// that has a gate waits before its checks until the gate is opened: what is done to it comes in time however late.
  static func write(
    in folder: String, more: String = "", checkTimeout: String = "2m", hasGate: Bool = false
  ) throws -> String {
    let dump = try Dump(in: folder)
    var orders: [UInt8] = []
    for id in 0..<Int32(documents) { orders += order(id) }
    try Files.writeAtomically(orders, to: dump.file("orders.bson"))
    let metadata = try Files.text(of: dump.file("orders.metadata.json"))
    let indexes = ["customerId", "number", "text"].map {
      #"{"v":{"$numberInt":"2"},"key":{"\#($0)":{"$numberInt":"1"}},"name":"\#($0)_1"}"#
    }
    let start = try #require(metadata.range(of: #"{"v":{"$numberInt":"2"},"key":{"customerId""#))
    let end = try #require(metadata.range(of: #"],"uuid""#))
    try Files.writeAtomically(
      metadata.replacingCharacters(from: start, to: end, with: indexes.joined(separator: ",")).utf8,
      to: dump.file("orders.metadata.json"))
    try Files.writeAtomically(note, to: Files.join(dump.path, "oplog.bson"))
    var slice = note
    for number in 0..<Int32(entries) { slice += update(number) }
    try Files.writeAtomically(slice, to: Files.join(folder, "001.bson"))
    let path = Files.join(folder, "scenario.yaml")
    let text = """
      version: 1
      backup: {path: dump}
      oplog: [{path: 001.bson}]
      steps:
        - {id: restore, restore: {}}
        - {id: replay, replay: {to: latest}}
      \(hasGate ? gate : "")
        - {id: verify, check: [], timeout: \(checkTimeout)}
      checks:
        core:
          shop.orders:
            - count: {equals: \(documents)}
            - unique: {field: number}
            - references: {field: customerId, to: shop.customers}
            - validate
            - indexes: {compare: backup}
      \(more)
      """
    try Files.writeAtomically(text.utf8, to: path)
    return path
  }

  private static let gate =
    #"  - {id: gate, wait: {until: [sh, -c, "echo > at-gate; test -e open"], every: 50ms, for: 10m}}"#

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  private static func document(_ elements: [UInt8]) -> [UInt8] {
    bytes(Int32(elements.count + 5)) + elements + [0]
  }

  private static func int(_ name: String, _ value: Int32) -> [UInt8] {
    [0x10] + Array(name.utf8) + [0] + bytes(value)
  }

  private static func text(_ name: String, _ value: String) -> [UInt8] {
    [0x02] + Array(name.utf8) + [0] + bytes(Int32(value.utf8.count + 1)) + Array(value.utf8) + [0]
  }

  private static func embedded(_ name: String, _ value: [UInt8]) -> [UInt8] {
    [0x03] + Array(name.utf8) + [0] + document(value)
  }

  private static func order(_ id: Int32) -> [UInt8] {
    document(
      int("_id", id) + int("customerId", 1 + id % 3) + int("number", id)
        + text("text", "order \(id) of a customer who likes to read"))
  }

  private static let second: UInt32 = 1_795_258_578

  private static func entry(_ second: UInt32, _ number: UInt32, _ rest: [UInt8]) -> [UInt8] {
    document(
      [0x11] + Array("ts".utf8) + [0] + bytes(number) + bytes(second) + [0x12] + Array("t".utf8) + [0]
        + bytes(Int64(1)) + [0x12] + Array("v".utf8) + [0] + bytes(Int64(2)) + [0x09] + Array("wall".utf8) + [
          0
        ]
        + bytes(Int64(second) * 1000) + rest)
  }

  private static let note = entry(
    second, 1, text("op", "n") + text("ns", "") + embedded("o", text("msg", "start")))

  private static func update(_ number: Int32) -> [UInt8] {
    let uuid: [UInt8] = [
      1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0x4D, 0xEF, 0x81, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xE0,
    ]
    return entry(
      second + 1 + UInt32(number) / 1000, 1 + UInt32(number) % 1000,
      text("op", "u") + text("ns", "shop.orders") + [0x05] + Array("ui".utf8) + [0] + bytes(Int32(16)) + [4]
        + uuid
        + embedded("o", change("changed \(number)"))
        + embedded("o2", int("_id", number)))
  }

  /// As MongoDB 5.0 and later write it, unless the server is older.
  private static func change(_ value: String) -> [UInt8] {
    if let version = ServerUnderTest.version, version < ServerVersion(5, 0) {
      return int("$v", 1) + embedded("$set", text("text", value))
    }
    return int("$v", 2) + embedded("diff", embedded("u", text("text", value)))
  }
}

extension String {
  /// With what stands between the beginnings of two ranges replaced.
  fileprivate func replacingCharacters(
    from start: Range<Index>, to end: Range<Index>, with text: String
  ) -> String {
    String(self[..<start.lowerBound]) + text + String(self[end.lowerBound...])
  }

  fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}

/// A run of mongodrill in folders that no other process uses, to do something to in the midst of its work.
struct PhasedDrill {
  let child: Child
  let folder: String
  let environment: [String: String]

  /// What it has written to standard output until now.
  var output: String { (try? Files.text(of: Files.join(folder, "out"))) ?? "" }
  var errorOutput: String { (try? Files.text(of: Files.join(folder, "err"))) ?? "" }

  /// The environment of whatever is to use the folders of `folder`, which are made.
  static func environment(in folder: String) throws -> [String: String] {
    var environment = Mongodrill.environment
    for (variable, place) in [
      "MONGODRILL_SANDBOX_DIR": "sandboxes", "TMPDIR": "tmp", "XDG_RUNTIME_DIR": "run",
    ] {
      environment[variable] = Files.join(folder, place)
      if !Files.exists(Files.join(folder, place)) { try Files.createFolder(Files.join(folder, place)) }
    }
    environment["MONGODRILL_MONGOD"] = try MongodProgramPath.value
    return environment
  }

  /// Runs scenarios; `wrapped` stands before the command, `input` and `output` are in place of nothing and of a file.
  init(
    _ scenarios: String..., in folder: String, options: [String] = [], wrapped: [String] = [],
    adding: [String: String] = [:], output: ChildSpec.Stream? = nil
  ) throws {
    self.folder = folder
    environment = try Self.environment(in: folder).merging(adding) { $1 }
    child = try Supervisor.shared.spawn(
      ChildSpec(
        wrapped + [Mongodrill.path, "run"] + scenarios + ["--output=jsonl", "--progress=none"] + options,
        environment: environment, workingDirectory: folder,
        output: output ?? .file(Files.join(folder, "out")),
        errorOutput: .file(Files.join(folder, "err"))))
  }

  private init(_ child: Child, _ folder: String, _ environment: [String: String]) {
    self.child = child
    self.folder = folder
    self.environment = environment
  }

  /// One that was started by other means.
  static func watching(_ child: Child, in folder: String) throws -> PhasedDrill {
    PhasedDrill(child, folder, try environment(in: folder))
  }

  /// Waits until a phase has begun; false when the drill ended before.
  func reach(_ phase: String) -> Bool {
    let words = "\"phase-started\""
    let name = "\"phase\":\"\(phase)\""
    let end = Clock.monotonic + 120
    while Clock.monotonic < end {
      if output.split(separator: "\n").contains(where: { $0.contains(words) && $0.contains(name) }) {
        return true
      }
      if !child.isAlive { return false }
      usleep(2000)
    }
    return false
  }

  /// Waits until it stands before its gate; false when the drill ended before.
  func reachGate() -> Bool {
    let reached = Files.join(folder, "at-gate")
    return eventually(for: 120) { Files.exists(reached) || !child.isAlive } && child.isAlive
  }

  /// Lets it through its gate, now or when it comes there.
  func openGate() throws { try Files.writeAtomically([], to: Files.join(folder, "open")) }

  /// The servers that it started.
  var servers: [Int32] {
    ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
      ((try? Files.text(of: "/proc/\(pid)/cmdline")) ?? "").contains(
        "--dbpath\0\(Files.join(folder, "sandboxes"))/") && isAlive(pid)
    }
  }

  /// Every process that has its folders in its environment or among its arguments.
  var processes: [Int32] {
    ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
      pid != getpid() && isAlive(pid)
        && ["environ", "cmdline"].contains {
          ((try? Files.text(of: "/proc/\(pid)/\($0)")) ?? "").contains(folder + "/")
        }
    }
  }

  /// What of it is left when it has ended: processes, and files other than reports. Nothing, as it should be.
  var leftovers: [String] {
    _ = eventually { processes.isEmpty }
    return processes.map { "process \($0)" }
      + ["sandboxes", "tmp", "run"].flatMap { place in
        ((try? Files.names(in: Files.join(folder, place))) ?? []).map { "\(place)/\($0)" }
      }
  }

  /// The record, as it was written; nil where there is none. Throws when there is a part of one.
  func record(in reports: String? = nil) throws -> JSON? {
    let reports = reports ?? Files.join(folder, "reports")
    let names = ((try? Files.names(in: reports)) ?? []).filter { $0 != "chain.jsonl" }
    #expect(names.count <= 1)
    guard let name = names.first else { return nil }
    let files = try Files.names(in: Files.join(reports, name))
    #expect(!files.contains { $0.hasSuffix(".tmp") }, "\(files)")
    let path = Files.join(reports, "\(name)/report.json")
    // In `? :` nil would be the null of JSON.
    guard Files.exists(path) else { return nil }
    return try JSON.parse(Files.text(of: path))
  }

  /// The codes of a record's reasons.
  static func codes(_ record: JSON?) -> [String] {
    record?["reasons"]?.list?.compactMap { $0["code"]?.text } ?? []
  }
}

/// The server that the tests run with, looked for once.
enum MongodProgramPath {
  private static let found = Result { try MongodFinder().find().path }
  static var value: String { get throws { try found.get() } }
}

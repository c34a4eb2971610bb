import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("What a backup holds", .tags(.mongod), .timeLimit(.minutes(10)))
struct HostileBackupTests {
  private static let names = [
    "a;touch pwned", "`touch pwned`", "line\nbreak", "<img src=x onerror=alert(1)>", "\u{1B}[31mred",
    "=1+1", "x/../../escaped", "| and | pipes", "${sandbox.uri}", "'\"\\",
  ]

  /// A dump of collections with these names, each with a document that has such an `_id`.
  private static func dump(in folder: String) throws -> String {
    let path = Files.join(folder, "outer/inner/dump")
    try Files.createFolder(Files.join(path, "shop"), parents: true)
    for (number, name) in names.enumerated() where !name.contains("$") {
      var stem = ""
      for byte in name.utf8 {
        let isPlain = byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || byte == UInt8(ascii: "."))
        stem +=
          isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      let document: Document = ["_id": .string(names[(number + 1) % names.count]), "a": .string(name)]
      try Files.writeAtomically(document.bytes, to: Files.join(path, "shop/\(stem).bson"))
      let metadata: JSON = [
        "indexes": [["v": 2, "key": ["_id": 1], "name": "_id_"]], "collectionName": .string(name),
        "type": "collection",
      ]
      try Files.writeAtomically(metadata.text().utf8, to: Files.join(path, "shop/\(stem).metadata.json"))
    }
    return path
  }

  @Test("reaches no shell, no path and no markup by its names and values")
  func names() throws {
    try withFolder { folder in
      let dump = try Self.dump(in: folder)
      let scenario = """
        version: 1
        backup: {path: \(dump)}
        steps:
          - {id: restore, restore: {}}
          - {id: verify, check: []}
          - {id: out, export: {}}
        checks:
          core:
            shop.*:
              - missing: {field: never}
        """
      let exact = scenario.replacing("shop.*", with: "\"shop.a;touch pwned\"")
      try Files.writeAtomically(exact.utf8, to: Files.join(folder, "scenario.yaml"))
      var texts: [String] = []
      func run(_ arguments: String..., status: Int32) throws {
        let run = try Mongodrill.run(arguments, environment: PhasedDrill.environment(in: folder), in: folder)
        #expect(run.status == status, "\(arguments) \(run.output)\(run.errorOutput)")
        texts += [run.output, run.errorOutput]
      }
      try run("verify", dump, status: 0)
      try run("plan", dump, status: 0)
      try run("inventory", dump, status: 0)
      try run("init", dump, "-o", "draft.yaml", status: 0)
      try run("lint", "draft.yaml", status: 0)
      let formats = ["html", "junit", "github", "prometheus", "csv"].flatMap { ["--format", $0] }
      let drill = try Mongodrill.run(
        ["run", "scenario.yaml", "-v"] + formats, environment: PhasedDrill.environment(in: folder), in: folder
      )
      #expect(drill.status == 1, "\(drill.output)\(drill.errorOutput)")
      texts += [drill.output, drill.errorOutput]
      for text in texts { #expect(!text.contains("\u{1B}") && !text.contains("line\nbreak"), "\(text)") }

      let all = try Supervisor.shared.capture(
        ChildSpec(["find", folder, "-name", "*pwned*", "-o", "-name", "*escaped*"]))
      let stray = all.output.text.split(separator: "\n").filter { !$0.contains("/shop/") }
      #expect(stray.isEmpty, "\(stray)")
      let own = try #require(try runs(in: folder).first)
      for name in try Files.names(in: Files.join(folder, "reports/\(own)")) {
        let path = Files.join(folder, "reports/\(own)/\(name)")
        guard Files.kind(of: path) == .file else { continue }
        let text = try Files.text(of: path)
        #expect(!text.contains("\u{1B}"), "\(name)")
        if name.hasSuffix(".html") || name.hasSuffix(".xml") { #expect(!text.contains("<img"), "\(name)") }
        if name.hasSuffix(".csv") { #expect(!text.contains(",=1+1") && !text.contains("\n=1+1"), "\(text)") }
      }
    }
  }

  /// What something in a backup's folder is replaced with, that is no file.
  fileprivate enum Stranger: String, CaseIterable, CustomStringConvertible {
    case pipe, link, device, loop
    var description: String { rawValue }

    func put(at path: String) throws {
      try Files.removeTree(path)
      switch self {
      case .pipe: #expect(mkfifo(path, 0o600) == 0)
      case .link: #expect(symlink("/etc/passwd", path) == 0)
      case .device: #expect(symlink("/dev/zero", path) == 0)
      case .loop: #expect(symlink(Files.name(of: path), path) == 0)
      }
    }
  }

  @Test(
    "that is a pipe, a device or a link to elsewhere is refused, and never waited for",
    arguments: Stranger.allCases,
    [
      "shop/orders.bson", "shop/orders.metadata.json", "oplog.bson", "prelude.json", "backup_metadata.json",
      "shop",
    ])
  fileprivate func strangers(_ stranger: Stranger, file: String) throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try stranger.put(at: Files.join(dump.path, file))
      let child = try Supervisor.shared.capture(
        ChildSpec(
          [Mongodrill.path, "verify", "dump", "-q"], environment: Mongodrill.environment,
          workingDirectory: folder),
        timeout: 20)
      #expect(!child.isTimedOut)
      // Nothing is left of a backup whose only database is one.
      #expect([65, 66, 4].contains(child.status.shellCode), "\(child.output.text)\(child.errorOutput.text)")
      #expect(!child.output.text.contains("root:x:"))
    }
  }

  @Test("A pipe as the backup itself is waited for, until a signal comes")
  func pipe() throws {
    try withFolder { folder in
      #expect(mkfifo(Files.join(folder, "pipe"), 0o600) == 0)
      let log = Files.join(folder, "log")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "verify", "pipe"], environment: Mongodrill.environment, workingDirectory: folder,
          output: .file(log), errorOutput: .file(log)))
      #expect(eventually { catches(SIGTERM, child.pid) })
      #expect(child.wait(timeout: 0.5) == nil)
      child.signal(SIGTERM)
      #expect(child.wait(timeout: 60) == .exited(143))
    }
  }
}

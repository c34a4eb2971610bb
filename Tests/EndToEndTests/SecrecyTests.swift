import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("Who else is on the machine", .tags(.mongod), .timeLimit(.minutes(10)))
struct SecrecyTests {
  /// What lies below a path, with its mode; links aren't followed.
  private static func modes(below path: String) -> [(path: String, mode: UInt32)] {
    ((try? Files.names(in: path)) ?? []).flatMap { name -> [(path: String, mode: UInt32)] in
      let entry = Files.join(path, name)
      var status = stat()
      guard lstat(entry, &status) == 0 else { return [] }
      let inner = status.st_mode & S_IFMT == S_IFDIR ? modes(below: entry) : []
      return [(entry, status.st_mode & 0o777)] + inner
    }
  }

  private static let topologies = isFullRun ? ["standalone", "{replica_set: 1}"] : ["{replica_set: 1}"]

  @Test(
    "may read nothing of a drill, whatever the umask; nor connect to its server; nor find its secrets",
    arguments: SecrecyTests.topologies)
  func modes(topology: String) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(
        in: folder, more: "sandbox: {topology: \(topology)}\nrollbacks: [{run: {argv: [sh, -c, 'sleep 1']}}]")
      let drill = try PhasedDrill(
        path, in: folder, options: ["--format", "html"],
        wrapped: ["sh", "-c", "umask 0; ulimit -c unlimited; exec \"$@\"", "sh"],
        adding: ["API_TOKEN": "token-of-the-night"])
      // Only the product's own modes protect it.
      for place in ["", "sandboxes", "tmp", "run"] { chmod(Files.join(folder, place), 0o755) }
      #expect(drill.reach("checks"))
      let server = try #require(drill.servers.last)
      kill(drill.child.pid, SIGSTOP)
      defer { kill(drill.child.pid, SIGCONT) }
      let found = ["sandboxes", "tmp", "run"].flatMap { Self.modes(below: Files.join(folder, $0)) }
      #expect(found.count > 20 && found.contains { $0.path.hasSuffix("/db/WiredTiger") })
      #expect(found.filter { $0.mode & 0o077 != 0 }.map(\.path) == [])
      if geteuid() == 0 { try expectShut(to: "65534", found.map(\.path)) }

      // Neither dumps its memory, not even to a program of the kernel's.
      for pid in [drill.child.pid, server] {
        let limits = try Files.text(of: "/proc/\(pid)/limits").split(separator: "\n")
        let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ")[4] == "0", "\(core)")
        #expect(try Files.text(of: "/proc/\(pid)/coredump_filter") == "00000000\n")
      }
      #expect(try !Files.text(of: "/proc/\(server)/environ").contains("token-of-the-night"))
      let key = try? Files.text(of: Files.join(Files.folder(of: try data(of: server)), "key"))
      #expect((key != nil) == (topology != "standalone"))
      for pid in drill.processes {
        let line = try Files.text(of: "/proc/\(pid)/cmdline")
        if let key = key?.split(separator: "\n").first { #expect(!line.contains(key)) }
      }

      kill(drill.child.pid, SIGCONT)
      #expect(drill.child.wait(timeout: 240) == .exited(0), "\(drill.errorOutput)")
      let reports = Self.modes(below: Files.join(folder, "reports"))
      #expect(reports.count >= 5 && reports.allSatisfy { $0.mode & 0o077 == 0 }, "\(reports)")
      if let key = key?.split(separator: "\n").first {
        #expect(!drill.output.contains(key) && !drill.errorOutput.contains(key))
        for report in reports where Files.kind(of: report.path) == .file {
          #expect(try !Files.text(of: report.path).contains(key))
        }
      }
      #expect(drill.leftovers == [])
    }
  }

  /// The dbPath of a server.
  private func data(of server: Int32) throws -> String {
    let words = try Files.text(of: "/proc/\(server)/cmdline").split(separator: "\0").map(String.init)
    return words[try #require(words.firstIndex(of: "--dbpath")) + 1]
  }

  /// Another user can neither list, read nor connect.
  private func expectShut(to user: String, _ paths: [String]) throws {
    let script = """
      import os, socket, sys
      for path in sys.argv[1:]:
          for attempt in (open, os.listdir):
              try: attempt(path); print("got in:", path)
              except OSError: pass
          try: socket.socket(socket.AF_UNIX).connect(path); print("connected:", path)
          except OSError: pass
      print("tried", len(sys.argv) - 1, "as", os.geteuid())
      """
    let captured = try Supervisor.shared.capture(
      ChildSpec(
        ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "/usr/bin/python3", "-c", script]
          + paths), timeout: 60)
    #expect(captured.output.text == "tried \(paths.count) as \(user)\n", "\(captured.errorOutput.text)")
  }

  @Test("doesn't see a password of the command line among the processes")
  func commandLine() throws {
    try withFolder { folder in
      let parameters = [
        "--param", "db_password=of-the-command-line", "--param=api_token=of-the-command-line", "--param",
        "where=the-north",
      ]
      for command in [["witness", "-o", "w"], ["check", "checks.yaml"] + parameters] {
        try Files.writeAtomically(
          """
          version: 1
          parameters: {db_password: {default: a}, api_token: {default: b}, where: {default: c}}
          checks: {core: {a.b: [count: {min: 1}]}}

          """.utf8, to: Files.join(folder, "checks.yaml"))
        let log = Files.join(folder, "log of \(command[0])")
        // For as long as it looks for the server it is there to be looked at.
        var looked: (child: Child, line: String)?
        for seconds in [1, 10, 60] where looked == nil {
          let uri = "mongodb://root:of-the-command-line@127.0.0.1:1/?serverSelectionTimeoutMS=\(seconds)000"
          let child = try Supervisor.shared.spawn(
            ChildSpec(
              [Mongodrill.path] + command + ["--uri", uri], environment: Mongodrill.environment,
              workingDirectory: folder, output: .file(log), errorOutput: .file(log)))
          #expect(eventually { ((try? Files.text(of: log)) ?? "").contains("history") || !child.isAlive })
          let line = (try? Files.text(of: "/proc/\(child.pid)/cmdline")) ?? ""
          if child.isAlive, !line.isEmpty { looked = (child, line) }
        }
        let (child, line) = try #require(looked)
        #expect(line.contains(command[0]) && line.contains("mongodb://***@127.0.0.1:1/"), "\(line)")
        #expect(!line.contains("of-the-command-line"))
        if command[0] == "check" {
          for word in ["db_password=***", "--param=api_token=***", "where=the-north"] {
            #expect(line.contains("\0\(word)"), "\(line)")
          }
        }
        #expect(child.wait(timeout: 120) == .exited(4))
        #expect(try !Files.text(of: log).contains("of-the-command-line"))
      }
    }
  }

  @Test("finds no password in reports: not of the environment, of parameters, of variables or of addresses")
  func reports() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let secrets = [
        "default-of-one", "in-an-address", "in-line-secret", "in-a-hook", "of-environment", "as-parameter",
        "of-rollback",
      ]
      let text = """
        version: 1
        parameters:
          db_password: {default: default-of-one}
          other_password: {default: default-of-one}
          api: {default: "https://user:in-an-address@example.org/"}
        backup: {path: dump}
        steps:
          - {id: restore, restore: {}}
          - id: smoke
            run:
              argv: [sh, -c, 'echo $PGPASSWORD $API_TOKEN $HOOK "$1"; exit 3', sh, "${db_password}"]
              env: {PGPASSWORD: in-line-secret, HOOK: "https://user:in-a-hook@example.org/x"}
            on_failure: continue
          - {id: verify, check: []}
        checks:
          core:
            shop.orders: [count: {min: 1}]
            shop:
              - command: {argv: [sh, -c, 'echo "$API_TOKEN" "$1" "$2"; exit 4', sh, "${db_password}", "${api}"]}
                name: logs in with ${db_password}
        rollbacks: [{run: {argv: [sh, -c, "echo $PGPASSWORD; exit 1"], env: {PGPASSWORD: of-rollback}}}]
        """
      try Files.writeAtomically(text.utf8, to: Files.join(folder, "scenario.yaml"))
      let formats = ["html", "junit", "github", "prometheus", "csv", "openmetrics"].flatMap {
        ["--format", $0]
      }
      let drill = try PhasedDrill(
        Files.join(folder, "scenario.yaml"), in: folder,
        options: formats + ["--param", "db_password=as-parameter", "-v"],
        adding: ["API_TOKEN": "of-environment"])
      #expect(drill.child.wait(timeout: 240) == .exited(1), "\(drill.errorOutput)")
      let record = try #require(try drill.record())
      #expect(record["steps"]?.list?[1]["output"] == "*** *** https://***@example.org/x ***\n")
      #expect(record["scenario"]?["resolved"]?["parameters"]?["db_password"] == "***")
      let check = try #require(record["checks"]?.list?.last)
      #expect(check["measured"]?["output"] == "*** *** https://***@example.org/\n")
      #expect(check["observed"] == "exit status 4: *** *** https://***@example.org/\n")
      #expect(check["name"] == "logs in with ***")
      #expect(
        drill.output.split(separator: "\n").contains {
          $0.contains("logs in with ***") && $0.contains("exit status 4")
        })
      let files = Self.modes(below: Files.join(folder, "reports")).map(\.path).filter {
        Files.kind(of: $0) == .file
      }
      #expect(files.count >= 8)
      for secret in secrets {
        for file in files { #expect(try !Files.text(of: file).contains(secret), "\(secret) in \(file)") }
        #expect(!drill.output.contains(secret) && !drill.errorOutput.contains(secret), "\(secret)")
      }
    }
  }

  @Test(
    "finds no password in what check says: not of parameters, of the environment or of the server's address",
    arguments: ["text", "json", "jsonl"])
  func checked(output: String) throws {
    try withFolder { folder in
      let checks = """
        version: 1
        parameters: {db_password: {default: default-of-one}, api: {default: c}}
        checks:
          core:
            shop:
              - command: {argv: [sh, -c, 'echo "$API_TOKEN" "$MONGODRILL_URI" "$1"; exit 4', sh, "${db_password}"]}
                name: logs in with ${db_password}
              - command: {argv: [sh, -c, 'echo "$1"; exit 4', sh, "${api} of-the-server"]}

        """
      try Files.writeAtomically(checks.utf8, to: Files.join(folder, "checks.yaml"))
      var options = SandboxOptions(directory: folder, cacheBytes: 256 << 20)
      options.extraArguments = ["--auth"]
      let sandbox = try Sandbox.start(options)
      defer { try? sandbox.stop() }
      try sandbox.pool.run(["createUser": "reader", "pwd": "of-the-server", "roles": ["root"]])
      let uri =
        sandbox.uri.replacing("mongodb://", with: "mongodb://reader:of-the-server@") + "?authSource=admin"
      var environment = try PhasedDrill.environment(in: folder)
      environment["API_TOKEN"] = "of-environment"
      environment["MONGODRILL_SOURCE_URI"] = uri
      let run = try Mongodrill.run(
        "check", "checks.yaml", "--output", output, "-v", "--param", "db_password=as-parameter", "--param",
        "api=https://user:in-an-address@example.org/", environment: environment, in: folder)
      #expect(run.status == 1, "\(run.output)\(run.errorOutput)")
      #expect(run.output.contains("logs in with ***") && run.output.contains("https://***@example.org/ ***"))
      for secret in ["default-of-one", "in-an-address", "of-environment", "as-parameter", "of-the-server"] {
        #expect(!run.output.contains(secret) && !run.errorOutput.contains(secret), "\(secret)")
      }
    }
  }

  @Test("is told of by run --keep: what stays, where, and how it goes")
  func kept() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("run", "dump", "--keep", "-q", "--sandbox-dir", folder, in: folder)
      #expect(run.status == 0)
      let kept = try #require(try Files.names(in: folder).first { $0.hasPrefix("mongodrill-") })
      #expect(
        run.errorOutput
          == "The sandbox's files are kept in \(folder)/\(kept), and hold what the backup holds: "
          + "`mongodrill clean --kept` removes them.\n")
      #expect(Self.modes(below: Files.join(folder, kept)).allSatisfy { $0.mode & 0o077 == 0 })
      _ = try Mongodrill.run("clean", "--kept", "--sandbox-dir", folder)
      #expect(try !Files.names(in: folder).contains(kept))
    }
  }
}

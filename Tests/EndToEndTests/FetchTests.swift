import Glibc
import Platform
import TestSupport
import Testing

/// One server for all of these; what they store has names of its own.
@Suite("A backup in object storage", .needsFixtures, .tags(.mongod))
struct FetchTests {
  private static let dump = Fixture.base + "/dump-gzip"

  private func drill(
    _ scenario: String, in folder: String, environment: [String: String], _ options: String...
  ) throws -> Mongodrill.Run {
    try Files.writeAtomically("version: 1\n\(scenario)".utf8, to: Files.join(folder, "fetched.yaml"))
    return try Mongodrill.run(
      ["run", "fetched.yaml", "--sandbox-dir", "."] + options, environment: environment, in: folder)
  }

  private func record(in folder: String) throws -> JSON {
    let id = try #require(runs(in: folder).last)
    return try JSON.parse(Files.read(Files.join(folder, "reports/\(id)/report.json")))
  }

  /// A program `rclone` that stands in the real one's way; `$real` in it is that one. The environment that finds it.
  private func rclone(
    _ script: String, in folder: String, _ environment: [String: String]
  ) throws -> [String: String] {
    let bin = Files.join(folder, "bin")
    try Files.createFolder(bin)
    let real = try #require(Programs.find("rclone", path: Environment["PATH"]))
    try Files.writeAtomically(
      "#!/bin/sh\nreal=\(real)\n\(script)\n".utf8, to: Files.join(bin, "rclone"), mode: 0o755)
    return environment.merging(["PATH": "\(bin):\(Environment["PATH"] ?? "/usr/bin:/bin")"]) { $1 }
  }

  @Test("is fetched with its oplog, counts in the RTO, is replayed, and leaves nothing behind")
  func whole() throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    let oplog = try store.put(Fixture.oplog)
    try withFolder { folder in
      let environment = try rclone(
        #"echo "$@" >> \#(folder)/arguments; exec "$real" "$@""#, in: folder, store.environment())
      let run = try drill(
        "backup: {fetch: {rclone: \"\(dump)\"}}\noplog: [{fetch: {rclone: \"\(oplog)\"}}]\n", in: folder,
        environment: environment, "-v", "--progress", "plain")
      #expect(
        run.output.contains("The backup can be recovered to 1795259700:2"), "\(run.output)\(run.errorOutput)")
      #expect(run.status == 0)
      let record = try record(in: folder)
      #expect(record["backup"]?["path"] == .string(dump))
      #expect(record["backup"]?["oplog"] == .string("\(dump)/oplog.bson"))
      #expect(record["backup"]?["slices"] == [.string(oplog)])
      guard case .array(let phases)? = record["phases"] else { throw Failure(.internal, "no-phases", "none") }
      let fetched = phases.filter { $0["name"] == "fetch" }
      let sizes = try [Self.dump, Fixture.oplog].map { path in
        try Files.tree(path).reduce(0) { $0 + $1.size }
      }
      #expect(fetched.map { $0["bytes"] } == sizes.map { .integer(Int64($0)) })
      let spent = fetched.reduce(0) { $0 + ($1["seconds"]?.number ?? 0) }
      #expect(spent > 0)
      #expect(record["objectives"]?["rto"]?["measured_seconds"]?.number ?? 0 > spent)
      #expect(try Files.names(in: folder) == ["arguments", "bin", "fetched.yaml", "reports"])

      let arguments = try Files.text(of: Files.join(folder, "arguments"))
      #expect(arguments.contains("copy") && arguments.contains("lsjson"))
      for text in [arguments, run.output, run.errorOutput, record.text()] {
        #expect(!text.contains(ObjectStore.secret) && !text.contains(ObjectStore.accessKey))
      }
    }
  }

  @Test("cannot be judged with wrong credentials, which the report says and doesn't tell")
  func wrongCredentials() throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    try withFolder { folder in
      let run = try drill(
        "backup: {fetch: {rclone: \"\(dump)\"}}\n", in: folder,
        environment: store.environment(secret: "not-the-secret"), "-q")
      #expect(
        run.output.contains("\(dump): rclone ended with exit status 1: ")
          && run.output.contains("SignatureDoesNotMatch"), "\(run.output)")
      #expect(run.status == 4)
      let record = try record(in: folder)
      #expect(record["reasons"]?.text().contains("fetch-failed") == true)
      #expect(!record.text().contains("not-the-secret"))
    }
  }

  @Test("that holds symbolic links, which rclone leaves out without failing, is not taken for whole: 65")
  func links() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      for file in ["orders.bson", "orders.metadata.json"] {
        let moved = Files.join(folder, file)
        try Files.writeAtomically(Files.read(dump.file(file)), to: moved)
        try Files.removeTree(dump.file(file))
        let link = try Supervisor.shared.capture(
          ChildSpec(["ln", "-s", moved, dump.file(file)]), timeout: 20)
        #expect(link.status == .exited(0))
      }
      let run = try drill(
        "backup: {fetch: {rclone: \":local:dump\"}}", in: folder, environment: Mongodrill.environment, "-q")
      #expect(run.status == 65)
      #expect(
        run.output.contains("2 of its files are symbolic links, which rclone leaves out"), "\(run.output)")
    }
  }

  @Test("is not there: 66", arguments: ["backups/nothing", "no-such-bucket/shop"])
  func missing(path: String) throws {
    let store = try ObjectStore.shared.get()
    try withFolder { folder in
      let run = try drill(
        "backup: {fetch: {rclone: \"offsite:\(path)\"}}\n", in: folder, environment: store.environment(), "-q"
      )
      #expect(run.output.contains("offsite:\(path): there is nothing to fetch"), "\(run.output)")
      #expect(run.status == 66)
    }
  }

  @Test(
    "is let go, with what had come of it, by Ctrl-C, a stop condition and its own time",
    arguments: [
      ("", "", SIGINT, Int32(130), "SIGINT"),
      ("stop_conditions: [{elapsed: \"> 2s\"}]\n", "", 0, 4, "stop-condition"),
      ("", ", timeout: 2s", 0, 4, "fetch-timed-out"),
    ])
  func ended(rest: String, option: String, signal: Int32, status: Int32, code: String) throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    try withFolder { folder in
      try Files.writeAtomically(
        "version: 1\nbackup: {fetch: {rclone: \"\(dump)\"\(option)}}\n\(rest)".utf8,
        to: Files.join(folder, "slow.yaml"))
      // Slow enough to last for a minute.
      let environment = store.environment().merging(["RCLONE_BWLIMIT": "20k"]) { $1 }
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "run", "slow.yaml", "-q", "--sandbox-dir", "."], environment: environment,
          workingDirectory: folder, output: .null, errorOutput: .null))
      if signal != 0 {
        let hasBegun = eventually {
          let made = ((try? Files.names(in: folder)) ?? []).filter { $0.hasPrefix("mongodrill-") }
          return made.contains { ((try? Files.names(in: "\(folder)/\($0)/0")) ?? []).isEmpty == false }
        }
        #expect(hasBegun)
        kill(child.pid, signal)
      }
      #expect(child.wait(timeout: 60) == .exited(status))
      #expect(try Files.names(in: folder) == ["reports", "slow.yaml"])
      #expect(try record(in: folder)["reasons"]?.text().contains(code) == true)
    }
  }

  @Test("that would not fit is not fetched")
  func tooLarge() throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    try withFolder { folder in
      let environment = try rclone(
        #"""
        echo "$1" >> \#(folder)/commands
        "$real" "$@" | sed 's/"Size":[0-9][0-9]*/"Size":90000000000000/'
        """#, in: folder, store.environment())
      let run = try drill(
        "backup: {fetch: {rclone: \"\(dump)\"}}\n", in: folder, environment: environment, "-q")
      #expect(run.status == 4)
      #expect(try record(in: folder)["reasons"]?.text().contains("no-free-disk") == true, "\(run.output)")
      #expect(try Files.text(of: Files.join(folder, "commands")) == "lsjson\nlsjson\n")
    }
  }

  @Test(
    "is compared with what was listed",
    arguments: [
      ("rm $last/shop/orders.bson.gz", "shop/orders.bson.gz did not arrive"),
      ("truncate -s 5 $last/shop/orders.bson.gz", "shop/orders.bson.gz has 5 bytes here and"),
      ("touch $last/shop/more", "files arrived, and"),
    ])
  func differs(change: String, message: String) throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    try withFolder { folder in
      let environment = try rclone(
        #"""
        "$real" "$@" || exit
        for last; do :; done
        if [ "$1" = copy ]; then \#(change); fi
        """#, in: folder, store.environment())
      let run = try drill(
        "backup: {fetch: {rclone: \"\(dump)\"}}\n", in: folder, environment: environment, "-q")
      #expect(run.output.contains(message), "\(run.output)")
      #expect(run.status == 4)
    }
  }

  @Test("is fetched whole, whatever filters rclone's variables set, with a configuration file that they name")
  func filters() throws {
    let store = try ObjectStore.shared.get()
    let dump = try store.put(Self.dump)
    try withFolder { folder in
      var environment = store.environment()
      var lines = ["[elsewhere]"]
      for (name, value) in environment where name.hasPrefix("RCLONE_CONFIG_OFFSITE_") {
        lines.append("\(name.dropFirst("RCLONE_CONFIG_OFFSITE_".count).lowercased()) = \(value)")
        environment[name] = nil
      }
      try Files.writeAtomically(
        (lines.joined(separator: "\n") + "\n").utf8, to: Files.join(folder, "rclone.conf"))
      // Relative to where mongodrill is run, not to the scenario.
      environment["RCLONE_CONFIG"] = "rclone.conf"
      environment["RCLONE_EXCLUDE"] = "*.bson.gz"
      environment["RCLONE_MAX_SIZE"] = "100"
      try Files.createFolder(Files.join(folder, "scenarios"))
      let address = dump.replacing("offsite:", with: "elsewhere:")
      try Files.writeAtomically(
        "version: 1\nbackup: {fetch: {rclone: \"\(address)\"}}\nsteps: [{restore: {include: [shop.orders]}}]\n"
          .utf8,
        to: Files.join(folder, "scenarios/s.yaml"))
      let run = try Mongodrill.run(
        "run", "scenarios/s.yaml", "--sandbox-dir", ".", environment: environment, in: folder)
      let count = try Files.tree(Self.dump).count
      #expect(run.errorOutput.contains("fetched \(count) files"), "\(run.output)\(run.errorOutput)")
    }
  }

  @Test("brings its sidecar along, which may say that it failed")
  func sidecar() throws {
    try withFolder { folder in
      let store = Files.join(folder, "store")
      try Files.createFolder(store)
      try Files.copy(Fixture.base + "/full.archive.gz", to: Files.join(store, "shop.archive.gz"))
      try Files.writeAtomically(
        #"{"status": "failed"}"#.utf8, to: Files.join(store, "shop.archive.gz.backup_metadata.json"))
      let run = try drill(
        "backup: {fetch: {rclone: \":local:store/shop.archive.gz\"}}\n", in: folder,
        environment: Mongodrill.environment, "-q")
      #expect(
        run.output.contains(
          ":local:store/shop.archive.gz.backup_metadata.json: says that the backup failed"), "\(run.output)")
      #expect(run.status == 65)
    }
  }

  @Test("may be one of several that are fetched, of which one is picked")
  func picked() throws {
    try withFolder { folder in
      for day in ["2026-11-19", "2026-11-20"] {
        try Files.createFolder(Files.join(folder, "store/\(day)"), parents: true)
        _ = try Dump(in: Files.join(folder, "store/\(day)"))
      }
      let run = try drill(
        "backup: {fetch: {rclone: \":local:store\"}, pick: oldest}\n", in: folder,
        environment: Mongodrill.environment, "-q")
      #expect(run.status == 0, "\(run.output)")
      let record = try record(in: folder)
      #expect(record["backup"]?["path"] == ":local:store/2026-11-19/dump")
      #expect(
        record["backup"]?["notes"] == [
          ":local:store: fetched 8 files, 1.35 kB, with rclone",
          ":local:store/2026-11-19/dump: the oldest of 2 backups, of 2026-11-19T00:00:00Z by the date in its name",
          """
          :local:store/2026-11-20/dump: passed over, not picked, of 2026-11-20T00:00:00Z by the date in its name
          """,
        ], "\(record["backup"]?["notes"]?.text() ?? "")")
    }
  }

  @Test("is one file where a command is to decode it; and only one can be picked of it")
  func unfit() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let several = try drill(
        "backup: {fetch: {rclone: \":local:dump\"}, command: [gpg, --decrypt]}\n", in: folder,
        environment: Mongodrill.environment, "-q")
      #expect(several.output.contains(":local:dump: `command` reads a file, and a folder was fetched"))
      #expect(several.status == 78)
      let all = try drill(
        "backup: {fetch: {rclone: \":local:dump\"}, pick: all}\n", in: folder,
        environment: Mongodrill.environment)
      #expect(all.errorOutput.contains("of what is fetched only one can be picked"), "\(all.errorOutput)")
      #expect(all.status == 78)
    }
  }

  @Test("needs rclone, which plan and run say with what to install; plan fetches nothing")
  func noRclone() throws {
    try withFolder { folder in
      var environment = Mongodrill.environment
      environment["PATH"] = folder
      let run = try drill(
        "backup: {fetch: {rclone: \"offsite:backups/shop\"}}\n", in: folder, environment: environment)
      #expect(run.output.contains("rclone is not found, which fetches offsite:backups/shop"), "\(run.output)")
      #expect(try record(in: folder).text().contains("apt-get install rclone"))
      #expect(run.status == 4)
      let plan = try Mongodrill.run("plan", "fetched.yaml", environment: environment, in: folder)
      #expect(plan.output.contains("Backup     offsite:backups/shop\n"))
      #expect(plan.output.contains("\nProblems\n  rclone is not found"))
      #expect(plan.status == 4)
    }
  }

  @Test(
    "has no credentials in its address",
    arguments: [
      ":s3,access_key_id=AKIA,secret_access_key=hunter-22:bucket/shop", "offsite,pass=hunter-22:shop",
      ":webdav,url='https://drill:hunter-22@host':shop",
    ])
  func credentials(address: String) throws {
    try withFolder { folder in
      let run = try drill(
        "backup: {fetch: {rclone: \"\(address)\"}}\n", in: folder, environment: Mongodrill.environment)
      #expect(run.status == 78)
      #expect(run.errorOutput.contains("a credential stands in it"), "\(run.errorOutput)")
      #expect(!(run.output + run.errorOutput).contains("hunter-22"))
      #expect(try Files.names(in: folder) == ["fetched.yaml"])
    }
  }

  @Test("masks in rclone's words what its variables hold")
  func masked() throws {
    try withFolder { folder in
      let environment = try rclone(
        "echo \"2026/11/21 14:30:00 ERROR : $RCLONE_CONFIG_OFFSITE_PASS $RCLONE_CONFIG_PASS\" >&2; exit 1",
        in: folder,
        Mongodrill.environment.merging([
          "RCLONE_CONFIG_OFFSITE_PASS": "hunter-22", "RCLONE_CONFIG_PASS": "hunter-33",
        ]) { $1 })
      let run = try drill(
        "backup: {fetch: {rclone: \"offsite:shop\"}}\n", in: folder, environment: environment, "-q")
      #expect(run.output.contains("rclone ended with exit status 1: ERROR : *** ***"), "\(run.output)")
      #expect(run.status == 4)
    }
  }
}

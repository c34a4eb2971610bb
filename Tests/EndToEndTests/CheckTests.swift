import BSON
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("mongodrill check", .tags(.mongod), .timeLimit(.minutes(10)))
struct CheckTests {
  private func check(
    _ server: GuardedServer, _ yaml: String, _ arguments: String..., in folder: String, address: String? = nil
  ) throws -> Mongodrill.Run {
    try Files.writeAtomically(yaml.utf8, to: Files.join(folder, "checks.yaml"))
    var environment = Mongodrill.environment
    environment["MONGODRILL_SOURCE_URI"] = address ?? server.reader
    return try Mongodrill.run(
      ["check", "checks.yaml", "-q"] + arguments, environment: environment, in: folder)
  }

  /// Every kind that needs no backup, within what the role `read` may do.
  private static let reading = """
    version: 1
    checks:
      core:
        shop.orders:
          - count: {min: 50}
          - indexes: {list: [{key: {customerId: 1}}]}
          - options: {equals: {validator: null}}
          - missing: {field: total}
          - schema: {schema: {required: [total]}}
          - failed_documents:
            where: {total: {$lt: 0}}
          - metric: {pipeline: [{$group: {_id: null, t: {$sum: $total}}}], equals: 12750}
          - document: {id: 7, expect: {total: 70}}
          - references: {field: _id, to: shop.orders}
          - query: {find: {customerId: 3}, index: by_customer, max_examined: 10}
          - storage
        shop:
          - collections: {exact: [orders]}
          - gridfs
            warn_if: "> 0"
            error_if: "> 100%"

    """

  @Test("asks everything with a user who may only read, and says what came of it")
  func reads() throws {
    try withServer { server, folder in
      let yaml = Self.reading.split(separator: "      - gridfs")[0]
      try server.owner.run(["profile": 2], on: "shop")
      let run = try check(server, String(yaml), in: folder)
      #expect(
        run.output.replacing(#/in [0-9.]+ (ms|s)/#, with: "in …").replacing(#/data .*/#, with: "data …")
          == """
          pass    count of shop.orders: 50 documents
          pass    indexes of shop.orders: 2 indexes, as listed
          pass    options of shop.orders: 0 options, as asked
          pass    missing of shop.orders: 50 documents, each with `total`
          pass    schema of shop.orders: 50 documents, each fits the schema
          pass    failed_documents of shop.orders: none of 50 documents failed
          pass    metric of shop.orders: 12750
          pass    document of shop.orders: it is there, with 1 field as expected
          pass    references of shop.orders: 50 references, each to a document of shop.orders
          pass    query of shop.orders: 10 of 10 documents by by_customer in …
          pass    storage of shop.orders: data …
          pass    collections: 1 collection, as listed

          PASS  All 12 checks of \(server.name) passed.

          """)
      #expect(run.errorOutput == "")
      #expect(run.status == 0)
      // The server's own notes of what was asked of it.
      try server.owner.run(["profile": 0], on: "shop")
      var commands: Set<String> = []
      try server.owner.forEach(["find": "system.profile"], on: "shop") { entry in
        if entry["user"]?.string == "reader@shop" {
          commands.insert(entry["command"]?.document?.first { _ in true }?.name ?? entry["op"]?.string ?? "?")
        }
        return true
      }
      #expect(!commands.isEmpty)
      let reading: Set = [
        "find", "aggregate", "count", "explain", "getMore", "killCursors", "listCollections", "listIndexes",
        "collStats", "ping", "buildInfo", "endSessions",
      ]
      #expect(commands.isSubset(of: reading), "\(commands)")
    }
  }

  @Test("warns that there may be databases that the user doesn't see, where all are asked")
  func unseenDatabases() throws {
    try withServer { server, folder in
      let everything = "version: 1\nchecks: {core: {\"*\": [{count: {min: 1}}]}}\n"
      let words =
        "the user sees only the databases that it may read: there may be others, of which nothing was asked"
      let run = try check(server, everything, in: folder)
      #expect(run.status == 0 && run.output.contains("not verified: \(words)\n\nWARN"), "\(run.output)")
      let json = try JSON.parse(try check(server, everything, "--output", "json", in: folder).output)
      #expect(json["verdict"] == "warn")
      #expect(json["not_verified"]?.list?.map { $0["message"] } == [.string(words)], "\(json)")
      #expect(try check(server, everything, "--fail-on", "warn", in: folder).status == 3)
      // Who sees all of them, and who asks one database alone, isn't warned.
      let owner = server.reader.replacing("reader:hunter22", with: "owner:ownersecret")
        .replacing("authSource=shop", with: "authSource=admin")
      #expect(try check(server, everything, in: folder, address: owner).output.contains("PASS"))
      let one = everything.replacing("\"*\"", with: "shop")
      #expect(try check(server, one, in: folder).output.contains("PASS"))
    }
  }

  @Test("fails for a collection that a witness knows and the server lost")
  func lostCollection() throws {
    try withServer { server, folder in
      let witness = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/small/dumped.json"
      let yaml = "version: 1\nchecks: {core: {shop: [{options: {compare: witness}}]}}\n"
      let run = try check(server, yaml, "--witness", witness, in: folder)
      #expect(run.status == 1, "\(run.output)\(run.errorOutput)")
      #expect(
        run.output.contains("options of shop.customers: the collection does not exist"), "\(run.output)")
    }
  }

  @Test("tells what failed, how to see it again, and ends in the exit status of the worst")
  func fails() throws {
    try withServer { server, folder in
      let yaml = """
        version: 1
        parameters: {least: {type: integer, default: 10}}
        checks:
          bad:
            shop.orders:
              - failed_documents:
                where: {total: {$gt: 480}}
              - count: {min: "${least}"}
          warned:
            shop.orders:
              - count: {max: 5}
                severity: warn
          locked:
            shop.orders: [validate]
          hidden:
            shop: [users]

        """
      let bad = try check(server, yaml, "--suite", "bad", in: folder)
      #expect(
        bad.output == """
          fail    failed_documents of shop.orders: 2 failed documents of 50 documents
                  expected: no failed document
                  observed: 2 failed documents
                  samples: 49, 50
                  query: db.getSiblingDB("shop").getCollection("orders").find({total: {$gt: 480}})
          pass    count of shop.orders: 50 documents

          FAIL  1 of 2 checks of \(server.name) failed: failed_documents of shop.orders: 2 failed documents of 50 documents.

          """)
      #expect(bad.status == 1)
      #expect(try check(server, yaml, "--suite", "warned", in: folder).status == 0)
      #expect(try check(server, yaml, "--suite=warned", "--fail-on=warn", in: folder).status == 3)
      #expect(
        try check(server, yaml, "--suite=bad", "--param", "least=60", in: folder).output.contains(
          "fewer than 60"))

      let locked = try check(server, yaml, "--suite=locked", in: folder)
      #expect(
        locked.output.hasPrefix(
          "skipped validate of shop.orders: `validate` locks the collection, and this server is not a sandbox\n"
        ))
      #expect(locked.status == 5)
      let hidden = try check(server, yaml, "--suite=hidden", in: folder)
      #expect(hidden.output.hasPrefix("error   users: not authorized on admin"))
      #expect(hidden.status == 4)
      // A failure and no answer: the latter counts, as in a drill.
      #expect(try check(server, yaml, in: folder).status == 4)
      #expect(try check(server, "version: 1\nchecks: {}\n", in: folder).status == 5)
    }
  }

  @Test("prints a record that a later check can be compared with, and never a password")
  func record() throws {
    try withServer { server, folder in
      let metric = "- metric: {pipeline: [{$group: {_id: null, t: {$sum: $total}}}]"
      func yaml(_ more: String) -> String {
        "version: 1\nchecks:\n  s:\n    shop.orders:\n      \(metric)\(more)}\n"
      }
      let first = try check(server, yaml(""), "--output=json", in: folder)
      let record = try JSON.parse(first.output)
      #expect(record["verdict"] == "pass" && record["exit_code"] == 0 && record["status"] == "completed")
      #expect(record["environment"]?["server"]?["address"] == .string(server.name))
      #expect(record["summary"]?["sentence"] == .string("The one check of \(server.name) passed."))
      try Files.createFolder(Files.join(folder, "reports/monday"), parents: true)
      try Files.writeAtomically(first.output.utf8, to: Files.join(folder, "reports/monday/report.json"))

      let compared = yaml(", compare: baseline")
      let none = try check(server, compared, in: folder)
      #expect(none.errorOutput.contains(": a check compares with a baseline, and there is none\n"), "\(none)")
      #expect(none.status == 78)
      for run in ["monday", "reports/monday", "reports/monday/report.json"] {
        let same = try check(server, compared, "--baseline", run, in: folder)
        #expect(same.output.contains("12750, +0.0% from the baseline's 12750"), "\(same)")
        #expect(same.status == 0)
      }
      try server.owner.run(["insert": "orders", "documents": [["_id": 0, "total": 1000]]], on: "shop")
      #expect(try check(server, compared, "--baseline=monday", in: folder).status == 1)
      let lost = try check(server, compared, "--baseline=sunday", in: folder)
      #expect(
        lost.errorOutput == """
          mongodrill: there is no report of a run at sunday, and no run of that name in reports
          HINT: Give a report's folder, its report.json, or a run's id.

          """)
      #expect(lost.status == 64)

      let lines = try check(
        server,
        "version: 1\nchecks:\n  s:\n    shop:\n      - command: {argv: [sh, -c, 'echo $MONGODRILL_URI; env; exit 1']}\n",
        "--output=jsonl", in: folder)
      let events = try lines.output.split(separator: "\n").map { try JSON.parse(String($0)) }
      #expect(events.map { $0["event"] } == ["phase-started", "checked", "phase-ended", "result"])
      #expect(!lines.output.contains("hunter22"))
      #expect(lines.output.contains("mongodb://***@"))
      #expect(lines.status == 1)
    }
  }

  @Test("compares with a witness of the source, which stands in for the backup, too")
  func witness() throws {
    try withFolder { folder in
      let source = try LiveSource.start()
      defer { source.stop() }
      try source.pool.run(["insert": "c", "documents": [["_id": 1], ["_id": 2]]], on: "shop")
      try source.pool.run(["createIndexes": "c", "indexes": [["key": ["a": 1], "name": "a"]]], on: "shop")
      let witness = try Mongodrill.run("witness", "--uri", source.uri(), "-o", "w.json", "-q", in: folder)
      #expect(witness.status == 0, "\(witness)")
      try Files.writeAtomically(
        """
        version: 1
        checks:
          s:
            shop: [{collections: {compare: witness}}, collections]
            shop.c: [indexes, {options: {compare: witness}}, {storage: {compare: witness, indexes: 50%}}]

        """.utf8, to: Files.join(folder, "c.yaml"))
      func check() throws -> Mongodrill.Run {
        try Mongodrill.run("check", "c.yaml", "--uri", source.uri(), "--witness", "w.json", "-q", in: folder)
      }
      let same = try check()
      #expect(same.output.contains("pass    indexes of shop.c: 2 indexes, as in the witness\n"), "\(same)")
      #expect(same.status == 0)
      try source.pool.run(["dropIndexes": "c", "index": "a"], on: "shop")
      try source.pool.run(["create": "more"], on: "shop")
      let changed = try check()
      #expect(changed.output.contains("fail    collections: not expected: more\n"))
      #expect(changed.output.contains("fail    indexes of shop.c: missing: a\n"))
      #expect(changed.status == 1)
    }
  }

  @Test("takes a scenario, of which it asks the checks alone")
  func scenario() throws {
    try withServer { server, folder in
      let yaml = """
        version: 1
        title: A whole one
        backup: {path: nowhere}
        steps: [{restore: {}}, {run: {argv: [echo, "${sandbox.uri}"]}}, {check: []}]
        checks:
          core:
            shop.orders: [{count: {min: 1}}]
        rollbacks: [{run: {argv: [echo, "${verdict}"]}}]

        """
      let run = try check(server, yaml, in: folder)
      #expect(run.status == 0, "\(run)")
      try Files.createFolder(Files.join(folder, "shop"))
      try Files.writeAtomically(yaml.utf8, to: Files.join(folder, "shop/scenario.yaml"))
      let ofFolder = try Mongodrill.run(
        "check", "shop", "-q", "--uri", server.reader, in: folder)
      #expect(ofFolder.output.contains("pass    count of shop.orders: 50 documents"))
    }
  }

  @Test(
    "refuses what only a drill can ask, and what would write, by its place",
    arguments: [
      ("shop.orders: [{count: {compare: backup}}]", "6:39", "`compare: backup` where there is no backup"),
      ("shop.orders: [{metric: {pipeline: [{$out: x}]}}]", "6:43", "`$out` writes, and a check only reads"),
      (
        "shop.orders: [{count: {min: 1}, where: {$where: '1'}}]", "6:47",
        "`$where` runs code on a server that others use"
      ),
      ("shop: [{command: {argv: ['${sandbox.uri}']}}]", "6:32", "unknown parameter `sandbox.uri`"),
      ("shop.orders: [{cuont: {}}]", "6:22", "unknown check `cuont`"),
    ])
  func invalid(line: String, place: String, message: String) throws {
    try withFolder { folder in
      let yaml = "version: 1\nparameters: {}\ntitle: t\nchecks:\n  s:\n      \(line)\n"
      try Files.writeAtomically(yaml.utf8, to: Files.join(folder, "c.yaml"))
      let run = try Mongodrill.run("check", "c.yaml", "--uri", "mongodb://nowhere/", in: folder)
      #expect(run.errorOutput.contains("mongodrill: c.yaml:\(place): \(message)\n"), "\(run)")
      #expect(run.status == 78)
      #expect(run.output == "")
    }
  }

  @Test(
    "a wrong command line, a server that isn't there, wrong credentials: each with a hint and its exit status"
  )
  func unreachable() throws {
    try withServer { server, folder in
      let yaml = "version: 1\nchecks:\n  s:\n    shop.orders: [{count: {min: 1}}]\n"
      let gone = try check(
        server, yaml, in: folder, address: "mongodb://me:s3cret99@127.0.0.1:9/?serverSelectionTimeoutMS=300")
      #expect(gone.status == 4)
      #expect(gone.errorOutput.hasPrefix("mongodrill: 127.0.0.1:9 doesn't answer: "))
      #expect(
        gone.errorOutput.hasSuffix(
          "HINT: Is the address right, and can it be reached from here? TLS needs ?tls=true.\n"))
      #expect(!gone.errorOutput.contains("s3cret99"))
      let refused = try check(
        server, yaml, in: folder, address: server.reader.replacing("hunter22", with: "hunter23"))
      #expect(
        refused.errorOutput == """
          mongodrill: \(server.name) refuses the credentials: Authentication failed.
          HINT: Look at the user, the password and authSource in the URI.

          """)
      #expect(refused.status == 4)
      let malformed = try check(server, yaml, in: folder, address: "mongodb://u:s3cret@@x/")
      #expect(malformed.status == 64)
      #expect(!malformed.errorOutput.contains("s3cret"))
      let suite = try check(server, yaml, "--suite", "t", in: folder)
      #expect(suite.errorOutput.hasPrefix("mongodrill: there is no suite `t` in checks.yaml\n"))
      #expect(suite.status == 64)
      let none = try Mongodrill.run("check", "checks.yaml", in: folder)
      #expect(
        none.errorOutput == """
          mongodrill: there is no server: neither --uri nor MONGODRILL_SOURCE_URI is given
          HINT: Give its address, such as mongodb://HOST:27017/.

          """)
      #expect(none.status == 64)
      let seen = try Mongodrill.run("check", "checks.yaml", "--uri", server.reader, in: folder)
      #expect(
        seen.errorOutput.hasPrefix(
          "note: the password of --uri stays in the shell's history; MONGODRILL_SOURCE_URI keeps it hidden\n"
        ))
    }
  }

  @Test("ends soon on Ctrl-C, with the answers that there are; neither the server nor a command goes on")
  func interrupted() throws {
    try withServer { server, folder in
      let product = "{$lookup: {from: orders, pipeline: [], as: x}}, {$unwind: $x}, {$project: {x: 0}}"
      let yaml = """
        version: 1
        checks:
          s:
            shop:
              - collections: {required: [orders]}
              - command: {argv: [sh, -c, "echo $$ > pid; sleep 600"]}
            shop.orders:
              - metric: {pipeline: [\(product), \(product), \(product), \(product), \(product), {$count: n}]}

        """
      try Files.writeAtomically(yaml.utf8, to: Files.join(folder, "slow.yaml"))
      var environment = Mongodrill.environment
      environment["MONGODRILL_SOURCE_URI"] = server.reader
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "check", "slow.yaml", "--output=json"], environment: environment,
          workingDirectory: folder, output: .file(output), errorOutput: .file(Files.join(folder, "err"))))
      func running() -> Int {
        let pipeline: Value = [
          ["$currentOp": ["allUsers": true]], ["$match": ["command.aggregate": "orders"]],
        ]
        let reply = try? server.owner.all(["aggregate": 1, "pipeline": pipeline, "cursor": [:]], on: "admin")
        return reply?.count ?? 0
      }
      #expect(eventually { Files.exists(Files.join(folder, "pid")) && running() > 0 || !child.isAlive })
      child.signal(2)
      #expect(child.wait(timeout: 60) == .exited(130))
      let record = try JSON.parse(try Files.text(of: output))
      #expect(
        record["status"] == "aborted" && record["verdict"] == "inconclusive" && record["exit_code"] == 130)
      guard case .array(let checks)? = record["checks"] else { return #expect(Bool(false), "\(record)") }
      #expect(checks.first?["kind"] == "collections")
      #expect(eventually { running() == 0 })
      let pid = try Files.text(of: Files.join(folder, "pid")).filter { $0 != "\n" }
      // By its words: on a busy machine its number may be another's by now.
      #expect(
        eventually { (try? Files.text(of: "/proc/\(pid)/cmdline"))?.contains("echo $$ > pid") != true })
    }
  }
}

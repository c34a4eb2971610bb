import Platform
import TestSupport
import Testing

@Suite("Reports of a run", .tags(.mongod))
struct ReportTests {
  @Test("are written in the formats that were asked for, and drawn again by folder, file, id and name")
  func formats() throws {
    try withFolder { (folder: String) throws in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run(
        "run", "dump", "-q", "--format", "html", "--format", "junit", "--format=csv", "--format", "html",
        "--sandbox-dir", ".", in: folder)
      #expect(run.status == 0)
      let id = try #require(runs(in: folder).first)
      let names = ["checks.csv", "junit.xml", "report.html", "report.json", "report.md"]
      #expect(try Files.names(in: Files.join(folder, "reports/\(id)")) == names)

      for source in ["latest", id, "reports/\(id)", "reports/\(id)/", "reports/\(id)/report.json"] {
        for (format, name) in [("json", "report.json"), ("markdown", "report.md"), ("html", "report.html")] {
          let drawn = try Mongodrill.run("report", source, "--format", format, in: folder)
          #expect(drawn.status == 0)
          #expect(
            drawn.output == (try Files.text(of: Files.join(folder, "reports/\(id)/\(name)"))), "\(source)")
        }
      }
      let written = try Mongodrill.run("report", "latest", "--format", "junit", "-o", "out.xml", in: folder)
      #expect(written.status == 0 && written.output == "")
      let text = try Files.text(of: Files.join(folder, "out.xml"))
      #expect(text == (try Files.text(of: Files.join(folder, "reports/\(id)/junit.xml"))))
      #expect(try Mongodrill.run("report", "latest", in: folder).output.hasPrefix("# PASS: "))
    }
  }

  @Test("of no run, and in no format, are refused with a hint")
  func refused() throws {
    try withFolder { (folder: String) throws in
      let none = try Mongodrill.run("report", "latest", in: folder)
      #expect(none.status == 64)
      #expect(none.errorOutput.hasPrefix("mongodrill: there is no run in reports\nHINT: "))
      let unknown = try Mongodrill.run("report", "nowhere", "--report-dir", "x", in: folder)
      #expect(unknown.status == 64)
      #expect(unknown.errorOutput.contains("no report of a run at nowhere, and no run of that name in x"))
      let format = try Mongodrill.run("report", "latest", "--format", "htlm", in: folder)
      #expect(format.status == 64)
      #expect(format.errorOutput.contains("html"))
      let lines = try Mongodrill.run("run", "dump", "--format", "github-annotations", in: folder)
      #expect(lines.status == 64)
      #expect(try Files.names(in: folder).isEmpty)
    }
  }

  @Test("tell a program, which gets the record and the verdict, and its arguments as they are")
  func notified() throws {
    try withFolder { (folder: String) throws in
      _ = try Dump(in: folder)
      try script(
        "cat > record.json; printf '%s|' \"$@\" \"$MONGODRILL_VERDICT\" \"$MONGODRILL_EXIT_CODE\" > words",
        folder)
      let run = try Mongodrill.run(
        "run", "dump", "-q", "--notify", "./tell.sh", "--notify-arg", "two words", "--notify-arg=$(id)",
        "--sandbox-dir", ".", in: folder)
      #expect(run.status == 0, "\(run.errorOutput)")
      let id = try #require(runs(in: folder).first)
      #expect(try Files.text(of: Files.join(folder, "words")) == "two words|$(id)|pass|0|")
      let record = try Files.text(of: Files.join(folder, "record.json"))
      #expect(record == (try Files.text(of: Files.join(folder, "reports/\(id)/report.json"))))
    }
  }

  @Test("that nobody hears of are no pass: the notifier's last words are shown, and the exit code is 6")
  func unheard() throws {
    try withFolder { (folder: String) throws in
      _ = try Dump(in: folder)
      try script("echo started; echo no route to the pager >&2; exit 3", folder)
      let run = try Mongodrill.run(
        "run", "dump", "-q", "--notify", "./tell.sh", "--sandbox-dir", ".", in: folder)
      #expect(run.status == 6)
      #expect(run.output.hasPrefix("PASS  "))
      #expect(run.errorOutput.contains("failed, exit status 3: no route to the pager\nHINT: "))

      try script(
        "echo \"no route to $PAGER_TOKEN by $1 at https://me:$PAGER_TOKEN@pager/\" >&2; exit 3", folder)
      let secret = try Mongodrill.run(
        "run", "dump", "-q", "--notify", "./tell.sh", "--notify-arg=--password=of-the-pager", "--sandbox-dir",
        ".", environment: Mongodrill.environment.merging(["PAGER_TOKEN": "token-of-the-night"]) { $1 },
        in: folder
      )
      #expect(
        secret.errorOutput.contains(
          "exit status 3: no route to *** by --password=*** at https://***@pager/\nHINT: "),
        "\(secret.errorOutput)")

      let missing = try Mongodrill.run("run", "dump", "-q", "--notify", "./nobody", in: folder)
      #expect(missing.status == 64)
      #expect(missing.errorOutput.hasPrefix("mongodrill: there is no program ./nobody"))
      let alone = try Mongodrill.run("run", "dump", "-q", "--notify-arg", "x", in: folder)
      #expect(alone.status == 64)
      #expect(try runs(in: folder).count == 2)
    }
  }

  @Test(
    "whose notifier doesn't end are given up after a minute, and the exit code is 6",
    .fullRun)
  func endless() throws {
    try withFolder { (folder: String) throws in
      _ = try Dump(in: folder)
      try script("echo $$ > pid; exec sleep 600", folder)
      let run = try Mongodrill.run(
        "run", "dump", "-q", "--notify", "./tell.sh", "--sandbox-dir", ".", in: folder)
      #expect(run.status == 6 && run.output.hasPrefix("PASS  "))
      #expect(run.errorOutput.contains("it took longer than 1m 00s"), "\(run.errorOutput)")
      let pid = try Files.text(of: Files.join(folder, "pid")).filter(\.isNumber)
      #expect(!Files.exists("/proc/\(pid)"))
    }
  }

  @Test("of a failed drill reach the notifier, too, and its exit code stays the drill's")
  func failed() throws {
    try withFolder { (folder: String) throws in
      try script("cat > record.json; exit 1", folder)
      let run = try Mongodrill.run("run", "missing", "-q", "--notify", "./tell.sh", in: folder)
      #expect(run.status == 66)
      #expect(try JSON.parse(Files.text(of: Files.join(folder, "record.json")))["exit_code"] == 66)
    }
  }

  @Test(
    "as metrics keep the last success through a failed drill; where they can't be written the exit code is 6")
  func metrics() throws {
    try withFolder { (folder: String) throws in
      _ = try Dump(in: folder)
      func success() throws -> Double? {
        let text = try Files.text(of: Files.join(folder, "metrics/mongodrill-dump.prom"))
        let value = text.firstMatch(of: /mongodrill_last_success_timestamp_seconds\{.*\} (.*)/)?.output.1
        return value.flatMap { Double($0) }
      }
      try Files.createFolder(Files.join(folder, "metrics"))
      let options = ["-q", "--prometheus", "metrics", "--sandbox-dir", "."]
      #expect(try Mongodrill.run(["run", "dump"] + options, in: folder).status == 0)
      let first = try #require(try success())
      #expect(first > 1_700_000_000)
      try Files.removeTree(Files.join(folder, "dump"))
      #expect(try Mongodrill.run(["run", "dump"] + options, in: folder).status == 66)
      let latest = try Mongodrill.run(
        "report", "latest", "--format", "prometheus", "-o", "new.prom", in: folder)
      #expect(latest.status == 0)
      #expect(try success() == first)
      #expect(
        try Files.text(of: Files.join(folder, "new.prom")).contains(
          "mongodrill_success{scenario=\"dump\"} 0\n"))

      _ = try Dump(in: folder)
      let unwritable = try Mongodrill.run(
        "run", "dump", "-q", "--prometheus", "nowhere", "--sandbox-dir", ".", in: folder)
      #expect(unwritable.status == 6)
      #expect(unwritable.errorOutput.contains("cannot write the metrics to nowhere/mongodrill-dump.prom"))
    }
  }

  private func script(_ body: String, _ folder: String) throws {
    try Files.writeAtomically("#!/bin/sh\n\(body)\n".utf8, to: Files.join(folder, "tell.sh"), mode: 0o755)
  }
}

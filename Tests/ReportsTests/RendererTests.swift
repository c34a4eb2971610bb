import Glibc
import Platform
import Record
import Reports
import Testing

@Suite("Reports")
struct RendererTests {
  @Test("in Markdown of a drill that passed")
  func passing() {
    #expect(Renderer.markdown.draw(passingRecord()) == passingMarkdown)
  }

  @Test("in Markdown of a drill that failed")
  func failing() {
    #expect(Renderer.markdown.draw(failingRecord()) == failingMarkdown)
  }

  @Test("in Markdown of a recovery to several targets, the last of which was searched for")
  func replaying() {
    let text = Renderer.markdown.draw(replayingRecord())
    #expect(text.contains(replayingMarkdown), "\(text)")
    #expect(
      text.hasPrefix("# PASS: Shop, the whole base\n\n**The backup can be recovered to 1795259694:300 (2026-")
    )
    #expect(
      text.contains("| `shop.orders` | 5,837 | 900 kB | 2 | 5,000 in the backup |"))
  }

  @Test(
    "in Markdown count one entry in the singular",
    arguments: [(1, "1 entry was read"), (2, "2 entries were read")])
  func entries(count: Int, words: String) {
    var record = replayingRecord()
    record.replay?.earlier = []
    record.replay?.entries = count
    #expect(Renderer.markdown.draw(record).contains(words))
  }

  @Test("in JSON is the record, and ends with a newline")
  func json() throws {
    let text = Renderer.json.draw(failingRecord())
    #expect(text.hasSuffix("\n}\n"))
    #expect(try DrillRecord(reportAt: "report.json", Array(text.utf8)) == failingRecord())
  }

  @Test("in Markdown show a record in which nothing happened")
  func empty() {
    let text = Renderer.markdown.draw(DrillRecord())
    #expect(text.hasPrefix("# INCONCLUSIVE: "))
    #expect(text.contains("None was made."))
  }

  @Test("say the command that loads an export, with --gzip where mongorestore would pass over its files")
  func exports() {
    var record = passingRecord()
    var export = DrillRecord.Export()
    export.path = "/reports/a b/exports/lost"
    record.exports = [export]
    #expect(Renderer.markdown.draw(record).contains("`mongorestore '/reports/a b/exports/lost'`"))
    record.exports[0].gzip = true
    #expect(Renderer.markdown.draw(record).contains("`mongorestore --gzip '/reports/a b/exports/lost'`"))
    #expect(!Renderer.markdown.draw(record).contains("merge by"))
    record.exports[0].changes = ["u"]
    #expect(Renderer.markdown.draw(record).contains("merge by `_id`"))
  }

  @Test("in Markdown stay readable with thousands of collections")
  func many() {
    var record = passingRecord()
    record.backup.collections = (0..<5000).map {
      DrillRecord.Collection(
        source: "db.c\($0)", target: "db.c\($0)", documents: 2, bytes: $0, inserted: 2, indexes: 0)
    }
    let text = Renderer.markdown.draw(record)
    #expect(text.utf8.count < 10_000)
    #expect(text.contains("… and 4,940 smaller ones with 9,880 documents, in report.json."))
    #expect(text.contains("`db.c4999`") && !text.contains("`db.c1`"))
  }

  @Test("have formats with a name each, and a hint for a name misspelt")
  func names() throws {
    #expect(Set(Renderer.all.map(\.name)).count == Renderer.all.count)
    #expect(try Renderer.named("markdown").fileName == "report.md")
    #expect { try Renderer.named("markdwon") } throws: { error in
      (error as? Failure)?.hint == "Did you mean \"markdown\"?"
    }
  }
}

@Suite("A run's folder")
struct RunFolderTests {
  @Test("is its own, also for two runs of one second, and only its owner may read it")
  func folders() throws {
    let parent = try temporaryFolder()
    defer { try? Files.removeTree(parent) }
    let time = try #require(WallTime(rfc3339: "2026-11-21T13:04:49Z"))
    let reports = Files.join(parent, "deep/reports")
    let first = try RunFolder(of: "shop", at: time, in: reports)
    let second = try RunFolder(of: "shop", at: time, in: reports)
    #expect(first.id == "20261121T130449Z-shop")
    #expect(second.id == "20261121T130449Z-shop-2")
    try second.write(passingRecord())
    #expect(try Files.names(in: second.path) == ["report.json", "report.md"])
    #expect(try Files.names(in: first.path).isEmpty)
    #expect(mode(of: second.path) == 0o700)
    #expect(mode(of: Files.join(second.path, "report.json")) == 0o600)
    #expect(try Files.text(of: Files.join(second.path, "report.md")) == passingMarkdown)
  }

  @Test("that can't be made ends the drill before it begins")
  func unwritable() throws {
    #expect { try RunFolder(of: "x", at: .now, in: "/dev/null/reports") } throws: { error in
      (error as? Failure)?.code == "no-report-folder"
    }
  }
}

private func temporaryFolder() throws -> String {
  let path = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
  try Files.createFolder(path)
  return path
}

private func mode(of path: String) -> mode_t {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

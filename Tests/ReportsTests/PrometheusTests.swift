import Platform
import Record
import Reports
import Testing

@Suite("The textfile collector's file")
struct PrometheusTests {
  @Test("keeps the last success through failed runs, and takes the next one")
  func lastSuccess() throws {
    try withFolder { (folder: String) throws in
      func success(_ record: DrillRecord) throws -> Substring? {
        let path = try TextfileCollector.write(record, in: folder)
        #expect(path == Files.join(folder, "mongodrill-shop.prom"))
        return try Files.text(of: path).firstMatch(
          of: /mongodrill_last_success_timestamp_seconds\{scenario="shop"\} (.*)/)?.output.1
      }
      #expect(try success(failingRecord()) == "0")
      #expect(try success(passingRecord()) == "1795266292.500")
      #expect(try success(failingRecord()) == "1795266292.500")
      #expect(try success(failingRecord()) == "1795266292.500")
      var next = passingRecord()
      next.endedAt = WallTime(rfc3339: "2026-11-28T13:04:52Z")!
      #expect(try success(next) == "1795871092")
      #expect(try Files.names(in: folder) == ["mongodrill-shop.prom"])
    }
  }

  @Test("is another one for each name, also for names that can't stand in a file's")
  func names() throws {
    try withFolder { (folder: String) throws in
      for name in ["a b", "a-b", "a/b", "../a"] {
        var record = passingRecord()
        record.scenario.name = name
        try TextfileCollector.write(record, in: folder)
      }
      let names = try Files.names(in: folder)
      #expect(names.count == 4)
      #expect(names.contains("mongodrill-a-b.prom"))
    }
  }

  @Test("that can't be written is named with its folder")
  func unwritable() {
    #expect { try TextfileCollector.write(passingRecord(), in: "/nowhere") } throws: { error in
      (error as? Failure)?.code == "metrics-not-written"
    }
  }

  @Test("counts phases of one name together")
  func phases() {
    var record = passingRecord()
    record.phases += [Phase("restore", seconds: 1.5, documents: 10)]
    let text = Renderer.prometheus.draw(record)
    #expect(text.contains("mongodrill_phase_duration_seconds{scenario=\"shop\",phase=\"restore\"} 3.500\n"))
    #expect(text.contains("mongodrill_phase_documents{scenario=\"shop\",phase=\"restore\"} 5010\n"))
  }
}

import Platform
import Record
import Reports
import Testing

private let example = Files.join(repository, "reports/example")

@Suite("The example in reports/example")
struct ExampleTests {
  @Test("is what the code draws of its report.json, in every format", arguments: Renderer.all.map(\.name))
  func drawn(name: String) throws {
    let renderer = try Renderer.named(name)
    let file = Files.join(example, "report.json")
    let bytes = try Files.read(file)
    let record = try DrillRecord(reportAt: file, bytes)
    let text = try Files.text(of: Files.join(example, renderer.fileName ?? "annotations.txt"))
    // The record is handed on as it is: it may lack keys that came later.
    let drawn =
      name == "json"
      ? String(decoding: bytes, as: UTF8.self) : renderer.draw(record, digest: SHA256.hex(of: bytes))
    #expect(text == drawn, "scripts/draw-example draws it anew")
    #expect(try DrillRecord(reportAt: file, Array(Renderer.json.draw(record).utf8)) == record)
  }

  @Test("holds nothing else")
  func complete() throws {
    let names = try Files.names(in: example)
    #expect(Set(names) == Set(Renderer.all.map { $0.fileName ?? "annotations.txt" }))
  }
}

@Suite("docs/reports.md")
struct DocumentationTests {
  @Test("has every format and every gauge")
  func complete() throws {
    let text = try Files.text(of: Files.join(repository, "docs/reports.md"))
    for renderer in Renderer.all {
      #expect(text.contains("`\(renderer.name)`"), "\(renderer.name)")
      if let name = renderer.fileName { #expect(text.contains("`\(name)`"), "\(name)") }
    }
    let gauges = Renderer.prometheus.draw(everything()).matches(of: /# TYPE mongodrill_([a-z_]+) gauge/)
    #expect(gauges.count > 20)
    for gauge in gauges {
      // Those of the RPO are those of the RTO.
      let name = gauge.output.1.replacing(/^rpo_/, with: "rto_")
      #expect(text.contains("`\(name)`") || text.contains("`\(name){"), "\(name)")
    }
  }
}

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
    let record = try DrillRecord(reportAt: file, try Files.read(file))
    let text = try Files.text(of: Files.join(example, renderer.fileName ?? "annotations.txt"))
    #expect(text == renderer.draw(record), "scripts/draw-example draws it anew")
  }

  @Test("holds nothing else")
  func complete() throws {
    let names = try Files.names(in: example)
    #expect(Set(names) == Set(Renderer.all.map { $0.fileName ?? "annotations.txt" }))
  }
}

import Platform
import Record
import Reports
import Testing

@Suite("The example in reports/example")
struct ExampleTests {
  private static let folder = Files.join(repository, "reports/example")

  @Test("is what the code draws of its report.json, in every format", arguments: Renderer.all.map(\.name))
  func drawn(name: String) throws {
    let renderer = try Renderer.named(name)
    let file = Files.join(Self.folder, "report.json")
    let record = try DrillRecord(reportAt: file, try Files.read(file))
    let example = Files.join(Self.folder, renderer.fileName ?? "annotations.txt")
    #expect(try Files.text(of: example) == renderer.draw(record), "scripts/draw-example draws it anew")
  }

  @Test("holds nothing else")
  func complete() throws {
    #expect(
      try Set(Files.names(in: Self.folder)) == Set(Renderer.all.map { $0.fileName ?? "annotations.txt" }))
  }
}

import Platform
import TestSupport
import Testing

/// The scenarios that come with the program.
let bundledScenarios = Files.join(
  Files.folder(of: Files.folder(of: Files.folder(of: #filePath))), "scenarios")

@Suite("The bundled scenarios", .tags(.mongod))
struct BundledScenariosTests {
  @Test("pass as they are", arguments: try Files.names(in: bundledScenarios))
  func pass(name: String) throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "run", Files.join(bundledScenarios, name), "-q", "--report-dir", Files.join(folder, "reports"),
        "--sandbox-dir", folder, "--fail-on", "warn", in: folder)
      #expect(run.status == 0, "\(run.output)\(run.errorOutput)")
      #expect(run.output.hasPrefix("PASS  "), "\(run.output)")
      #expect(try Files.names(in: folder) == ["reports"])
    }
  }

  @Test("say in a README what they rehearse", arguments: try Files.names(in: bundledScenarios))
  func described(name: String) throws {
    let folder = Files.join(bundledScenarios, name)
    let lint = try Mongodrill.run("lint", folder)
    #expect(lint.status == 0, "\(lint.output)")
    #expect(try Files.text(of: Files.join(folder, "README.md")).hasPrefix("# "))
  }
}

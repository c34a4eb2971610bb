import Platform
import Record
import Reports
import TestSupport
import Testing

/// Chromium is heavy: it is asked only by `scripts/test --full`, and has to be there then.
@Suite("A page in a browser", .fullRun, .serialized)
struct BrowserTests {
  @Test("runs no script, asks for nothing, and shows the verdict")
  func shown() throws {
    var record = everything()
    record.scenario.title = "<script>document.title = 'run'</script>"
    let page = try chromium("--dump-dom", record)
    #expect(page.contains("<title>FAIL: &lt;script&gt;document.title = 'run'&lt;/script&gt;</title>"))
    #expect(page.contains("What to do next"))
  }

  @Test("is printed with everything that is folded on the screen")
  func printed() throws {
    try withFolder { (folder: String) throws in
      let file = Files.join(folder, "page.pdf")
      _ = try chromium("--print-to-pdf=\(file)", manyChecks())
      let text = try Supervisor.shared.capture(
        ChildSpec([try #require(Programs.find("pdftotext", path: Environment["PATH"])), file, "-"]),
        timeout: 60)
      #expect(text.output.text.contains("999 documents, as in the"))
      #expect(text.output.text.contains("Sign-off"))
    }
  }

  private func chromium(_ mode: String, _ record: DrillRecord) throws -> String {
    try withFolder { (folder: String) throws in
      let page = Files.join(folder, "report.html")
      try Files.writeAtomically(Renderer.html.draw(record).utf8, to: page)
      let program = try #require(
        Programs.find("chromium", path: Environment["PATH"]), "install Debian's package chromium")
      let run = try Supervisor.shared.capture(
        ChildSpec([
          program, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/profile",
          mode,
          "file://\(page)",
        ]), limit: 64 << 20, timeout: 120)
      #expect(run.status == .exited(0))
      return run.output.text
    }
  }
}

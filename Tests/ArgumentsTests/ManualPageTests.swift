import Arguments
import Platform
import Testing

@Suite("The manual page")
struct ManualPageTests {
  private static let page = Workshop.syntax.manualPage(
    version: "1.2.3", date: "2026-11-21", sections: [.init("FILES", [("~/wood", "Where the wood is.")])])

  @Test("is accepted by mandoc and groff without a warning")
  func lint() throws {
    try Shells.withFolder { folder in
      let file = Files.join(folder, "workshop.1")
      try Files.writeAtomically(ManualPageTests.page.utf8, to: file)
      #expect(try Shells.run(["mandoc", "-Tlint", "-W", "warning", file]) == "")
      _ = try Shells.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file])
    }
  }

  @Test("reads as it was written, with its dots, quotes, backslashes and dashes")
  func text() throws {
    let text = try Shells.withFolder { folder in
      let file = Files.join(folder, "workshop.1")
      try Files.writeAtomically(ManualPageTests.page.utf8, to: file)
      return try Shells.run(["mandoc", "-Tutf8", "-O", "width=100", file])
    }
    let plain = text.replacing(#/.\u{8}/#, with: "")
    for line in [
      "workshop - makes things of wood", ".dots and 'quotes' may begin a line, and \\ stands for itself.",
      "-o, --out DIR", "Where to. By default here.", "workshop saw chair.plan --wood ash", "~/wood",
      "workshop saw PLAN [OPTION]… [-- COMMAND [ARG]…]", "workshop 1.2.3", "2026-11-21",
    ] {
      #expect(plain.contains(line), "\(line)")
    }
  }
}

import Platform
import Record
import Reports
import Testing

@Suite("Hostile text")
struct HostileTests {
  /// What names and values may hold.
  static let texts = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'/><svg/onload=alert(1)>",
    "]]><!-- & &lt; &#0; <![CDATA[", "</pre></style></title><h1>x", "javascript:alert(1)",
    "**bold** _it_ [a](javascript:alert(1)) ![i](http://evil.example/x)",
    "http://evil.example www.evil.example a@b.example",
    "| cell | `code` ``` ~~~ # head", "# head", "1. one", "- item", "> quote", "```", "\\", "\\|",
    "\u{1B}[31mred\u{1B}[0m \u{7}\u{8}\u{0}", "line\nnext\r\n\n## head\n- item\r::error::x\n\n<b>",
    "\u{202E}txt.exe\u{2066}\u{200B}\u{FEFF}", "\u{2028}\u{2029}\u{85}\u{FFFE}\u{FFFF}\u{E000}",
    "=HYPERLINK(\"http://evil.example\")", "+1+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1",
    "a,b;c\"d", "x\"} 1\nmongodrill_success{scenario=\"y", "%0A::warning title=a,b:c::d",
    "{{7*7}}${jndi:ldap://x}",
  ]

  @Test(
    "in every name and value leaves the reports' shape as it is, and shows letter by letter", arguments: texts
  )
  func harmless(text: String) throws {
    let all = try Self.seen.get()
    let seen = try #require(all[text]).get()
    let plain = try #require(all[Self.plain]).get()
    for renderer in readFormats {
      let (hostile, harmless) = (try #require(seen[renderer.name]), try #require(plain[renderer.name]))
      #expect(hostile.shape == harmless.shape, "\(renderer.name)")
      #expect(!hostile.shape.isEmpty)
      // A phase has a name, too, so that each format shows it somewhere.
      let shown = hostile.texts.contains { $0.contains(text.visible) || $0.contains(text.visible.trimmed) }
      #expect(shown, "\(renderer.name) doesn't show \(text.visible)")
    }
  }

  @Test(
    "leaves no control character and nothing that turns the writing round in any format", arguments: texts)
  func visible(text: String) throws {
    let record = try record(holding: text)
    for renderer in Renderer.all {
      let isCSV = renderer.name.hasPrefix("csv")
      for scalar in renderer.draw(record).unicodeScalars where scalar != "\n" && !(isCSV && scalar == "\r") {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
          Issue.record("\(renderer.name) holds \(scalar.value)")
        default: break
        }
      }
    }
  }

  @Test("starts no command of a GitHub workflow", arguments: texts)
  func annotations(text: String) throws {
    let lines = Renderer.githubAnnotations.draw(try record(holding: text)).split(separator: "\n")
    #expect(
      lines.count == Renderer.githubAnnotations.draw(try record(holding: "x")).split(separator: "\n").count)
    for line in lines {
      let match = try #require(
        line.wholeMatch(of: /::(error|warning|notice) title=([^:,]*)::(.*)/), "\(line)")
      #expect(match.output.2.unicodeScalars.allSatisfy { $0.value >= 0x20 })
      // A percent sign stands for nothing but itself.
      #expect(match.output.3.replacing("%25", with: "").contains("%") == false)
    }
  }

  /// What everything else is compared with.
  private static let plain = "x"

  /// What the readers see of each text's record: they are started once for all of them.
  private static let seen = Result {
    let all = [plain] + texts
    return Dictionary(uniqueKeysWithValues: zip(all, try read(all.map { try record(holding: $0) })))
  }
}

/// A record with every part filled, in which every name and every value is `text`.
private func record(holding text: String) throws -> DrillRecord {
  func changed(_ json: JSON, key: String) -> JSON {
    switch json {
    // What the record's readers take only as it is.
    case .string
    where ["status", "verdict", "result", "started_at", "ended_at", "wall_time", "schema_version"].contains(
      key):
      json
    case .string: .string(text)
    case .array(let values): .array(values.map { changed($0, key: key) })
    case .object(let members) where ["applied", "skipped"].contains(key):
      .object(members.prefix(1).map { JSON.Member(text, changed($0.value, key: key)) })
    case .object(let members): .object(members.map { JSON.Member($0.key, changed($0.value, key: $0.key)) })
    default: json
    }
  }
  return try DrillRecord(json: changed(everything().json, key: ""))
}

extension String {
  /// Without spaces at its ends: Markdown doesn't keep them.
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}

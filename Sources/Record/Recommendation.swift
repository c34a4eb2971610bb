extension DrillRecord {
  /// What somebody should look at, from a rule that is stated in the docs. It is no part of the verdict.
  package struct Recommendation: RecordPart {
    /// The rule's stable name: `slow-phase`, `thin-coverage`, `stale-drill`, `low-disk`, …
    package var rule = ""
    /// One sentence in lower case without a full stop: what was seen.
    package var message = ""
    /// What to do, as a sentence.
    package var advice = ""

    package init() {}
    package init(_ rule: String, _ message: String, advice: String) {
      self.rule = rule
      self.message = message
      self.advice = advice
    }

    package static var fields: [RecordField<Recommendation>] {
      [RecordField("rule", \.rule), RecordField("message", \.message), RecordField("advice", \.advice)]
    }
  }

  /// A file that the backup consists of.
  package struct FileDigest: RecordPart {
    /// Below the paths that the user gave.
    package var path = ""
    package var bytes = 0
    /// In hexadecimal digits.
    package var sha256 = ""

    package init() {}
    package init(path: String, bytes: Int, sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }

    package static var fields: [RecordField<FileDigest>] {
      [RecordField("path", \.path), RecordField("bytes", \.bytes), RecordField("sha256", \.sha256)]
    }
  }
}

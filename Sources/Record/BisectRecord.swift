package import Platform

extension DrillRecord {
  /// The search for the last moment at which checks pass.
  package struct Bisect: RecordPart {
    /// The suites that were asked.
    package var suites: [String] = []
    /// The interval that was searched, both ends included.
    package var from = ""
    package var to = ""
    /// Entries in it that can change something, behind its start.
    package var candidates = 0
    /// How often the backup was restored for it.
    package var rounds = 0
    /// The last moment at which the suites pass; nil when they passed at none that was asked.
    package var lastGood: String?
    /// The entry that breaks them; nil when they pass at the interval's end, or at no moment.
    package var firstBad: Entry?
    /// Whether no moment was seen at which they pass after one at which they don't. Moments that were not asked can
    /// be otherwise.
    package var monotone = true
    /// The moments that were asked, in the order of the asking.
    package var probes: [Probe] = []

    package init() {}

    /// What was found, as a sentence.
    package var sentence: String {
      let names = suites.joined(separator: ", ")
      guard let lastGood else { return "\(names): passes at no moment that was asked." }
      guard let firstBad else { return "\(names): nothing breaks it through \(lastGood)." }
      return
        "\(names): passes through \(lastGood), and the entry at \(firstBad.timestamp) breaks it: \(firstBad.title)."
    }

    package static var fields: [RecordField<Bisect>] {
      [
        RecordField("suites", \.suites), RecordField("from", \.from), RecordField("to", \.to),
        RecordField("candidates", \.candidates), RecordField("rounds", \.rounds),
        RecordField("last_good", \.lastGood), RecordField("first_bad", \.firstBad),
        RecordField("monotone", \.monotone), RecordField("probes", \.probes),
      ]
    }
  }

  /// One moment at which the suites of a search were asked.
  package struct Probe: RecordPart {
    /// Through which entry everything was applied.
    package var through = ""
    /// The round it belongs to, from 1.
    package var round = 0
    package var passed = false
    /// The checks that did not pass: the first few.
    package var failed: [String] = []

    package init() {}
    package init(through: String, round: Int, failed: [String]) {
      self.through = through
      self.round = round
      passed = failed.isEmpty
      self.failed = Array(failed.prefix(5))
    }

    package static var fields: [RecordField<Probe>] {
      [
        RecordField("through", \.through), RecordField("round", \.round), RecordField("passed", \.passed),
        RecordField("failed", \.failed),
      ]
    }
  }

  /// An entry of the oplog.
  package struct Entry: RecordPart {
    package var timestamp = ""
    /// When the source's clock said it was; nil where that was not recorded.
    package var wallTime: WallTime?
    /// `insert`, `update`, `delete`, a command's name, or `transaction` of several operations.
    package var operation = ""
    /// What it is about; of a transaction, its first operation.
    package var namespace: String?
    package var id: String?
    /// How many operations it has: more than one only for a transaction.
    package var operations = 1

    package init() {}

    /// `delete in shop.customers, _id 17`, `drop of shop.products`, `transaction of 3 operations, the first in …`.
    package var title: String {
      let place =
        namespace.map { (["insert", "update", "delete"].contains(operation) ? " in " : " of ") + $0 } ?? ""
      if operations > 1 { return "transaction of \(Count.text(operations)) operations, the first\(place)" }
      return operation + place + (id.map { ", _id \($0)" } ?? "")
    }

    package static var fields: [RecordField<Entry>] {
      [
        RecordField("timestamp", \.timestamp), RecordField("wall_time", \.wallTime),
        RecordField("operation", \.operation), RecordField("namespace", \.namespace), RecordField("id", \.id),
        RecordField("operations", \.operations),
      ]
    }
  }
}

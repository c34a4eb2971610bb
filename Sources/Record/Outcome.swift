package import Platform

/// What one check found.
package struct Outcome: Sendable, Hashable {
  /// The answer.
  package enum Result: String, Sendable, Hashable, CaseIterable {
    case pass
    case warn
    case fail
    /// It could not be asked: not the data's fault, and never a pass.
    case error
    /// It was not asked, for a stated reason; it blocks a pass.
    case skipped
  }

  /// The check's kind, such as `count`.
  package var kind: String
  /// The suite that it stands in, such as `core`.
  package var suite: String
  /// The collection it is about, as `database.collection`; nil when about all of them.
  package var namespace: String?
  /// What a person calls it; the kind when nothing else was said.
  package var name: String
  package var result: Result
  /// One sentence: what was found.
  package var message: String
  /// The measured figure or figures, in a pass as well.
  package var measured: JSON
  /// What was expected, as text.
  package var expected: String?
  /// What was observed, as text.
  package var observed: String?
  /// `_id`s of documents that show it, as Extended JSON; few.
  package var samples: [String]
  /// A line for mongosh that shows it again.
  package var query: String?
  /// How long it took.
  package var seconds: Double
  /// What it was to look at and did not, as a sentence for what was not verified. A record has it there alone.
  package var leftOut: String?
  /// Whether it passes whatever the data is: it only notes a figure, or that something isn't there.
  package var figureOnly = false

  package init(
    kind: String, suite: String, namespace: String?, name: String, result: Result, message: String,
    measured: JSON = .null, expected: String? = nil, observed: String? = nil, samples: [String] = [],
    query: String? = nil, seconds: Double = 0
  ) {
    self.kind = kind
    self.suite = suite
    self.namespace = namespace
    self.name = name
    self.result = result
    self.message = message
    self.measured = measured
    self.expected = expected
    self.observed = observed
    self.samples = samples
    self.query = query
    self.seconds = seconds
  }

  /// Whether a figure was noted and nothing was asked of it: that proves nothing.
  package var isFigureAlone: Bool { result == .pass && figureOnly }
}

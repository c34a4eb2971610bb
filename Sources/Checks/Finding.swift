package import Platform
package import Record

/// What a check found, before thresholds make an outcome of it.
package struct Finding: Sendable {
  /// The number that `warn_if` and `error_if` judge.
  package var figure: Double
  /// What the figure is a part of, for thresholds in percent; nil when it is a part of nothing.
  package var total: Int?
  /// With neither `warn_if` nor `error_if`, a figure above this fails; nil when the figure alone says nothing.
  package var failsAbove: Double?
  /// The kind's own judgement: the outcome is no better, whatever the thresholds say.
  package var least: Outcome.Result
  /// How many documents (or references) it looked at; 0 is no answer unless `allow_empty`. Nil when it doesn't
  /// look at documents.
  package var examined: Int?
  /// One sentence: what was found.
  package var message: String
  /// The figures.
  package var measured: JSON
  package var expected: String?
  package var observed: String?
  /// `_id`s of documents that show it, as Extended JSON.
  package var samples: [String] = []
  /// A line for mongosh that shows it again.
  package var query: String?
  /// What it was to look at and did not, as a phrase.
  package var leftOut: String?
  /// Whether it would pass whatever the data is, as long as no threshold judges its figure.
  package var figureOnly = false

  package init(
    figure: Double, of total: Int? = nil, failsAbove: Double? = 0, least: Outcome.Result = .pass,
    examined: Int? = nil,
    message: String, measured: JSON, expected: String? = nil, observed: String? = nil
  ) {
    self.figure = figure
    self.total = total
    self.failsAbove = failsAbove
    self.least = least
    self.examined = examined
    self.message = message
    self.measured = measured
    self.expected = expected
    self.observed = observed
  }

  /// With a figure that counts something.
  package init(
    figure: Int, of total: Int? = nil, failsAbove: Double? = 0, least: Outcome.Result = .pass,
    examined: Int? = nil,
    message: String, measured: JSON, expected: String? = nil, observed: String? = nil
  ) {
    self.init(
      figure: Double(figure), of: total, failsAbove: failsAbove, least: least, examined: examined,
      message: message, measured: measured, expected: expected, observed: observed)
  }
}

package import BSON

/// One way in which two catalogues differ.
package struct Difference: Sendable, Hashable {
  /// The collection it is about.
  package var namespace: Namespace
  /// What differs: `collection`, `kind`, `uuid`, `option validator`, `index low_stock`, `documents`.
  package var subject: String
  /// What was expected, as text; nil when nothing was.
  package var expected: String?
  /// What was found, as text; nil when nothing was.
  package var found: String?

  package init(_ namespace: Namespace, _ subject: String, expected: String?, found: String?) {
    self.namespace = namespace
    self.subject = subject
    self.expected = expected
    self.found = found
  }
}

package import BSON
package import Facts
package import Record

/// What a restore did.
package struct RestoreResult: Sendable {
  /// One collection of the backup.
  package struct Collection: Sendable {
    /// Its name in the backup.
    package var source: Namespace
    /// Its name in the sandbox; nil when it was not restored.
    package var target: Namespace?
    /// Why it was not restored, or how it was treated (`admin.system.users`); nil for ordinary data.
    package var note: String?
    /// Documents read from the backup.
    package var documents: Int
    /// BSON bytes read from the backup.
    package var bytes: Int
    /// Documents that the server took; of a capped collection that lost some which the source kept, those that are there.
    package var inserted: Int
    /// Indexes built, `_id_` not counted.
    package var indexes: Int

    package init(
      source: Namespace, target: Namespace?, note: String? = nil, documents: Int = 0, bytes: Int = 0,
      inserted: Int = 0, indexes: Int = 0
    ) {
      self.source = source
      self.target = target
      self.note = note
      self.documents = documents
      self.bytes = bytes
      self.inserted = inserted
      self.indexes = indexes
    }
  }

  /// What went wrong with one document, index or collection; each is a failure of the drill.
  package struct Problem: Sendable, Hashable {
    /// The collection in the sandbox.
    package var namespace: Namespace
    /// `document`, `index`, `collection`, or `capped` for a capped collection that could not hold all.
    package var subject: String
    /// The `_id` of the document (as Extended JSON) or the name of the index.
    package var name: String?
    /// The server's words.
    package var message: String

    package init(_ namespace: Namespace, _ subject: String, name: String?, message: String) {
      self.namespace = namespace
      self.subject = subject
      self.name = name
      self.message = message
    }
  }

  package var collections: [Collection]
  package var problems: [Problem]
  /// How many problems there were in all; `problems` holds the first few.
  package var problemCount: Int
  /// What the sandbox should hold now, by its names there, with counts from the backup's own bytes.
  package var expected: Catalogue
  /// `restore` and `indexes`.
  package var phases: [Phase]
  /// What was in the backup and was not restored or not looked at, in words for the report.
  package var notVerified: [String]

  package init(
    collections: [Collection] = [], problems: [Problem] = [], problemCount: Int = 0,
    expected: Catalogue = .init(),
    phases: [Phase] = [], notVerified: [String] = []
  ) {
    self.collections = collections
    self.problems = problems
    self.problemCount = problemCount
    self.expected = expected
    self.phases = phases
    self.notVerified = notVerified
  }
}

extension RestoreResult.Problem {
  /// A capped collection kept fewer documents than were inserted.
  static func overflow(_ facts: CollectionFacts, inserted: Int, kept: Int) -> Self {
    let limits = ["size", "max"].compactMap { name in
      facts.options[name].map { "\(name) \($0.extendedJSON())" }
    }
    return Self(
      facts.namespace, "capped", name: nil,
      message:
        "of \(Count.text(inserted, "document")) the server kept the newest \(Count.text(kept)): the backup holds more "
        + "than the collection's capped options (\(limits.joined(separator: ", "))) let in")
  }
}

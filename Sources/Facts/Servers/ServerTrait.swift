/// Something in which versions of MongoDB differ and which mongodrill has to know: a row of the one table of such things
/// (`ServerTrait.all`), which code asks and `docs/reference/compatibility.md` is drawn from.
package struct ServerTrait: Sendable, Hashable {
  /// What it is about.
  package enum Area: String, Sendable, Hashable, CaseIterable {
    case start = "Options and parameters"
    case files = "Files and feature compatibility versions"
    case oplog = "Oplog"
    case collections = "Collections"
    case indexes = "Indexes"
    case commands = "Commands and answers"
  }

  /// How it is known.
  package enum Source: String, Sendable, Hashable {
    /// Seen on servers that are tried: what a version before (or after) does without it, or with it.
    case tried
    /// From documentation, or from the server's source: never seen to be so.
    case read
  }

  package let area: Area
  /// What it is, as a noun.
  package let name: String
  /// The first version that has it; nil when all have that mongodrill knows.
  package let since: ServerVersion?
  /// The first version that no longer has it; nil when all later ones do.
  package let before: ServerVersion?
  /// What mongodrill does about it, as a sentence.
  package let treatment: String
  package let source: Source

  init(
    _ area: Area, _ name: String, since: ServerVersion? = nil, before: ServerVersion? = nil,
    known source: Source = .tried, _ treatment: String
  ) {
    self.area = area
    self.name = name
    self.since = since
    self.before = before
    self.treatment = treatment
    self.source = source
  }

  /// Whether a server of that version has it.
  package func holds(for version: ServerVersion) -> Bool {
    (since.map { version >= $0 } ?? true) && (before.map { version < $0 } ?? true)
  }

  /// Which versions have it, in words: `5.3 and later`, `4.4 to 6.3`, `before 7.0`.
  package var versions: String {
    switch (since, before) {
    case (nil, nil): "all"
    case (let since?, nil): "\(since.short) and later"
    case (nil, let before?): "before \(before.short)"
    case (let since?, let before?): "from \(since.short), before \(before.short)"
    }
  }
}

package import BSON
package import Backups
internal import Facts
internal import Platform
package import Record
internal import Restore

/// What to look for in an oplog.
package struct FindRequest: Sendable {
  /// Which kinds of findings are wanted.
  package var kinds = OplogFinding.Kind.usual
  /// Operations from here …
  package var since: Timestamp?
  /// … through here.
  package var until: Timestamp?
  /// So many operations of one kind on one collection are a burst; 1 gives each operation by itself.
  package var minimum = 100
  /// Within so many seconds; a burst goes on until none comes for that long.
  package var within: UInt32 = 10
  /// How many findings are kept, the earliest.
  package var limit = 100
  let namespaces: [NamespacePattern]

  /// `namespaces` are names or patterns with `*`; none for all.
  package init(namespaces: [String] = []) { self.namespaces = namespaces.map { NamespacePattern($0) } }
}

/// What was found in an oplog.
package struct FindResult: Sendable {
  /// The earliest, by their first entry, as many as were asked for.
  package var findings: [OplogFinding] = []
  /// How many there are in all.
  package var total = 0
  /// Entries that were looked at, and the first and the last of them.
  package var entries = 0
  package var first: Timestamp?
  package var last: Timestamp?

  /// Puts a finding in its place; past `limit` the last one goes.
  mutating func add(_ finding: OplogFinding, limit: Int) {
    total += 1
    var at = findings.count
    while at > 0, findings[at - 1].first > finding.first { at -= 1 }
    if at == limit { return }
    findings.insert(finding, at: at)
    if findings.count > limit { findings.removeLast() }
  }
}

extension FindRequest {
  /// Reads a chain from the start of the dump's window through its coverage's end. Memory depends on how many
  /// collections are written to at one time, not on the oplog's length. Throws `Failure` when the oplog is damaged.
  package func search(_ chain: OplogChain, events: EventSink) throws -> FindResult {
    let coverage = chain.coverage
    let cursor = try chain.cursor(through: coverage.end)
    let total = Amount(
      documents: chain.slices.reduce(0) { $0 + $1.facts.entries },
      bytes: chain.slices.reduce(0) { $0 + $1.facts.bytes })
    events(.phaseStarted("search", total: total))
    let started = Clock.monotonic
    var told = started
    var done = Amount()
    var transactions = Transactions()
    var search = OplogSearching(self)
    while let entry = try cursor.next(), entry.timestamp <= min(coverage.end, until ?? coverage.end) {
      done.documents += 1
      done.bytes += entry.operation.bytes.count
      if done.documents.isMultiple(of: 1024) {
        try Interruption.check()
        let now = Clock.monotonic
        if now - told >= 0.1 {
          told = now
          events(
            .progress(
              Progress(phase: "search", done: done, total: total, current: [entry.timestamp.description])))
        }
      }
      if entry.timestamp < coverage.windowStart { continue }
      // Followed also where nothing is looked for: a transaction may begin there.
      guard case .apply(let operations) = try transactions.step(entry, at: cursor.place) else { continue }
      if let since, entry.timestamp < since { continue }
      search.take(operations, of: entry)
    }
    events(
      .phaseEnded(
        Phase(
          "search", seconds: Clock.monotonic - started, documents: done.documents, bytes: done.bytes)))
    return search.finish()
  }
}

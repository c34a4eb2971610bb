package import BSON

/// A check that is answered from the documents as they pass by: all such checks of one collection share one reading of
/// it, which may be cut into parts that are read at the same time.
package protocol ScanningCheck: Check {
  /// What it keeps of what it saw.
  associatedtype Seen: Scan
  /// What it looks at of each document.
  var reads: DocumentPart { get }
  /// Whether it is answered so, as it was asked; else it runs by itself.
  var isScanning: Bool { get }
  /// Whether it wants what is stored of a time series, its buckets, and not what it shows.
  var readsStored: Bool { get }
  /// Begins with a part of the collection. Throws `Unanswerable` or `NotAsked` where nothing needs to be read to know
  /// that there is no answer.
  func scan(_ context: CheckContext) throws -> Seen
  /// Makes a finding of the whole collection.
  func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding
}

/// What a scanning check keeps of the documents that it saw; its memory must not grow with their number.
package protocol Scan: Sendable {
  /// Sees a document, which is valid during the call alone.
  mutating func see(_ document: RawDocument) throws
  /// Takes what another saw of the part that follows.
  mutating func append(_ next: Self) throws
}

/// What of a document has to be read.
package enum DocumentPart: Sendable, Hashable {
  /// All of it.
  case whole
  /// These paths, and `_id`, which is always read.
  case fields([String])
  /// Nothing: that it is there.
  case nothing
}

extension ScanningCheck {
  package var readsStored: Bool { false }
  package var isScanning: Bool { true }

  /// Reads the collection for this check alone; a suite reads it once for all its checks.
  package func run(_ context: CheckContext) throws -> Finding { try read(context) }

  /// Reads the collection for this check alone.
  func read(_ context: CheckContext) throws -> Finding {
    let reading = Reading(
      [try Scanner(self, context)], of: context, at: readsStored ? context.place : context.namespace)
    try reading.read()
    return try reading.scanners[0].finding(context)
  }
}

/// A scanning check under way, whatever its type.
struct Scanner: Sendable {
  let part: DocumentPart
  private var seen: any Scan
  /// Why it has no answer; it sees no more then.
  private(set) var failure: (any Error)?
  private let conclude: @Sendable (any Scan, CheckContext) throws -> Finding

  init<Kind: ScanningCheck>(_ check: Kind, _ context: CheckContext) throws {
    part = check.reads
    seen = try check.scan(context)
    conclude = { seen, context in
      guard let seen = seen as? Kind.Seen else { preconditionFailure("a scan of another check") }
      return try check.finding(seen, context)
    }
  }

  mutating func see(_ document: RawDocument) {
    guard failure == nil else { return }
    do { try seen.see(document) } catch { failure = error }
  }

  /// Takes what another scanner of the same check saw of the part that follows.
  mutating func append(_ next: Scanner) {
    failure = failure ?? next.failure
    guard failure == nil else { return }
    do { try Scanner.append(next.seen, to: &seen) } catch { failure = error }
  }

  private static func append(_ next: any Scan, to seen: inout any Scan) throws {
    func appended<Seen: Scan>(_ first: Seen) throws -> any Scan {
      guard let next = next as? Seen else { preconditionFailure("a scan of another check") }
      var first = first
      try first.append(next)
      return first
    }
    seen = try appended(seen)
  }

  func finding(_ context: CheckContext) throws -> Finding {
    if let failure { throw failure }
    return try conclude(seen, context)
  }
}

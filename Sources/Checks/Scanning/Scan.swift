package import BSON

/// A check that is answered from the documents as they pass by: all such checks of one collection share one reading of
/// it, which may be cut into parts that are read at the same time.
package protocol ScanningCheck: Check {
  /// What it keeps of what it saw.
  associatedtype Seen: Scan
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

/// What is kept of documents that were seen; its memory must not grow with their number.
package protocol Scan: Sendable {
  /// What it looks at of each document.
  var reads: DocumentPart { get }
  /// Whether it has seen enough.
  var isDone: Bool { get }
  /// Sees a document, which is valid during the call alone.
  mutating func see(_ document: RawDocument) throws
  /// Takes note of documents that were counted and not read, where nobody wanted more than that they are there.
  mutating func count(_ documents: Int)
  /// Takes what another saw of the part that follows.
  mutating func append(_ next: Self) throws
}

extension Scan {
  package var isDone: Bool { false }
  package mutating func count(_ documents: Int) {}
}

/// What of a document has to be read.
package enum DocumentPart: Sendable, Hashable {
  /// All of it.
  case whole
  /// These paths, and `_id`, which is always read.
  case fields([String])
  /// Nothing: that it is there.
  case presence
  /// Nothing at all: the answer comes from elsewhere.
  case none
}

extension ScanningCheck {
  package var readsStored: Bool { false }
  package var isScanning: Bool { true }

  /// Reads the collection for this check alone; a suite reads it once for all its checks.
  package func run(_ context: CheckContext) throws -> Finding { try read(context) }

  /// Reads the collection for this check alone.
  func read(_ context: CheckContext) throws -> Finding {
    try finding(context.read(try scan(context), of: context.source(stored: readsStored)), context)
  }

  /// The finding of a scan that this check began.
  func conclude(_ scan: any Scan, _ context: CheckContext) throws -> Finding {
    guard let seen = scan as? Seen else { preconditionFailure("a scan of another check") }
    return try finding(seen, context)
  }
}

extension CheckContext {
  /// Shows a scan all documents of `source`; of the check's own collection when there is none.
  func read<Seen: Scan>(_ scan: Seen, of source: Source? = nil) throws -> Seen {
    let scanner = try Reading([scan], of: source ?? self.source(), for: self).read()[0]
    if let failure = scanner.failure { throw failure }
    guard let seen = scanner.scan as? Seen else { preconditionFailure("another scan came back") }
    return seen
  }
}

/// A scan under way, and why it has no answer; it sees no more then.
struct Scanner: Sendable {
  private(set) var scan: any Scan
  private(set) var failure: (any Error)?

  init(_ scan: any Scan) { self.scan = scan }

  var isDone: Bool { failure != nil || scan.isDone }

  mutating func see(_ document: RawDocument) {
    guard failure == nil else { return }
    do { try scan.see(document) } catch { failure = error }
  }

  mutating func count(_ documents: Int) { scan.count(documents) }

  /// Takes what another scanner of the same kind saw of the part that follows.
  mutating func append(_ next: Scanner) {
    failure = failure ?? next.failure
    guard failure == nil else { return }
    do { try Scanner.append(next.scan, to: &scan) } catch { failure = error }
  }

  private static func append<Seen: Scan>(_ next: any Scan, to seen: inout Seen) throws {
    guard let next = next as? Seen else { preconditionFailure("another kind of scan") }
    try seen.append(next)
  }
}

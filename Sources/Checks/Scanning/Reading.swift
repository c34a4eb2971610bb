internal import BSON
internal import Facts
internal import Mongo
internal import Platform

/// One reading of a collection (or of the documents that match a filter) for all scanning checks that want it.
final class Reading: Sendable {
  /// Documents below which a reading isn't cut into parts.
  private static let smallest = 20_000
  /// In bytes: larger documents are cut down by the server to the fields that are wanted, smaller ones come faster
  /// whole.
  private static let projectedFrom = 1024

  private let context: CheckContext
  /// Where it reads.
  private let place: Namespace
  private let state: Monitor<State>

  private struct State {
    var parts: [[Scanner]]
    var bounds: [Bounds] = [Bounds()]
    var next = 0
    var left = 0
  }

  /// Where a part begins, and where the next does; nil at the collection's ends.
  private struct Bounds: Sendable {
    var from: Value?
    var to: Value?
  }

  init(_ scanners: [Scanner], of context: CheckContext, at place: Namespace) {
    self.context = context
    self.place = place
    state = Monitor(State(parts: [scanners]))
  }

  /// What the scanners saw, once everything is read.
  var scanners: [Scanner] { state.withLock { $0.parts[0] } }

  /// Reads all, on this thread.
  func read() throws {
    prepare(parts: 1)
    while let part = next() { _ = try read(part) }
  }

  /// Cuts the reading into at most `parts`, if it is worth it.
  func prepare(parts: Int) {
    let bounds = parts > 1 ? (try? cut(parts)) ?? [Bounds()] : [Bounds()]
    state.withLock { state in
      state.bounds = bounds
      state.parts = bounds.map { _ in state.parts[0] }
      state.left = bounds.count
    }
  }

  /// A part that nobody has read yet; nil when there is none.
  func next() -> Int? {
    state.withLock { state in
      guard state.next < state.bounds.count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Reads a part; true when it was the last of all, whose scanners then hold what all saw.
  func read(_ part: Int) throws -> Bool {
    var (scanners, bounds) = state.withLock { ($0.parts[part], $0.bounds[part]) }
    try unsafe context.scan(find(bounds, wanting: scanners.map(\.part)), batchSize: 100_000) { bytes in
      guard let document = unsafe RawDocument(validated: bytes) else { return true }
      for at in scanners.indices { scanners[at].see(document) }
      return true
    }
    return state.withLock { state in
      state.parts[part] = scanners
      state.left -= 1
      guard state.left == 0 else { return false }
      for next in state.parts.dropFirst() {
        for at in next.indices { state.parts[0][at].append(next[at]) }
      }
      state.parts.removeSubrange(1...)
      return true
    }
  }

  /// `_id`s of a sample as bounds: no need for parts of the same size, so long as none is much larger.
  private func cut(_ parts: Int) throws -> [Bounds] {
    guard context.collection?.kind == .collection, context.common.filter == nil,
      context.collection?.options["clusteredIndex"] == nil, context.collection?.options["collation"] == nil,
      let count = try context.run(["count": .string(place.collection)])["n"]?.integer,
      count >= Reading.smallest
    else { return [Bounds()] }
    let sample = try context.all([
      "aggregate": .string(place.collection), "cursor": [:],
      "pipeline": [["$sample": ["size": .int32(Int32(parts * 16))]], ["$project": ["_id": 1]]],
    ]).compactMap { $0["_id"] }.sorted { Value.compare($0, $1) < 0 }
    guard sample.count >= parts else { return [Bounds()] }
    var cuts: [Value] = []
    for part in 1..<parts {
      let cut = sample[part * sample.count / parts]
      if cuts.last.map({ Value.compare($0, cut) < 0 }) ?? true { cuts.append(cut) }
    }
    let ends = cuts.map { Value?.some($0) }
    return zip([nil] + ends, ends + [nil]).map { Bounds(from: $0, to: $1) }
  }

  private func find(_ bounds: Bounds, wanting parts: [DocumentPart]) throws -> Document {
    var command: Document = ["find": .string(place.collection)]
    if let filter = context.common.filter { command = command.setting("filter", to: .document(filter)) }
    // `$gte` and `$lt` would leave out what is of another type than the bound.
    if bounds.from != nil || bounds.to != nil { command = command.setting("hint", to: ["_id": 1]) }
    if let from = bounds.from { command = command.setting("min", to: ["_id": from]) }
    if let to = bounds.to { command = command.setting("max", to: ["_id": to]) }
    if let projection = projection(parts) {
      command = command.setting("projection", to: .document(projection))
    }
    return command.setting("batchSize", to: .int32(100_000))
  }

  /// The fields that the server is to send; nil for whole documents.
  private func projection(_ parts: [DocumentPart]) -> Document? {
    var paths: [String] = []
    for part in parts {
      switch part {
      case .whole: return nil
      case .fields(let more): paths += more
      case .nothing: continue
      }
    }
    // The server takes neither of these in a projection.
    if paths.contains(where: { $0.utf8.contains(UInt8(ascii: "$")) || $0.hasPrefix(".") || $0.hasSuffix(".") }
    ) {
      return nil
    }
    if paths.isEmpty { return ["_id": 1] }
    guard (try? documentSize()) ?? 0 >= Reading.projectedFrom else { return nil }
    // Of a path and a longer one that begins with it, the server takes the shorter alone.
    let wanted = Set(paths).filter { path in !paths.contains { path.hasPrefix($0 + ".") } }
    return Document(
      [("_id", Value.int32(1))] + wanted.filter { $0 != "_id" }.sorted().map { ($0, Value.int32(1)) })
  }

  private func documentSize() throws -> Int {
    guard context.collection?.kind == .collection else { return 0 }
    return Int(
      try context.run(["collStats": .string(place.collection)])["avgObjSize"]?.number ?? 0)
  }
}

internal import BSON
internal import Backups
internal import Platform
internal import Record
internal import Replay

/// Which moments a backup and its slices reach, and whether one that was asked for is among them.
struct Reach {
  /// Nil when the base's own oplog can't be read.
  let chain: OplogChain?
  /// All that is wrong with it.
  let damage: [Failure]
  /// Why there is no chain although nothing is wrong: the base took no oplog along.
  private let refusal: Failure?
  /// The moment that was asked for: where it lies, or why it can't be reached.
  private let target: (asked: Target, answer: Result<ResolvedTarget, Failure>)?

  /// Reads the oplog and the slices. Throws `Failure` when that can't be done; damage is no such reason.
  init(of backup: any LogicalBackup, slices: [String], to target: Target?) throws(Failure) {
    let chain: OplogChain
    do throws(Failure) { chain = try OplogChain.inspect(base: backup, slices: slices) } catch {
      guard error.kind == .damagedBackup else { throw error }
      self.chain = nil
      let isWithoutOplog = backup.oplog == nil
      damage = isWithoutOplog ? [] : [error]
      refusal = isWithoutOplog ? error : nil
      self.target = nil
      return
    }
    self.chain = chain
    refusal = nil
    var answer: Result<ResolvedTarget, Failure>?
    if let target { answer = try Reach.answer(target, in: chain) }
    self.target = target.flatMap { target in answer.map { (target, $0) } }
    let through = answer.flatMap { try? $0.get().through } ?? chain.coverage.end
    damage =
      try chain.damage.isEmpty ? Reach.contradictions(in: chain, of: backup, through: through) : chain.damage
  }

  /// Follows the definitions through a moment, as a replay would: the entry at which that can't go on. Collections that the
  /// base doesn't hold are no contradiction: it may be partial.
  private static func contradictions(
    in chain: OplogChain, of backup: any LogicalBackup, through: Timestamp
  ) throws(Failure) -> [Failure] {
    do throws(Failure) {
      _ = try ReplayPlan(
        base: backup.collections, try chain.cursor(through: through), from: chain.coverage.windowStart,
        through: through, dumpEnd: chain.coverage.dumpEnd, isPartial: true)
      return []
    } catch {
      // Of a partial base there may be entries without a UUID on what it doesn't hold; and the memory that open transactions
      // take is no matter of the backup.
      if ["unknown-collection", "transactions-too-large"].contains(error.code) { return [] }
      guard error.kind == .damagedBackup else { throw error }
      return [error]
    }
  }

  private static func answer(
    _ target: Target, in chain: OplogChain
  ) throws(Failure) -> Result<ResolvedTarget, Failure> {
    do throws(Failure) { return .success(try target.resolve(in: chain)) } catch {
      guard error.kind == .damagedBackup else { throw error }
      return .failure(error)
    }
  }

  /// Whether the moment that was asked for is reached; where none was, whether nothing is missing.
  var isGood: Bool {
    guard damage.isEmpty, let chain else { return false }
    guard let target else { return chain.coverage.gaps.isEmpty }
    if case .success = target.answer { return true } else { return false }
  }

  /// What the last line says of a backup that is whole; nil when it has nothing to add.
  var objection: String? {
    if refusal != nil { return "no oplog can be replayed onto it" }
    if isGood || chain == nil { return nil }
    return target == nil ? "its oplog has a gap" : "the target can't be reached"
  }

  // MARK: Text

  func text(color: Bool) -> String {
    var text = ""
    if let chain {
      if chain.hasSlices { text += slices(chain) }
      text += "\nCoverage:\n" + chain.coverage.lines.map { "  \($0.visible)\n" }.joined()
    }
    if let refusal {
      text += "\n" + Style.red.paint("No oplog can be replayed onto it", if: color)
      text += Reach.explain(refusal)
    }
    switch target?.answer {
    case nil: break
    case .success(let resolved)?:
      let style = resolved.isProven ? Style.green : .yellow
      let word = resolved.isProven ? "can be reached" : "can be reached, but not all on the way is proven"
      text += "\n" + style.paint("The target \(resolved.requested) \(word)", if: color)
      text += ": \(resolved.text).\n"
      for warning in resolved.warnings { text += "  \(warning.visible)\n" }
    case .failure(let failure)?:
      text += "\n" + Style.red.paint("The target can't be reached", if: color)
      text += Reach.explain(failure)
    }
    return text
  }

  private static func explain(_ failure: Failure) -> String {
    ": \(failure.description.visible)\n" + (failure.hint.map { "  HINT: \($0.visible)\n" } ?? "")
  }

  private func slices(_ chain: OplogChain) -> String {
    var table = Table(["FIRST": .left, "LAST": .left, "ENTRIES": .right, "SIZE": .right, "SLICE": .left])
    for slice in chain.slices where slice.role != .base {
      let facts = slice.facts
      table.add(
        facts.first?.description ?? "-", facts.last?.description ?? "-", Count.text(facts.entries),
        ByteSize.format(facts.bytes), slice.file)
    }
    return "\n" + table.text
  }

  // MARK: JSON

  var json: JSON {
    .record([
      "coverage": chain?.coverage.json ?? .null,
      "slices": .array(
        (chain?.slices ?? []).map { slice in
          .record([
            "file": .string(slice.file), "role": .string(slice.role.rawValue),
            "entries": .integer(Int64(slice.facts.entries)), "bytes": .integer(Int64(slice.facts.bytes)),
            "first": slice.facts.first.map { .string($0.description) } ?? .null,
            "last": slice.facts.last.map { .string($0.description) } ?? .null,
          ])
        }),
      "refused": refusal?.json ?? .null, "target": target.map(json) ?? .null,
    ])
  }

  private func json(_ target: (asked: Target, answer: Result<ResolvedTarget, Failure>)) -> JSON {
    switch target.answer {
    case .success(let resolved):
      .record([
        "requested": .string(target.asked.description), "reached": true, "resolved": .string(resolved.text),
        "through": .string(resolved.through.description), "proven": .bool(resolved.isProven),
        "warnings": .array(resolved.warnings.map(JSON.string)),
      ])
    case .failure(let failure):
      .record([
        "requested": .string(target.asked.description), "reached": false, "error": failure.json,
      ])
    }
  }
}

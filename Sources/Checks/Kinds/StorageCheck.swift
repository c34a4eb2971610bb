internal import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record

/// `storage`: how much room documents and indexes take, against a witness or an earlier run.
package struct StorageCheck: Check {
  private static let compare = Key(
    "compare", .counterpart(.witness, .baseline),
    "What to compare with; without it, the sizes are recorded alone.")
  private static let data = Key(
    "data", .percentage, "How far the documents' own size may be from that, in percent of it.")
  private static let storage = Key(
    "storage", .percentage, "How far what they take in files, compressed, may be from that.")
  private static let indexes = Key(
    "indexes", .percentage, "How far the size of all indexes may be from that.")

  package static let declaration = CheckDeclaration(
    "storage",
    "Measures documents, files and indexes, and compares their sizes with a witness or an earlier run.",
    appliesTo: [.collection, .timeseries], figure: "sizes out of tolerance",
    keys: [compare, data, storage, indexes], example: "storage: {compare: baseline, data: 20%}")

  package private(set) var counterpart: Counterpart?
  private var tolerances: [Size: Double] = [:]

  /// What is measured.
  private enum Size: String, CaseIterable {
    case data
    case storage
    case indexes
  }

  package init(_ fields: Fields, _ common: CommonKeys) {
    counterpart = fields[Self.compare]
    for (size, key) in [(Size.data, Self.data), (.storage, Self.storage), (.indexes, Self.indexes)] {
      tolerances[size] = fields[key]
      if fields.isGiven(key), counterpart == nil {
        fields.reject(
          key, "there is nothing that it is a part of", hint: "Add `compare: baseline` or `compare: witness`."
        )
      }
    }
    if counterpart != nil, tolerances.isEmpty {
      fields.reject(
        Self.compare, "no size is named", hint: "Give `data`, `storage` or `indexes` with its tolerance: 20%."
      )
    }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let found = try measure(context)
    let before = try recorded(context)
    var complaints: [String] = []
    for size in Size.allCases {
      guard let tolerance = tolerances[size], let was = before[size], let now = found[size] else { continue }
      if !now.isWithin(tolerance, of: was) {
        complaints.append("\(size.rawValue) \(text(now)), \(now.change(from: was)) from \(text(was))")
      }
    }
    let sizes = Size.allCases.map { "\($0.rawValue) \(found[$0].map(text) ?? "?")" }.joined(separator: ", ")
    let wishes = Size.allCases.compactMap { size in
      tolerances[size].map {
        "\(size.rawValue) \(before[size].map(text) ?? "?") ± \(Decimals.format($0 * 100, 1))%"
      }
    }
    var finding = Finding(
      figure: complaints.count, of: max(1, tolerances.count),
      message: complaints.isEmpty
        ? sizes + (counterpart.map { ", near enough to \($0.words)" } ?? "")
        : complaints.joined(separator: "; "),
      measured: .object(
        Size.allCases.compactMap { size in found[size].map { .init(size.rawValue, $0.json) } }),
      expected: wishes.isEmpty ? nil : wishes.joined(separator: ", "), observed: sizes)
    finding.figureOnly = counterpart == nil
    finding.query = "\(context.place.shellText).stats()"
    return finding
  }

  private func text(_ size: Measurement) -> String { ByteSize.format(Int(size.whole ?? 0)) }

  /// The sum over all shards, in bytes.
  private func measure(_ context: CheckContext) throws -> [Size: Measurement] {
    let replies = try context.all([
      "aggregate": .string(context.place.collection), "pipeline": [["$collStats": ["storageStats": [:]]]],
      "cursor": [:],
    ])
    func sum(_ name: String) throws -> Measurement {
      try Measurement(
        replies.reduce(into: Int64(0)) { sum, reply in
          guard let size = reply["storageStats"]?.document?[name]?.integer else {
            throw Unanswerable("the server's answer has no `\(name)`")
          }
          sum += size
        })
    }
    return [.data: try sum("size"), .storage: try sum("storageSize"), .indexes: try sum("totalIndexSize")]
  }

  /// What there is to compare with, of the sizes that have a tolerance.
  private func recorded(_ context: CheckContext) throws -> [Size: Measurement] {
    guard let counterpart else { return [:] }
    var sizes: [Size: Measurement] = [:]
    if counterpart == .baseline {
      let measured = try context.baseline()
      for size in Size.allCases { sizes[size] = Measurement(measured[size.rawValue]) }
    } else {
      let (facts, _) = try context.facts(of: counterpart)
      sizes[.data] = facts.bytes.map { Measurement(Int64($0)) }
      sizes[.storage] = facts.storageBytes.map { Measurement(Int64($0)) }
      sizes[.indexes] = facts.indexBytes.map { Measurement(Int64($0)) }
    }
    for size in Size.allCases where tolerances[size] != nil && sizes[size] == nil {
      throw Unanswerable("\(counterpart.words) doesn't say `\(size.rawValue)` of \(context.namespace)")
    }
    return sizes
  }
}

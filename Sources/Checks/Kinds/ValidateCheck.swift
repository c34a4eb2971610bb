internal import BSON
package import Configuration
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Witness

/// `validate`: whether the server finds its structures sound.
package struct ValidateCheck: Check {
  private static let full = Key(
    "full", .boolean, default: "false", "Reads every page of every table too, which takes longer.")

  package static let declaration = CheckDeclaration(
    "validate",
    "Has the server validate the collection and its indexes, in a sandbox only: elsewhere it would lock the "
      + "collection.",
    appliesTo: [.collection, .timeseries], figure: "errors", keys: [full], example: "validate",
    onSets: .eachShard)

  private var full = false

  /// Without `full`.
  package init() {}

  package init(_ fields: Fields, _ common: CommonKeys) { full = fields[Self.full] }

  package func run(_ context: CheckContext) throws -> Finding {
    guard context.server.isSandbox else {
      throw NotAsked("`validate` locks the collection, and this server is not a sandbox")
    }
    let place = context.collection?.stored ?? context.namespace
    // Before, for `validate` sets it right.
    let counted = try context.run(["count": .string(place.collection)])["n"]?.integer ?? 0
    // A table with changes since the last checkpoint cannot be read in full.
    if full { _ = try context.run(["fsync": 1], on: "admin") }
    let first = try validation(of: place, context)
    let nonCompliant = first["nNonCompliantDocuments"]?.integer ?? 0
    // Documents that the validator would refuse today may be there by right: they were there before it, or were
    // let through. But for them the server calls the collection invalid, and doesn't look at its indexes any more.
    let isOff = nonCompliant > 0 && first["valid"]?.isTrue != true && context.collection?.kind == .collection
    let reply =
      isOff ? try withoutValidator(place, context) { try validation(of: place, context) } : first
    func texts(_ name: String) -> [String] {
      (reply[name]?.elements ?? []).compactMap(\.string)
        .filter { !$0.contains("not compliant with the collection's schema") }
    }
    var errors = texts("errors")
    let warnings = texts("warnings")
    if errors.isEmpty, reply["valid"]?.isTrue != true { errors = ["the server calls the collection invalid"] }
    let damaged = ["extraIndexEntries", "missingIndexEntries", "corruptRecords"].map {
      (name: $0, count: reply[$0]?.elements?.count ?? 0)
    }
    let records = reply["nrecords"]?.integer ?? 0

    var sentences = errors + warnings
    if sentences.isEmpty {
      let indexes = Count.text(Int(reply["nIndexes"]?.integer ?? 0), "index", plural: "indexes")
      sentences = ["\(Count.text(Int(records), "record")) and \(indexes) are sound"]
    }
    if nonCompliant > 0 {
      sentences.append("\(Count.text(Int(nonCompliant), "document")) would not pass the validator")
    }
    if counted != records {
      sentences.append("the server's running count was \(Count.text(Int(counted)))")
    }
    var finding = Finding(
      figure: errors.count, least: warnings.isEmpty ? .pass : .warn,
      message: sentences.joined(separator: "; "),
      measured: .object(
        [
          .init("errors", .integer(Int64(errors.count))), .init("warnings", .integer(Int64(warnings.count))),
          .init("records", .integer(records)), .init("fast_count", .integer(counted)),
          .init("non_compliant", .integer(nonCompliant)),
        ] + damaged.filter { $0.count > 0 }.map { .init($0.name, .integer(Int64($0.count))) }),
      expected: "no errors", observed: Count.text(errors.count, "error"))
    finding.query = "\(place.shellText).validate({full: \(full)})"
    return finding
  }

  private func validation(of place: Namespace, _ context: CheckContext) throws -> Document {
    try context.run(["validate": .string(place.collection), "full": .bool(full)])
  }

  /// Runs `body` with the collection's validator switched off.
  private func withoutValidator(
    _ place: Namespace, _ context: CheckContext, _ body: () throws -> Document
  ) throws -> Document {
    func set(_ level: Value) throws {
      try context.server.pool.run(
        ["collMod": .string(place.collection), "validationLevel": level], on: place.database)
    }
    try set("off")
    let result = Result { try body() }
    try set(context.collection?.options["validationLevel"] ?? "strict")
    return try result.get()
  }
}

internal import BSON
package import Configuration
internal import Platform
internal import Record

/// `failed_documents`: how many documents are as none should be.
package struct FailedDocumentsCheck: Check {
  private static let pipeline = Key(
    "pipeline", .list(of: .document),
    "An aggregation that gives the documents that should not be.")
  private static let bad = Key("where", .document, "A filter that the documents match which should not be.")

  package static let declaration = CheckDeclaration(
    "failed_documents",
    "Counts documents that should not be: those that match `where`, or that a pipeline gives.",
    takesFilter: true,
    figure: "failed documents", keys: [bad, pipeline],
    example: "failed_documents: {where: {total: {$lt: 0}}}", onSets: .eachShard)

  private var pipeline: [Document]?
  /// A pipeline may bring documents together that lie on several shards.
  package let asksDocumentsAlone: Bool

  package init(_ fields: Fields, _ common: CommonKeys) {
    pipeline = fields[Self.pipeline]
    asksDocumentsAlone = fields[Self.pipeline] == nil
    if let filter = fields[Self.bad] {
      if pipeline != nil { fields.reject(Self.bad, "together with `pipeline`", hint: "Keep one of the two.") }
      pipeline = [["$match": .document(filter)]]
    }
    if pipeline == nil, common.filter == nil {
      fields.reject(
        Self.pipeline, "nothing says which documents should not be",
        hint: "Give `where` or `pipeline`.")
    }
    if pipeline?.isEmpty == true, common.filter == nil {
      fields.reject(Self.pipeline, "it is empty: every document would be a failed one")
    }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    try context.requireCollections(of: pipeline ?? [])
    // `where` alone says which are bad; with a pipeline, which are looked at.
    let documents = try context.count(pipeline == nil ? [] : context.filterStages)
    let stages = context.filterStages + (pipeline ?? []).map { .document($0) }
    let failed = documents == 0 ? 0 : try context.count(stages)
    let some = Count.text(documents, "document")
    var finding = Finding(
      figure: failed, of: documents, examined: documents,
      message: failed == 0 ? "none of \(some) failed" : "\(Count.text(failed, "failed document")) of \(some)",
      measured: ["documents": .integer(Int64(documents)), "failed": .integer(Int64(failed))])
    finding.query = pipeline == nil ? context.shellFind([:]) : context.shellAggregation(stages)
    guard failed > 0 else { return finding }
    finding.expected = "no failed document"
    finding.observed = Count.text(failed, "failed document")
    finding.samples = try context.sampleIDs(stages)
    return finding
  }
}

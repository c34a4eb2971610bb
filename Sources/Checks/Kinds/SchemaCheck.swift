internal import BSON
package import Configuration
package import Facts
internal import Platform
internal import Record

/// `schema`: how many documents don't fit a schema or the collection's own validator.
package struct SchemaCheck: Check {
  private static let schema = Key(
    "schema", .document, "A `$jsonSchema`; without it, the collection's own validator, whatever it says.")

  package static let declaration = CheckDeclaration(
    "schema", "Counts documents that don't fit a schema, or the collection's own validator.",
    takesFilter: true,
    figure: "documents that don't fit", keys: [schema],
    example: "schema: {schema: {required: [number, total]}}", onSets: .eachShard)

  private var schema: Document?

  package init(_ fields: Fields, _ common: CommonKeys) {
    schema = fields[Self.schema]
    if schema?.isEmpty == true {
      fields.reject(
        Self.schema, "it is empty: every document fits",
        hint: "Leave it out for the collection's own validator.")
    }
    if let schema, let inner = schema["$jsonSchema"], schema.names.count == 1, inner.document != nil {
      fields.reject(Self.schema, "`$jsonSchema` goes without saying", hint: "Write what stands in it.")
    }
  }

  /// Under a database or `*`, with their own validators: those that have one.
  package func concerns(_ facts: CollectionFacts) -> Bool {
    facts.kind != .view && (schema != nil || facts.options["validator"]?.document?.isEmpty == false)
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let rule: Document
    if let schema {
      rule = ["$jsonSchema": .document(schema)]
    } else {
      guard let validator = context.collection?.options["validator"]?.document, !validator.isEmpty else {
        throw Unanswerable("the collection has no validator, and no `schema` is given")
      }
      rule = validator
    }
    let misfit: Document = ["$nor": [.document(rule)]]
    let documents = try context.count(context.filterStages)
    let stages = context.filterStages + [["$match": .document(misfit)]]
    let misfits = documents == 0 ? 0 : try context.count(stages)
    let noun = schema == nil ? "the validator" : "the schema"
    let some = Count.text(documents, "document")
    var finding = Finding(
      figure: misfits, of: documents, examined: documents,
      message: misfits == 0
        ? "\(some), each fits \(noun)" : "\(Count.text(misfits)) of \(some) do not fit \(noun)",
      measured: ["documents": .integer(Int64(documents)), "misfits": .integer(Int64(misfits))])
    guard misfits > 0 else { return finding }
    finding.expected = "each document fits \(noun)"
    finding.observed = "\(Count.text(misfits, "document")) that \(misfits == 1 ? "doesn't" : "don't")"
    finding.samples = try context.sampleIDs(stages)
    finding.query = context.shellFind(misfit)
    return finding
  }
}

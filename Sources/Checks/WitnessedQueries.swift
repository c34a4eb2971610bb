internal import Platform
package import Witness

extension Suite {
  /// Runs the queries of its `query` checks and times them, for a witness. Throws for a check that can't be asked, and
  /// for two of one name on one collection.
  package func witnessedQueries(on server: CheckedServer) throws -> [WitnessRecord.Query] {
    let crew = Crew(threads: 1, memory: server.memory)
    var queries: [WitnessRecord.Query] = []
    for question in try questions(for: server) {
      guard let check = question.planned.check as? QueryCheck else { continue }
      try Interruption.check()
      let query = try check.witness(question.context(on: server, name, crew))
      if queries.contains(where: {
        $0.namespace == query.namespace && $0.name.utf8.elementsEqual(query.name.utf8)
      }) {
        throw Failure(
          .usage, "same-query-name", "two queries of \(query.namespace) have the name \(query.name)",
          hint: "Give each a `name` of its own.")
      }
      queries.append(query)
    }
    return queries
  }
}

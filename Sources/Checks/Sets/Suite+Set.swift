internal import Configuration
package import Platform

extension Suite {
  /// What can't be asked of a sharded set, check by check.
  package var problemsOnSets: [Failure] {
    checks.compactMap { planned in
      let kind = planned.declaration.kind
      let manner = planned.declaration.onSets
      if manner == .refused || !planned.check.asksDocumentsAlone {
        return .notOnSets("`\(kind)`", at: planned.place)
      }
      switch planned.check.counterpart {
      case nil: return nil
      case .baseline? where manner == .documents: return nil
      case .backup? where manner == .eachShard || manner == .definitions: return nil
      case let counterpart?:
        return .notOnSets("`\(kind)` compared with \(counterpart.words)", at: planned.place)
      }
    }
  }
}

extension Failure {
  static func notOnSets(_ what: String, at place: Place?) -> Failure {
    let kinds = CheckKinds.all.map { $0.declaration }.filter { $0.onSets != .refused }.map { "`\($0.kind)`" }
    return .invalid(
      "not-on-sets", "\(what) can't be asked of a sharded set", at: place,
      hint:
        "A set is asked \(kinds.joined(separator: ", ")): those of documents with limits or a baseline, those of "
        + "definitions compared with the backup.")
  }
}

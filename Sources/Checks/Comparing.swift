internal import BSON
internal import Facts

extension CheckedServer {
  /// What a check that compares is compared with: without a counterpart of its own it is the backup, or the witness
  /// where there is no backup.
  func counterpart(of own: Counterpart?) -> Counterpart {
    own ?? (expected == nil && witness != nil ? .witness : .backup)
  }

  /// What a counterpart says of all collections; nil where there is none, and for those that hold no catalogue.
  func catalogue(of counterpart: Counterpart) -> Catalogue? {
    switch counterpart {
    case .backup: expected
    case .witness: witness
    case .step(let id): steps[id]
    case .baseline: nil
    }
  }
}

extension CheckContext {
  /// What a counterpart says of all collections, and which it is: without one it is the backup, or the witness where
  /// there is no backup. Throws `Unanswerable` when there is none, and for those that hold no catalogue.
  func catalogue(of counterpart: Counterpart?) throws(Unanswerable) -> (Catalogue, Counterpart) {
    let wanted = server.counterpart(of: counterpart)
    guard let found = server.catalogue(of: wanted) else {
      let name = wanted.words.split(separator: " ").filter { $0 != "the" }.joined(separator: " ")
      throw Unanswerable("there is no \(name) to compare with")
    }
    return (found, wanted)
  }

  /// What a counterpart says of the collection. Throws `Unanswerable` when it holds none of that name.
  func facts(of counterpart: Counterpart?) throws(Unanswerable) -> (CollectionFacts, Counterpart) {
    let (catalogue, wanted) = try catalogue(of: counterpart)
    guard let facts = catalogue[namespace] else {
      throw Unanswerable("\(wanted.words) holds no \(namespace)")
    }
    return (facts, wanted)
  }
}

internal import BSON
internal import Facts
internal import Record

/// A field whose values are those of another collection's field, all or nearly all of them.
struct Relation: Sendable {
  let child: Namespace
  let path: String
  let parent: Namespace
  /// The field there, `_id` mostly.
  let key: String
  let fit: NameFit
  /// Values that were looked up, and how many of them were found.
  let references: Int
  let found: Int
  /// Different values that were looked up.
  let values: Int
  /// Whether the values of all documents were looked up.
  let isOfAll: Bool
  /// Whether all values that were read were looked up, rather than a part of them for lack of memory.
  let isExact: Bool
  /// Whether the values can't be equal by coincidence.
  let isStrong: Bool
  /// Documents of the child that were looked at.
  let documents: Int
  /// Another collection that has all the values, too, when nothing tells which is meant.
  var rival: Namespace?

  /// References below which nothing is sure, and different values.
  static let leastReferences = 20
  static let leastValues = 6

  var holds: Bool { found == references && references > 0 }

  /// Why it is no more than a guess; nil when it is sure.
  var doubt: Doubt? {
    if !holds { return .dangling }
    if references < Self.leastReferences || values < Self.leastValues { return .few }
    if rival != nil { return .rival }
    if !isOfAll { return .part }
    return nil
  }

  enum Doubt: Sendable {
    case dangling
    case few
    case rival
    case part
  }

  /// What was seen, in figures.
  var reason: String {
    let goal = "\(parent)\(key == "_id" ? "" : ", field \(key)")"
    let all = isExact ? "" : " that were looked up"
    let share: String
    if holds {
      let different = values == references ? "" : " (\(Count.text(values)) different)"
      share = "all \(Count.text(references, "value"))\(different)\(all) are in \(goal)"
    } else if references == 0 || found == 0 {
      share = "none of \(Count.text(references, "value"))\(all) is in \(goal)"
    } else {
      share =
        "\(percentage(found, of: references)) of \(Count.text(references, "value"))\(all) are in \(goal)"
    }
    switch doubt {
    case .few: return share + "; too few to be sure"
    case .rival: return share + " and in \(rival.map(\.description) ?? "")"
    case .part: return share + ", of the first \(Count.text(documents, "document"))"
    case .dangling, nil: return share
    }
  }
}

/// Percent with one decimal place, rounded down: 100% is said of all alone.
func percentage(_ part: Int, of whole: Int) -> String {
  let tenths = whole == 0 ? 0 : part * 1000 / whole
  return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
}

extension Survey {
  /// The relations between the collections, ordered by the field that refers; one a field.
  func relations() -> [Relation] {
    let all = collections
    var keys: [(collection: CollectionSurvey, field: SurveyedField)] = []
    for collection in all {
      for path in collection.keyPaths {
        if let field = collection.field(path), field.documents == 0 || path == "_id" {
          keys.append((collection, field))
        }
      }
    }
    return all.flatMap { child in
      child.realFields.compactMap { field in
        field.path == "_id" || field.references == 0 ? nil : relation(of: field, in: child, among: keys)
      }
    }
  }

  private func relation(
    of field: SurveyedField, in child: CollectionSurvey,
    among keys: [(collection: CollectionSurvey, field: SurveyedField)]
  ) -> Relation? {
    guard field.keyless < field.references, field.values > 0 else { return nil }
    let name = FieldName(path: field.names)
    var candidates: [Relation] = []
    for (parent, key) in keys {
      let isOwn = parent.namespace == child.namespace
      if isOwn, key.path.utf8.elementsEqual(field.path.utf8) { continue }
      let fit =
        key.path == "_id"
        ? name.fit(parent.namespace.collection, isOwn: isOwn)
        : name.fit(parent.namespace.collection, field: key.path)
      let isStrong = field.onlyClass == .objectID || field.onlyClass == .uuid
      if fit == .none, !isStrong, field.onlyClass != .text || key.path != "_id" { continue }
      let match = field.keys.found(in: key.keys)
      // Subdocuments, dates and the like refer to nothing that is there.
      let others = field.level(of: key) == 0 ? field.documents + field.nested + field.keyless : 0
      let relation = Relation(
        child: child.namespace, path: field.path, parent: parent.namespace, key: key.path, fit: fit,
        references: match.occurrences + others, found: match.found, values: match.values,
        isOfAll: field.isOfAll || child.isWhole, isExact: field.level(of: key) == 0, isStrong: isStrong,
        documents: child.isWhole || field.isOfAll ? child.documents : child.wideDocuments)
      if relation.isWorthTelling(name, field, key) { candidates.append(relation) }
    }
    guard var best = candidates.max(by: { $0.isWorse(than: $1) }) else { return nil }
    if best.fit == .none, best.holds {
      best.rival = candidates.first { $0.fit == .none && $0.holds && $0.parent != best.parent }?.parent
    }
    return best
  }
}

extension SurveyedField {
  /// How much the two samples are thinned together.
  fileprivate func level(of key: SurveyedField) -> Int { max(keys.level, key.keys.level) }
}

extension Relation {
  /// Whether a person would want to read of it.
  fileprivate func isWorthTelling(_ name: FieldName, _ field: SurveyedField, _ key: SurveyedField) -> Bool {
    guard references > 0 else { return false }
    let share = Double(found) / Double(references)
    switch fit {
    case .none:
      // Values alone: only what is no coincidence.
      return isStrong
        ? share >= 0.9 && values >= Self.leastValues
        : holds && values > 20 && references >= Self.leastReferences
    case .partly: return share >= 0.5
    case .whole:
      if share >= 0.5 { return true }
      // A name that says that it refers, and values that don't: much is lost, or it means something else.
      return name.saysSo && !name.isInnerID && (key.keys.count == 0 || field.onlyClass == key.onlyClass)
        && (found > 0 || key.keys.count == 0 || field.onlyClass == .number || field.onlyClass == .objectID)
    }
  }

  /// Whether another says better what the field refers to.
  fileprivate func isWorse(than other: Relation) -> Bool {
    func rank(_ relation: Relation) -> [Double] {
      [
        relation.holds && (relation.fit > .none || relation.isStrong) ? 1 : 0, Double(relation.fit.rawValue),
        Double(relation.found) / Double(max(1, relation.references)),
        relation.parent.database.utf8.elementsEqual(relation.child.database.utf8) ? 1 : 0,
        relation.key == "_id" ? 1 : 0, relation.parent == relation.child ? 0 : 1,
      ]
    }
    return rank(self).lexicographicallyPrecedes(rank(other))
  }
}

internal import BSON
internal import Configuration

extension FieldPath {
  /// The paths of a check that takes `field`, or several in `fields`; rejects what is no path, and both or neither of
  /// the two keys.
  static func paths(
    _ fields: Fields, _ one: Key<String?>, _ several: Key<[String]?>
  ) -> [FieldPath] {
    let given = fields[one].map { [$0] } ?? []
    let all = given + (fields[several] ?? [])
    if fields.isGiven(one), fields.isGiven(several) {
      fields.reject(several, "together with `\(one.spec.name)`", hint: "Keep one of the two.")
    }
    if all.isEmpty {
      fields.reject(one, "no field is named", hint: "Give `\(one.spec.name)` or `\(several.spec.name)`.")
    }
    for path in all where !isPath(path) {
      let (problem, hint) = ("`\(path)` is no path of a field", "Write address.city, without a `$`.")
      if fields.isGiven(one) {
        fields.reject(one, problem, hint: hint)
      } else {
        fields.reject(several, problem, hint: hint)
      }
    }
    return all.map { FieldPath($0) }
  }

  /// Whether an aggregation can follow it: `$` is for the fields of a DBRef alone.
  static func isPath(_ path: String) -> Bool {
    path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && (!$0.hasPrefix("$") || ["$id", "$ref", "$db"].contains($0))
    }
  }
}

extension FieldPath {
  /// The path of a check that takes one `field`; rejects what is no path.
  static func path(_ fields: Fields, _ key: Key<String>) -> FieldPath {
    if !isPath(fields[key]) {
      fields.reject(key, "`\(fields[key])` is no path of a field", hint: "Write address.city, without a `$`.")
    }
    return FieldPath(fields[key])
  }
}

extension Value {
  /// As Extended JSON, cut where it gets long.
  var shortText: String {
    let text = extendedJSON()
    return text.utf8.count <= 120 ? text : "\(text.prefix(110))…"
  }
}

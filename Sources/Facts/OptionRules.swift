internal import BSON

/// How the options of a collection or an index are compared: one by one, whatever their order, with the server's
/// defaults for those that are left out.
struct OptionRules {
  /// Options that are not compared: they tell nothing of how the collection works, or a newer server drops them.
  var ignored: Set<String>
  /// What leaving an option out stands for.
  var defaults: [String: Value]
  /// Options whose fields are compared one by one, whatever their order; fields that only the found side has are
  /// defaults that the server filled in; in a collation they have to be its defaults.
  var filledIn: Set<String>

  static let collection = OptionRules(
    ignored: ["autoIndexId", "flags", "idIndex", "recordIdsReplicated", "temp", "uuid"],
    defaults: [
      "capped": false, "validationLevel": "strict", "validationAction": "error",
      "changeStreamPreAndPostImages": ["enabled": false], "collation": ["locale": "simple"], "validator": [:],
      "pipeline": [],
    ],
    filledIn: ["collation", "timeseries", "clusteredIndex"])

  static let index = OptionRules(
    ignored: ["background", "dropDups", "ns", "safe"],
    defaults: [
      "unique": false, "sparse": false, "hidden": false, "clustered": false, "prepareUnique": false,
      "collation": ["locale": "simple"],
    ],
    filledIn: ["collation"])

  /// The options that differ, in the order in which they are expected, then in which they were found; values as
  /// relaxed Extended JSON.
  func differences(
    _ expected: Document, _ found: Document
  ) -> [(name: String, expected: String?, found: String?)] {
    var names = expected.names
    for name in found.names where expected[name] == nil { names.append(name) }
    return names.compactMap { name in
      if ignored.contains(name) { return nil }
      let (want, have) = (expected[name], found[name])
      if let left = want ?? defaults[name], let right = have ?? defaults[name],
        equal(left, right, option: name)
      {
        return nil
      }
      return (name, want?.extendedJSON(), have?.extendedJSON())
    }
  }

  /// What a server (4.4 to 6.0) fills in where a collation leaves it out; of all its locales one has another default.
  private static let collation: Document = [
    "caseLevel": false, "caseFirst": "off", "strength": 3, "numericOrdering": false,
    "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false,
  ]

  private func isDefault(_ field: Document.Element, of collation: Document) -> Bool {
    if field.name == "version" { return true }
    if field.name == "backwards", collation["locale"]?.string == "fr_CA" { return field.value.isTrue }
    return OptionRules.collation[field.name]?.isSame(as: field.value) ?? false
  }

  private func equal(_ want: Value, _ have: Value, option name: String) -> Bool {
    if filledIn.contains(name), let want = want.document, let have = have.document {
      // A meta field has no default: either there is one or not.
      if want["metaField"] == nil, have["metaField"] != nil { return false }
      if name == "collation", !have.allSatisfy({ want[$0.name] != nil || isDefault($0, of: have) }) {
        return false
      }
      // The version of a collation is that of the server's library.
      return want.allSatisfy { element in
        element.name == "version" || have[element.name].map { $0.isSame(as: element.value) } ?? false
      }
    }
    if name == "expireAfterSeconds", let number = want.number, number.isNaN {
      // The server stores the largest number for a NaN that an older version let pass.
      return have.integer == 2_147_483_647 || have.number?.isNaN == true
    }
    // Old servers kept `unique: 1` as it was given.
    if case .bool? = defaults[name] { return want.isTrue == have.isTrue }
    return want.isSame(as: have)
  }
}

extension Value {
  /// Equal with numbers compared by value, whatever their types; the order of fields counts.
  func isSame(as other: Value) -> Bool {
    switch (self, other) {
    case (.document(let left), .document(let right)), (.array(let left), .array(let right)):
      let (left, right) = (Array(left), Array(right))
      return left.count == right.count
        && zip(left, right).allSatisfy {
          $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.isSame(as: $1.value)
        }
    default:
      if let left = integer, let right = other.integer { return left == right }
      if let left = decimalOrNumber, let right = other.decimalOrNumber {
        return left == right || left.isNaN && right.isNaN
      }
      // By their bytes: Swift takes two spellings of one character for the same.
      return Document([("", self)]) == Document([("", other)])
    }
  }

  private var decimalOrNumber: Double? {
    guard case .decimal128 = self else { return number }
    // `{ "$numberDecimal" : "1.5" }`
    let parts = extendedJSON(relaxed: false).split(separator: "\"")
    return parts.count > 3 ? Double(parts[3]) : nil
  }
}

internal import BSON

/// What was seen of one field of a collection's documents. Fields of subdocuments have dots in their path; arrays
/// on the way are looked into and don't show in it, as in a query.
struct SurveyedField: Sendable {
  /// Up to when the field is looked at.
  enum Attention: Sendable {
    /// As long as the collection's first documents are read.
    case first
    /// In all documents, for its own values.
    case all
    /// In all documents, for a field below it.
    case below
    /// No longer.
    case none
  }

  let path: String
  let depth: Int
  /// The fields below it: their names' hashes, and their places among the collection's fields.
  var children: [(name: UInt64, field: Int)] = []
  /// Whether its fields' names are data (a map by key): then they are no fields.
  var isMap = false
  var attention = Attention.first
  /// How many fields right below it are looked at in all documents.
  var attended = 0

  /// Documents (or subdocuments) that have it, null or not; of those that were looked at as a whole.
  var present = 0
  /// Of those, or of the elements of an array: null and undefined …
  var nulls = 0
  /// … subdocuments …
  var documents = 0
  /// … arrays right within arrays, which nothing looks into …
  var nested = 0
  /// … all others …
  var values = 0
  /// … of these, such as nothing refers by (dates, booleans, long texts).
  var keyless = 0
  /// How often it was an array.
  var arrays = 0
  /// How many of these documents have a value of each type; of fields of the document itself.
  var types: [ElementType: Int] = [:]
  /// How many of the values are of each class.
  var classes = SIMD4<Int>()
  /// The values' hashes.
  var keys: HashSample
  /// The latest date, in milliseconds since 1970.
  var latest: Int64?
  /// How many values are dates.
  var dates = 0

  init(path: String, depth: Int, keys: HashSample) {
    self.path = path
    self.depth = depth
    self.keys = keys
  }

  /// What may refer to something: neither missing nor null.
  var references: Int { values + documents + nested }

  /// Whether what it has is what all documents of the collection have, not the first ones alone.
  var isOfAll: Bool { attention != .none }

  /// The one class of all its values; nil when there is none or several.
  var onlyClass: KeyClass? {
    let present = KeyClass.allCases.filter { classes[Int($0.rawValue)] > 0 }
    return present.count == 1 && keyless == 0 ? present[0] : nil
  }

  /// Its names, from the outermost in.
  var names: [Substring] { path.split(separator: ".", omittingEmptySubsequences: false) }
}

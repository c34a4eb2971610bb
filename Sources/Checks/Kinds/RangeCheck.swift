package import BSON
package import Configuration
internal import Platform
internal import Record

/// `range`: whether the values of a field lie between two, in the server's order.
package struct RangeCheck: ScanningCheck {
  private static let field = Key(
    required: "field", .string,
    "The field, with dots for fields within fields; arrays on its way are looked into.")
  private static let min = Key("min", .value, "The least value that is in the range.")
  private static let max = Key("max", .value, "The greatest value that is in the range.")
  private static let exclusive = Key(
    "exclusive", .boolean, default: "false", "Whether the bounds themselves are outside.")

  package static let declaration = CheckDeclaration(
    "range",
    "Counts documents with a value outside of a range; values of another type than its bounds are outside.",
    takesFilter: true, figure: "documents outside", keys: [field, min, max, exclusive],
    example: "range: {field: total, min: 0}", onSets: .documents)

  private let path: FieldPath
  private let lower: Value?
  private let upper: Value?
  private let isExclusive: Bool

  package init(_ fields: Fields, _ common: CommonKeys) {
    path = FieldPath.path(fields, Self.field)
    (lower, upper) = (fields[Self.min], fields[Self.max])
    isExclusive = fields[Self.exclusive]
    for (key, bound) in [(Self.min, lower), (Self.max, upper)] {
      switch bound {
      case .null, .undefined, .minKey, .maxKey:
        fields.reject(key, "no range begins or ends with \(bound?.extendedJSON() ?? "null")")
      default: break
      }
    }
    switch (lower, upper) {
    case (nil, nil): fields.reject(Self.field, "no bound is given", hint: "Give `min`, `max` or both.")
    case (let lower?, let upper?):
      if !KeptValue(lower).isOfGroup(with: upper) {
        fields.reject(Self.max, "is of another type than `min`")
      } else if Value.compare(lower, upper) > 0 || isExclusive && Value.compare(lower, upper) == 0 {
        fields.reject(
          Self.min, "nothing lies between \(lower.shortText) and \(upper.shortText)")
      }
    default: break
    }
  }

  package func scan(_ context: CheckContext) throws -> Seen {
    if context.source().collation != nil {
      switch lower ?? upper {
      case .string, .symbol, .document, .array:
        throw Unanswerable(
          "\(context.namespace) has a collation, by which texts can't be put in order here")
      default: break
      }
    }
    return Seen(
      path, lower.map(KeptValue.init), upper.map(KeptValue.init), isExclusive: isExclusive,
      samples: context.common.samples)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    private let path: FieldPath
    private let lower: KeptValue?
    private let upper: KeptValue?
    private let isExclusive: Bool
    private let acceptsNaN: Bool
    fileprivate var documents = 0
    /// Values that are neither missing nor null.
    fileprivate var values = 0
    fileprivate var outside = 0
    fileprivate var below = 0
    fileprivate var above = 0
    /// Values of another type than the bounds'; NaN is one where no bound is.
    fileprivate var others = 0
    fileprivate var missing = 0
    fileprivate var null = 0
    /// The least and the greatest of the bounds' type.
    fileprivate var least: KeptValue?
    fileprivate var greatest: KeptValue?
    fileprivate var samples: Samples

    fileprivate init(
      _ path: FieldPath, _ lower: KeptValue?, _ upper: KeptValue?, isExclusive: Bool, samples: Int
    ) {
      self.path = path
      self.lower = lower
      self.upper = upper
      self.isExclusive = isExclusive
      acceptsNaN = (lower ?? upper)?.withRaw { $0.isNaN } ?? false
      self.samples = Samples(samples)
    }

    package var reads: DocumentPart { .fields([path.description]) }

    package mutating func see(_ document: RawDocument) {
      documents += 1
      let before = below + above + others
      let path = path
      path.forEachValue(in: document) { take($0) }
      guard below + above + others > before else { return }
      outside += 1
      samples.add(document)
    }

    private mutating func take(_ value: RawValue?) {
      guard let value else {
        missing += 1
        return
      }
      if value.type == .null || value.type == .undefined {
        null += 1
        return
      }
      values += 1
      guard let bound = lower ?? upper, bound.isOfGroup(value), acceptsNaN || !value.isNaN else {
        others += 1
        return
      }
      if least.map({ $0.order(of: value) < 0 }) ?? true { least = KeptValue(value) }
      if greatest.map({ $0.order(of: value) > 0 }) ?? true { greatest = KeptValue(value) }
      if let lower {
        let order = lower.order(of: value)
        if order < 0 || isExclusive && order == 0 {
          below += 1
          return
        }
      }
      if let upper {
        let order = upper.order(of: value)
        if order > 0 || isExclusive && order == 0 { above += 1 }
      }
    }

    package mutating func append(_ next: Seen) {
      documents += next.documents
      values += next.values
      outside += next.outside
      below += next.below
      above += next.above
      others += next.others
      missing += next.missing
      null += next.null
      if let other = next.least, least.map({ Value.compare(other.value, $0.value) < 0 }) ?? true {
        least = other
      }
      if let other = next.greatest, greatest.map({ Value.compare(other.value, $0.value) > 0 }) ?? true {
        greatest = other
      }
      samples.append(next.samples)
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) -> Finding {
    let some = Count.text(seen.documents, "document")
    let span: String
    if let least = seen.least, let greatest = seen.greatest {
      span = "`\(path)` from \(least.value.shortText) to \(greatest.value.shortText)"
    } else {
      span = "no value of that type in `\(path)`"
    }
    let message: String
    if seen.values == 0 {
      message = "no document has a value in `\(path)`"
    } else if seen.outside == 0 {
      message = "\(some), \(span)"
    } else {
      let parts = [(seen.below, "below"), (seen.above, "above"), (seen.others, "of another type")]
        .filter { $0.0 > 0 }.map { "\(Count.text($0.0)) \($0.1)" }
      message = "\(Count.text(seen.outside)) of \(some) outside (\(parts.joined(separator: ", "))), \(span)"
    }
    var finding = Finding(
      figure: seen.outside, of: seen.documents, examined: seen.values == 0 ? 0 : seen.documents,
      message: message,
      measured: .record([
        "documents": .integer(Int64(seen.documents)), "outside": .integer(Int64(seen.outside)),
        "min": seen.least.map { .string($0.value.shortText) },
        "max": seen.greatest.map { .string($0.value.shortText) },
        "below": .integer(Int64(seen.below)), "above": .integer(Int64(seen.above)),
        "other_type": .integer(Int64(seen.others)), "missing": .integer(Int64(seen.missing)),
        "null": .integer(Int64(seen.null)),
      ]))
    guard seen.outside > 0 else { return finding }
    let (low, high) = isExclusive ? ("above", "below") : ("at least", "at most")
    finding.expected = [lower.map { "\(low) \($0.shortText)" }, upper.map { "\(high) \($0.shortText)" }]
      .compactMap(\.self).joined(separator: ", ")
    finding.observed = span
    finding.samples = seen.samples.texts
    let inside: Document = Document(
      [
        lower.map { (isExclusive ? "$gt" : "$gte", $0) }, upper.map { (isExclusive ? "$lt" : "$lte", $0) },
      ].compactMap(\.self))
    finding.query = context.shellFind(outside(.document(inside)))
    return finding
  }

  private func outside(_ inside: Value) -> Document {
    let name = path.description
    // Of an array each element has to be inside; `$not` alone would be content with one.
    return [
      "$or": [
        [name: ["$not": inside, "$ne": .null]],
        [name: ["$elemMatch": ["$not": inside, "$ne": .null]]],
      ]
    ]
  }
}

extension RawValue {
  /// Whether it is a number that is none.
  fileprivate var isNaN: Bool {
    switch type {
    case .double:
      if case .double(let number) = value { return number.isNaN }
      return false
    // The five bits after the sign, all set.
    case .decimal128: return unsafe bytes[15] & 0x7C == 0x7C
    default: return false
    }
  }
}

extension KeptValue {
  fileprivate func isOfGroup(with other: Value) -> Bool {
    KeptValue(other).withRaw { isOfGroup($0) } ?? false
  }
}

package import BSON
package import Configuration
internal import Platform
internal import Record

/// `freshness`: how old the newest data is, at the moment that was recovered to.
package struct FreshnessCheck: ScanningCheck {
  private static let field = Key(
    "field", .string, default: "_id",
    "A date, a timestamp or an ObjectId, with dots for fields within fields; `_id` by default, which holds the time "
      + "when it is an ObjectId.")
  private static let max = Key("max", .duration, "The greatest age that passes.")
  private static let at = Key(
    "at", .moment, "The moment to count from, in RFC 3339; the moment that was recovered to by default.")

  package static let declaration = CheckDeclaration(
    "freshness", "Tells how old the newest data is.", takesFilter: true,
    figure: "seconds since the newest value", figureIsTime: true, keys: [field, max, at],
    example: "freshness: {field: placedAt, max: 24h}", onSets: .documents)

  /// How far clocks may be apart, in seconds: a value that is further in the future tells nothing of how old data is.
  private static let tolerance = 300.0

  private let path: FieldPath
  private let limit: Double?
  private let moment: Double?

  package init(_ fields: Fields, _ common: CommonKeys) {
    path = FieldPath.path(fields, Self.field)
    limit = fields[Self.max]
    moment = fields[Self.at]
    if limit == nil, common.warnIf == nil, common.errorIf == nil {
      fields.reject(
        Self.max, "no age is too great", hint: "Give `max: 24h`, or `warn_if` and `error_if`.")
    }
  }

  private func moment(_ context: CheckContext) throws(Unanswerable) -> Double {
    guard let moment = moment ?? context.server.moment else {
      throw Unanswerable(
        "the moment that the data is of is not known; say it with `at: 2026-11-21T14:30:00Z`")
    }
    return moment + context.server.delay
  }

  package func scan(_ context: CheckContext) throws -> Seen {
    _ = try moment(context)
    return Seen(path)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    private let path: FieldPath
    fileprivate var documents = 0
    /// Values that hold a time.
    fileprivate var times = 0
    fileprivate var missing = 0
    /// Values of other types, null among them.
    fileprivate var others = 0
    /// In milliseconds since 1970.
    fileprivate var newest = Int64.min
    fileprivate var oldest = Int64.max

    fileprivate init(_ path: FieldPath) { self.path = path }

    package var reads: DocumentPart { .fields([path.description]) }

    package mutating func see(_ document: RawDocument) {
      documents += 1
      path.forEachValue(in: document) { value in
        guard let value else {
          missing += 1
          return
        }
        guard let time = value.milliseconds else {
          others += 1
          return
        }
        times += 1
        newest = Swift.max(newest, time)
        oldest = Swift.min(oldest, time)
      }
    }

    package mutating func append(_ next: Seen) {
      documents += next.documents
      times += next.times
      missing += next.missing
      others += next.others
      newest = Swift.max(newest, next.newest)
      oldest = Swift.min(oldest, next.oldest)
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    let moment = try moment(context)
    let at = FreshnessCheck.text((moment * 1000).rounded())
    let others: JSON = .integer(Int64(seen.others))
    guard seen.times > 0 else {
      return Finding(
        figure: 0.0, examined: 0,
        message: "no document has a date, a timestamp or an ObjectId in `\(path)`",
        measured: [
          "documents": .integer(Int64(seen.documents)), "missing": .integer(Int64(seen.missing)),
          "others": others,
        ])
    }
    let age = moment - Double(seen.newest) / 1000
    let newest = FreshnessCheck.text(Double(seen.newest))
    let isFuture = age < 0
    let message =
      isFuture
      ? "the newest `\(path)` is \(newest), \(TimeSpan.format(-age)) after \(at): in the future of what was recovered"
      : "the newest `\(path)` is \(newest), \(TimeSpan.format(age)) before \(at)"
    var finding = Finding(
      figure: age, failsAbove: limit, least: age < -Self.tolerance ? .warn : .pass, examined: seen.times,
      message: message,
      measured: [
        "age_seconds": .double(age), "newest": .string(newest),
        "oldest": .string(FreshnessCheck.text(Double(seen.oldest))), "at": .string(at),
        "is_future": .bool(isFuture), "documents": .integer(Int64(seen.documents)),
        "missing": .integer(Int64(seen.missing)), "others": others,
      ],
      expected: limit.map { "at most \(TimeSpan.format($0)) old" }, observed: "\(TimeSpan.format(age)) old")
    let filter = context.common.filter ?? [:]
    finding.query =
      "\(context.namespace.shellText).find(\(filter.shellText)).sort(\(Document([(path.description, .int32(-1))]).shellText)).limit(1)"
    return finding
  }

  /// `2026-11-21T14:30:00.000Z`; years that RFC 3339 can't write as milliseconds since 1970.
  private static func text(_ milliseconds: Double) -> String {
    guard (-62_135_596_800_000...253_402_300_799_999).contains(milliseconds) else {
      return "\(Decimals.format(milliseconds, 0)) ms since 1970"
    }
    let whole = Int(milliseconds)
    let seconds = Int((milliseconds / 1000).rounded(.down))
    return WallTime(seconds: seconds, nanoseconds: (whole - seconds * 1000) * 1_000_000).textWithMilliseconds
  }
}

extension RawValue {
  /// The moment that it holds, in milliseconds since 1970; nil when it holds none.
  fileprivate var milliseconds: Int64? {
    switch type {
    case .date: unsafe Int64(littleEndian: bytes.loadUnaligned(as: Int64.self))
    // The upper half are seconds.
    case .timestamp:
      Int64(unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))) * 1000
    case .objectID: Int64(unsafe UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))) * 1000
    default: nil
    }
  }
}

extension Shape where Output == Double {
  /// A moment in RFC 3339, as seconds since 1970.
  fileprivate static var moment: Shape {
    .scalar(
      "a time such as 2026-11-21T14:30:00Z", schema: ["type": "string"],
      hint: "Write the date, the time and the zone."
    ) { scalar in
      WallTime(rfc3339: scalar.text).map { Double($0.seconds) + Double($0.nanoseconds) / 1e9 }
    }
  }
}

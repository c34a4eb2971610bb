package import Platform

/// The range of a record's numbers: what was read within it can be added up, scaled and drawn without another look.
///
/// What checks measured and what a scenario says may be any number; whoever reads those keeps to `capped`.
package enum RecordNumbers {
  /// How far from 0 a number may lie: 2^53, up to which every reader of JSON has whole numbers exactly.
  package static let largest = 1 << 53
  /// The most that all whole numbers of a record may come to.
  static let largestSum = 1 << 60

  /// A number that somebody measured, as near to it as the range allows.
  package static func capped(_ number: Int64) -> Int {
    max(-largest, min(largest, Int(clamping: number)))
  }

  /// The sum of what was measured, within the range.
  package static func sum(_ one: Int, _ other: Int) -> Int { min(largest, one + other) }

  /// Goes through a record as it was read, whole or in part. Throws what is out of the range; only lengths of time and
  /// `change` may be negative.
  package static func check(_ record: JSON) throws(MalformedRecord) {
    guard case .object(let members) = record else { return }
    var sum = 0
    for member in members {
      do throws(MalformedRecord) {
        switch member.key {
        case "checks": try check(member.value, "", except: "measured", &sum)
        case "scenario": try check(member.value, "", except: "resolved", &sum)
        default: try check(member.value, member.key, except: nil, &sum)
        }
      } catch {
        throw error.under(member.key)
      }
    }
  }

  private static func check(
    _ json: JSON, _ key: String, except free: String?, _ sum: inout Int
  ) throws(MalformedRecord) {
    switch json {
    case .null, .bool, .string: return
    case .integer(let number):
      guard number.magnitude <= UInt64(largest), number >= 0 || isSigned(key) else {
        throw .outOfRange
      }
      sum += Int(number.magnitude)
      // The rates follow from other keys and are not added to anything.
      if key.hasSuffix("_per_second") { sum -= Int(number.magnitude) }
      guard sum <= largestSum else {
        throw MalformedRecord(wanted: "smaller: the record's numbers are too large together", isRange: true)
      }
    case .double(let number):
      // Rates are of no consequence: readers work them out again.
      guard number.magnitude <= Double(largest) || key.hasSuffix("_per_second"), number >= 0 || isSigned(key)
      else {
        throw .outOfRange
      }
    case .array(let values):
      for (index, value) in values.enumerated() {
        do throws(MalformedRecord) { try check(value, key, except: free, &sum) } catch {
          throw error.under("[\(index)]")
        }
      }
    case .object(let members):
      for member in members where member.key != free {
        do throws(MalformedRecord) { try check(member.value, member.key, except: nil, &sum) } catch {
          throw error.under(member.key)
        }
      }
    }
  }

  private static func isSigned(_ key: String) -> Bool { key.hasSuffix("seconds") || key == "change" }
}

extension MalformedRecord {
  fileprivate static var outOfRange: MalformedRecord {
    MalformedRecord(wanted: "a number from 0 to 2^53", isRange: true)
  }
}

extension Int {
  /// The nearest whole number that there is; 0 for what is no number.
  package init(nearest value: Double) {
    self = value.isNaN ? 0 : Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}

extension Failure {
  /// Kind `damaged-backup`, as whatever was read and can't be true: a record with a number that no drill measures.
  package static func recordOutOfRange(_ path: String, _ cause: MalformedRecord) -> Failure {
    Failure(
      .damagedBackup, "record-out-of-range", "a number of the record is out of range", at: Place(path),
      hint: "It was changed, or not written by mongodrill: `mongodrill history --verify` says more.",
      cause: "\(cause)")
  }
}

package import Platform
package import Record

/// A record of a round: a small JSON file of its own, read strictly.
package protocol RecordFile: RecordPart {
  /// What a person calls it: `the record of a round`.
  static var title: String { get }
  /// Throws where a value is of the right type and yet none that can be meant: a negative size, a name that is no name.
  func checkRanges() throws(MalformedRecord)
}

/// The version of the keys of a round's records; it grows only with a change that isn't additive.
package enum RecordVersion {
  package static let current = 1
  /// More bytes than any of these records may have.
  package static let largest = 64 << 20
}

extension RecordFile {
  /// Its text as it is written: indented, with a newline at the end.
  package var fileText: String { json.text(pretty: true) + "\n" }

  /// Reads the text of such a file. Keys that it doesn't know are passed over, as later versions add some. Throws
  /// `Failure` of kind `usage`: `fleet-record-unreadable` for what is cut short or no such record, and
  /// `later-fleet-record` for one of a later schema.
  package init(at path: String, _ bytes: [UInt8]) throws(Failure) {
    let json: JSON
    do throws(MalformedJSON) { json = try JSON.parse(bytes) } catch {
      throw .fleetRecord(path, Self.title, at: error.offset, error.message)
    }
    guard case .integer(let version)? = json["schema_version"] else {
      throw .fleetRecord(path, Self.title, at: nil, "schema_version should be a whole number")
    }
    guard version <= Int64(RecordVersion.current) else {
      throw .laterFleetRecord(path, Self.title, version: version)
    }
    do throws(MalformedRecord) {
      guard version >= 1 else { throw MalformedRecord(wanted: "1 or more", path: "schema_version") }
      try self.init(json: json)
      try checkRanges()
    } catch {
      throw .fleetRecord(path, Self.title, at: nil, "\(error)")
    }
  }

  /// Reads such a file.
  package init(readingFrom path: String) throws(Failure) {
    try self.init(at: path, try Files.read(path, limit: RecordVersion.largest))
  }
}

extension Failure {
  static func fleetRecord(_ path: String, _ title: String, at offset: Int?, _ cause: String) -> Failure {
    Failure(
      .usage, "fleet-record-unreadable", "not \(title)", at: Place(path, offset: offset.map(UInt64.init)),
      hint: "It was cut short or changed after it was written: run the task again.", cause: cause)
  }

  static func laterFleetRecord(_ path: String, _ title: String, version: Int64) -> Failure {
    Failure(
      .usage, "later-fleet-record",
      "\(title) has version \(version) of the schema, this mongodrill reads \(RecordVersion.current)",
      at: Place(path), hint: "Use the version of mongodrill that wrote it, or a later one.")
  }
}

/// What a value of a record must be beyond its type.
enum RecordLimit {
  static func require(
    _ holds: Bool, _ path: String, _ wanted: @autoclosure () -> String
  ) throws(MalformedRecord) {
    if !holds { throw MalformedRecord(wanted: wanted(), path: path) }
  }

  /// Whether it is a SHA-256 in lower-case hexadecimal digits.
  static func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
  }

  static func positive(_ number: Double?, _ path: String) throws(MalformedRecord) {
    try require(number.map { $0 > 0 && $0.isFinite } ?? true, path, "a number above 0")
  }

  static func positive(_ number: Int?, _ path: String) throws(MalformedRecord) {
    try require(number.map { $0 > 0 } ?? true, path, "a whole number above 0")
  }
}

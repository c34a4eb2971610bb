internal import BSON
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// What a drill knew when it left its sandbox behind (`--keep`): a file `drill.json` in the sandbox's folder, Extended
/// JSON, so that another run can go on from one of its steps.
struct KeptDrill: Sendable {
  /// Where the drill stood after a step.
  struct Mark: Sendable {
    /// How many checks had been made.
    var checks: Int
    /// Seconds since the first byte of the backup was read, less the time of persons.
    var seconds: Double
  }

  private static let file = "drill.json"
  private static let version: Int64 = 2
  /// The most bytes that the file may have.
  private static let largest = 512 << 20

  var record: DrillRecord
  /// What the restore steps came to, by their ids.
  var expected: [String: Catalogue] = [:]
  /// What was there after the steps that a check compares with.
  var stepFacts: [String: Catalogue] = [:]
  /// The completed steps, by their ids.
  var marks: [String: Mark] = [:]
  var moment: Double?
  var standing: Timestamp?
  var lastApplied: Timestamp?
  var warnings: [String] = []
  var unanswered: [DrillRecord.NotVerified] = []
  /// The unproven seams of the oplog that the replay went past.
  var seams: [DrillRecord.NotVerified] = []
  /// What came out at the moments of the witness that are past.
  var witnessed: [CollectionComparison] = []
  /// What the checks compared with.
  var sums = CounterpartSums()

  init(_ record: DrillRecord) { self.record = record }

  /// Puts it into the folder of a sandbox.
  func write(to directory: String) throws(Failure) {
    func catalogues(_ all: [String: Catalogue]) -> Value {
      .document(
        Document(
          all.sorted { $0.key < $1.key }.map {
            ($0.key, .list($0.value.sorted.map { .document($0.document) }))
          }))
    }
    func sentences(_ all: [DrillRecord.NotVerified]) -> Value {
      .list(all.map { ["code": .string($0.code), "message": .string($0.message)] })
    }
    var elements: [(String, Value)] = [
      ("version", .int64(KeptDrill.version)), ("record", .string(record.json.text())),
      ("expected", catalogues(expected)), ("step_facts", catalogues(stepFacts)),
      (
        "marks",
        .document(
          Document(
            marks.sorted { $0.key < $1.key }.map { id, mark in
              (id, ["checks": .int64(Int64(mark.checks)), "seconds": .double(mark.seconds)])
            }))
      ),
      ("warnings", .list(warnings.map { .string($0) })),
      ("unanswered", sentences(unanswered)), ("seams", sentences(seams)),
      ("witnessed", .list(witnessed.map { .document($0.document) })),
    ]
    if let moment { elements.append(("moment", .double(moment))) }
    if let standing { elements.append(("standing", .string(standing.description))) }
    if let sum = sums.witness { elements.append(("witness", .string(sum))) }
    if let sum = sums.baseline { elements.append(("baseline", .string(sum))) }
    if let lastApplied { elements.append(("last_applied", .string(lastApplied.description))) }
    try Files.writeAtomically(
      (Document(elements).extendedJSON() + "\n").utf8, to: Files.join(directory, KeptDrill.file), mode: 0o600)
  }

  /// Reads it. Throws `Failure` (`usage`): there is none, or it is something else.
  static func read(_ directory: String) throws(Failure) -> KeptDrill {
    let path = Files.join(directory, file)
    guard Files.exists(path) else { throw .noKeptDrill(directory) }
    let text = try Files.text(of: path, limit: largest)
    guard let document = try? Document(extendedJSON: text), document["version"]?.integer == version,
      let record = document["record"]?.string
    else { throw .notAKeptDrill(path) }
    var kept = KeptDrill(try DrillRecord(reportAt: path, Array(record.utf8)))
    guard let expected = catalogues(document["expected"]),
      let stepFacts = catalogues(document["step_facts"])
    else { throw .notAKeptDrill(path) }
    kept.expected = expected
    kept.stepFacts = stepFacts
    for element in document["marks"]?.document ?? [:] {
      guard let checks = element.value.document?["checks"]?.integer,
        case .double(let seconds)? = element.value.document?["seconds"]
      else { throw .notAKeptDrill(path) }
      kept.marks[element.name] = Mark(checks: Int(checks), seconds: seconds)
    }
    if case .double(let moment)? = document["moment"] { kept.moment = moment }
    kept.standing = document["standing"]?.string.flatMap { Timestamp($0) }
    kept.lastApplied = document["last_applied"]?.string.flatMap { Timestamp($0) }
    kept.sums.witness = document["witness"]?.string
    kept.sums.baseline = document["baseline"]?.string
    // A line less would be a better verdict.
    guard let warnings = all(document["warnings"], \.string),
      let unanswered = all(document["unanswered"], sentence), let seams = all(document["seams"], sentence),
      let witnessed = all(document["witnessed"], { $0.document.flatMap { CollectionComparison($0) } })
    else { throw .notAKeptDrill(path) }
    kept.warnings = warnings
    kept.unanswered = unanswered
    kept.seams = seams
    kept.witnessed = witnessed
    return kept
  }

  /// The elements of an array; nil when it is none, or one of them is something else.
  private static func all<Element>(_ value: Value?, _ read: (Value) -> Element?) -> [Element]? {
    guard let values = value?.elements else { return nil }
    let elements = values.compactMap(read)
    return elements.count == values.count ? elements : nil
  }

  private static func sentence(_ value: Value) -> DrillRecord.NotVerified? {
    guard let code = value.document?["code"]?.string, let message = value.document?["message"]?.string else {
      return nil
    }
    return DrillRecord.NotVerified(code, message)
  }

  /// nil when it isn't what `write` gives.
  private static func catalogues(_ value: Value?) -> [String: Catalogue]? {
    guard let document = value?.document else { return nil }
    var catalogues: [String: Catalogue] = [:]
    for element in document {
      guard let facts = all(element.value, { $0.document.flatMap { CollectionFacts($0) } }) else {
        return nil
      }
      catalogues[element.name] = Catalogue(facts)
    }
    return catalogues
  }
}

extension Failure {
  static func noKeptDrill(_ directory: String) -> Failure {
    Failure(
      .usage, "no-kept-drill", "the sandbox \(directory) holds nothing that a drill could go on from",
      hint: "A drill with --keep leaves such a one.")
  }

  static func notAKeptDrill(_ path: String) -> Failure {
    Failure(
      .usage, "not-a-kept-drill",
      "\(path) is not what a drill with --keep wrote, or it was by another version")
  }
}

internal import BSON
internal import Facts
internal import Platform
internal import Record

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
  private static let version: Int64 = 1
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
      ("unanswered", .list(unanswered.map { ["code": .string($0.code), "message": .string($0.message)] })),
    ]
    if let moment { elements.append(("moment", .double(moment))) }
    if let standing { elements.append(("standing", .string(standing.description))) }
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
    kept.expected = catalogues(document["expected"])
    kept.stepFacts = catalogues(document["step_facts"])
    for element in document["marks"]?.document ?? [:] {
      guard let checks = element.value.document?["checks"]?.integer,
        case .double(let seconds)? = element.value.document?["seconds"]
      else { throw .notAKeptDrill(path) }
      kept.marks[element.name] = Mark(checks: Int(checks), seconds: seconds)
    }
    if case .double(let moment)? = document["moment"] { kept.moment = moment }
    kept.standing = document["standing"]?.string.flatMap { Timestamp($0) }
    kept.lastApplied = document["last_applied"]?.string.flatMap { Timestamp($0) }
    kept.warnings = (document["warnings"]?.elements ?? []).compactMap(\.string)
    kept.unanswered = (document["unanswered"]?.elements ?? []).compactMap { item in
      guard let code = item.document?["code"]?.string, let message = item.document?["message"]?.string else {
        return nil
      }
      return DrillRecord.NotVerified(code, message)
    }
    return kept
  }

  private static func catalogues(_ value: Value?) -> [String: Catalogue] {
    var all: [String: Catalogue] = [:]
    for element in value?.document ?? [:] {
      all[element.name] = Catalogue(
        (element.value.elements ?? []).compactMap { $0.document.flatMap { CollectionFacts($0) } })
    }
    return all
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

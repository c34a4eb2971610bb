import Platform
import Record
import Reports
import Testing

/// The repository.
let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

/// The formats that `Tests/Fixtures/reports/read.py` reads.
let readFormats: [Renderer] = [
  .html, .markdown, .github, .junit, .prometheus, .openmetrics, .csv, .csvPhases,
]

/// What a reader sees of a report: see `read.py`.
struct Seen {
  var shape: [String]
  var texts: [String]
}

/// Draws a record in every format and reads all of it with parsers that others wrote. A mistake that one of them
/// finds is thrown.
func read(_ record: DrillRecord) throws -> [String: Seen] {
  try withFolder { (folder: String) throws in
    for renderer in readFormats {
      try Files.writeAtomically(renderer.draw(record).utf8, to: Files.join(folder, renderer.name))
    }
    let arguments = readFormats.map { "\($0.name)=\(Files.join(folder, $0.name))" }
    let run = try Supervisor.shared.capture(
      ChildSpec(
        [try tool("python"), Files.join(repository, "Tests/Fixtures/reports/read.py")] + arguments),
      limit: 64 << 20, timeout: 120)
    guard run.status == .exited(0) else { throw Unreadable(words: run.errorOutput.text) }
    let schema = Files.join(repository, "Tests/Fixtures/reports/junit.xsd")
    let xmllint = try Supervisor.shared.capture(
      ChildSpec(["/usr/bin/xmllint", "--noout", "--schema", schema, Files.join(folder, "junit")]), timeout: 60
    )
    guard xmllint.status == .exited(0) else { throw Unreadable(words: xmllint.errorOutput.text) }
    guard case .object(let formats) = try JSON.parse(Array(run.output.text.utf8)) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: formats.map { format in
        (format.key, Seen(shape: strings(format.value["shape"]), texts: strings(format.value["texts"])))
      })
  }
}

/// A report that a parser doesn't take.
struct Unreadable: Error {
  var words: String
}

/// A program of the tools that `scripts/setup --tests` installs; without it the tests fail.
func tool(_ name: String) throws -> String {
  let cache = Environment["XDG_CACHE_HOME"] ?? Files.join(Environment["HOME"] ?? "/", ".cache")
  let path = Files.join(cache, "mongodrill/tools/bin/\(name)")
  return try #require(
    Files.exists(path) ? path : nil, "\(path) is missing; scripts/setup --tests installs it")
}

func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = "/tmp/mongodrill-tests-\(UInt64.random(in: 0 ... .max))"
  try Supervisor.shared.removeAtEnd(folder)
  try Files.createFolder(folder)
  defer { try? Supervisor.shared.remove(folder) }
  return try body(folder)
}

private func strings(_ json: JSON?) -> [String] {
  guard case .array(let values) = json else { return [] }
  return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
}

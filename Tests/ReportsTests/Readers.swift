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

/// Draws records in every format and reads all of it with parsers that others wrote: what they see of each record,
/// by the format's name, or the mistake that one of them found.
func read(_ records: [DrillRecord]) throws -> [Result<[String: Seen], Unreadable>] {
  try withFolder { (folder: String) throws in
    let folders = records.indices.map { Files.join(folder, "\($0)") }
    for (record, folder) in zip(records, folders) {
      try Files.createFolder(folder)
      for renderer in readFormats {
        try Files.writeAtomically(renderer.draw(record).utf8, to: Files.join(folder, renderer.name))
      }
    }
    let reader = Files.join(repository, "Tests/Fixtures/reports/read.py")
    let run = try Supervisor.shared.capture(
      ChildSpec([try tool("python"), reader] + folders), limit: 256 << 20, timeout: 300)
    guard run.status == .exited(0) else { throw Unreadable(words: run.errorOutput.text) }
    let seen = try JSON.parse(Array(run.output.text.utf8))
    let invalid = try mistakes(folders.map { Files.join($0, "junit") })
    return folders.map { folder in
      if let mistake = invalid[Files.join(folder, "junit")] { return .failure(Unreadable(words: mistake)) }
      var formats: [String: Seen] = [:]
      for renderer in readFormats {
        let report = seen[Files.join(folder, renderer.name)]
        if case .string(let mistake) = report?["mistake"] { return .failure(Unreadable(words: mistake)) }
        formats[renderer.name] = Seen(shape: strings(report?["shape"]), texts: strings(report?["texts"]))
      }
      return .success(formats)
    }
  }
}

/// What `xmllint` says of JUnit results that aren't as `junit.xsd` demands, by file.
private func mistakes(_ files: [String]) throws -> [String: String] {
  let schema = Files.join(repository, "Tests/Fixtures/reports/junit.xsd")
  let program = try #require(
    Programs.find("xmllint", path: Environment["PATH"]), "scripts/setup --tests installs xmllint")
  let run = try Supervisor.shared.capture(
    ChildSpec([program, "--noout", "--schema", schema] + files), limit: 16 << 20, timeout: 60)
  let lines = run.errorOutput.text.split(separator: "\n")
  var mistakes: [String: String] = [:]
  for file in files where !lines.contains("\(file) validates") {
    mistakes[file] = lines.filter { $0.hasPrefix(file) }.joined(separator: "\n")
  }
  return mistakes
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

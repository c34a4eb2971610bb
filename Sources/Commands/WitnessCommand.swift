internal import Arguments
internal import Checks
internal import Drills
internal import Mongo
internal import Platform
internal import Record
internal import Witness

/// `mongodrill witness --uri URI -o FILE`.
enum WitnessCommand: Command {
  static let file = Option.value(
    "-o", "--out", placeholder: "FILE", kind: .path,
    help: "The file to write. FILE.documents, beside it, tells of single documents.")
  static let force = Option.flag("--force", help: "Replaces FILE when it is there.")
  static let include = Option.list(
    "--include", placeholder: "NS", kind: .text,
    help: "Only these namespaces, such as shop.orders or 'shop.*'.")
  static let exclude = Option.list(
    "--exclude", placeholder: "NS", kind: .text, help: "Leaves these namespaces out; wins over --include.")
  static let sample = Option.value(
    "--sample", placeholder: "SHARE", kind: .share, default: "100%",
    help: "Reads such a share of the ranges of each collection, picked at random, and one of each at least.")
  static let seed = Option.value(
    "--seed", placeholder: "N", kind: .seed, default: "random",
    help: "Picks the same ranges of the same data again; the record says which it was.")
  static let maxRate = Option.value(
    "--max-rate", placeholder: "SIZE", kind: .size, default: "as fast as it goes",
    help: "The most that is read a second, such as 20MB.")
  static let connections = Option.value(
    "--connections", placeholder: "N", kind: .integer(in: 1...64), default: "2",
    help: "How many connections read at the same time.")
  static let detail = Option.value(
    "--detail", placeholder: "LEVEL", kind: ValueKind<WitnessRequest.Detail>.choice, default: "auto",
    help:
      "What is kept of single documents: fields (which of them differ in which fields), documents (which of them differ), "
      + "ranges (nothing: in which range of _id something differs). auto: as much as --detail-size allows, the smallest "
      + "collections first.")
  static let detailSize = Option.value(
    "--detail-size", placeholder: "SIZE", kind: .size, default: "64MB",
    help: "How large FILE.documents may become with --detail auto.")

  static let queries = Option.value(
    "--queries", placeholder: "CHECKS", kind: .path,
    help:
      "Times the queries of the `query` checks in this scenario or file of checks, for `compare: witness`.")

  static let syntax = CommandSyntax(
    name: "witness",
    summary: "records what a live source holds at a known moment, to compare a restored copy with",
    description: [
      "Reads a replica set, and writes nothing to it: collections, options, indexes, sizes, and digests of all documents "
        + "by ranges of _id, as they were at a cluster time. A drill that recovers a backup to this moment then proves "
        + "that every byte came back, and names the documents and fields that differ.",
      "A large source takes longer to read than it keeps what was (5 minutes). Then ranges are read in batches, each at "
        + "a moment of its own, and a drill goes from one to the next.",
      "The user needs the role readAnyDatabase on admin; or read on each database, which leaves out the buckets of time "
        + "series.",
    ],
    options: [
      OptionGroup("Source", [SourceFlags.uri, maxRate, connections]),
      OptionGroup("Which part of it", [include, exclude, sample, seed]),
      OptionGroup("What is written", [file, force, detail, detailSize, queries]),
    ],
    examples: [
      Example(
        "mongodrill witness --uri 'mongodb://db1,db2/?replicaSet=rs0&readPreference=secondary' -o shop.witness",
        "A secondary's view of everything."),
      Example(
        "MONGODRILL_SOURCE_URI=\"$(cat uri)\" mongodrill witness -o shop.witness --max-rate 20MB --include shop",
        "One database, with little load and with no password on the command line."),
      Example(
        "mongodrill witness --uri mongodb://db1/?replicaSet=rs0 -o w.json --sample 1% --detail ranges",
        "A hundredth of a very large source."),
    ],
    exits: .codes([
      .pass: "Everything that was asked for is witnessed.", .incomplete: "The witness could not be recorded.",
      .notVerified:
        "It was recorded, but not all of it: a collection changed meanwhile.",
      .usage: nil, .internal: nil, .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    guard let path = values[file] else { throw Failure.noWitnessFile() }
    if !values[force] {
      for name in [path, path + ".documents"] where Files.exists(name) { throw Failure.witnessExists(name) }
    }
    guard Files.isDirectory(Files.folder(of: path)) else {
      throw Failure.noWitnessFolder(Files.folder(of: path))
    }
    var request = WitnessRequest()
    request.include = values[include]
    request.exclude = values[exclude]
    if let share = values[sample] { request.share = share }
    request.seed = values[seed] ?? .random(in: 0 ... .max)
    request.maxRate = values[maxRate]
    if let level = values[detail] { request.detail = level }
    if let size = values[detailSize] { request.detailBytes = size }
    if let count = values[connections] { request.connections = count }
    request.tool = Version.text

    let address = try SourceFlags.address(values, session)
    let pool: ClientPool
    do throws(MongoError) { pool = try ClientPool(uri: address, connections: request.connections + 1) } catch
    {
      throw Failure.invalidURI()
    }
    if let path = values[queries] {
      let suites: [Suite]
      do { suites = try ChecksFile(path, only: "query").suites } catch { throw Failures(all: error.failures) }
      let server = CheckedServer(pool, expected: nil, isSandbox: false)
      request.queries = { try suites.flatMap { try $0.witnessedQueries(on: server) } }
    }
    let (record, seconds) = try Clock.measure {
      try WitnessReading(request, from: pool, events: session.events).record(to: path)
    }
    let report = WitnessReport(record: record, path: path, seconds: seconds)
    session.result(text: report.text, json: report.json)
    return (report.isWhole ? ExitCode.pass : .notVerified).status
  }
}

extension ValueKind<Double> {
  /// A percentage above 0, 100% at most.
  fileprivate static var share: Self {
    ValueKind("a percentage such as 1% or 0.5%") { text in
      guard text.utf8.last == UInt8(ascii: "%"), let number = Double(text.dropLast()), number > 0,
        number <= 100,
        text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") })
      else { return nil }
      return number / 100
    }
  }
}

extension ValueKind<UInt64> {
  fileprivate static var seed: Self { ValueKind("a whole number from 0") { UInt64($0) } }
}

extension Failure {
  fileprivate static func noWitnessFile() -> Failure {
    Failure(.usage, "missing-argument", "there is no file to write", hint: "Name it with -o FILE.")
  }

  fileprivate static func witnessExists(_ path: String) -> Failure {
    Failure(
      .usage, "file-exists", "\(path) is there already",
      hint: "Choose another name, or replace it with --force.")
  }

  fileprivate static func noWitnessFolder(_ path: String) -> Failure {
    Failure(.usage, "folder-not-entered", "there is no folder \(path)", hint: "Create it first.")
  }

  // The driver's words may hold a part of a password that isn't encoded as it should be.
  fileprivate static func invalidURI() -> Failure {
    Failure(
      .usage, "invalid-uri", "the source's address is not understood",
      hint:
        "It has the form mongodb://USER:PASSWORD@HOST:PORT/?replicaSet=NAME, with : / ? # [ ] @ % in user and "
        + "password percent-encoded.")
  }
}

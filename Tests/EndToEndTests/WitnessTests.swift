import BSON
import Mongo
import Platform
import TestSupport
import Testing

@Suite("witness", .tags(.mongod), .timeLimit(.minutes(10)))
struct WitnessTests {
  private static let source = Result<LiveSource, any Error> {
    let source = try LiveSource.start(password: "s3cret")
    let documents = (0..<2000).map { Value.document(["_id": .int32($0), "text": "some text of a document"]) }
    try source.pool.run(["insert": "orders", "documents": .list(documents)], on: "shop")
    return source
  }

  private static func environment(_ uri: String) -> [String: String] {
    var environment = Mongodrill.environment
    environment["MONGODRILL_SOURCE_URI"] = uri
    return environment
  }

  private static func run(_ arguments: String..., uri: String? = nil, in folder: String) throws
    -> Mongodrill.Run
  {
    let address = try uri ?? source.get().uri(user: "root", password: "s3cret")
    return try Mongodrill.run(
      ["witness", "--progress", "none"] + arguments, environment: environment(address), in: folder)
  }

  @Test("writes its files, tells of them, and replaces none that are there")
  func files() throws {
    try withFolder { folder in
      let first = try WitnessTests.run("-o", "w", in: folder)
      #expect(first.status == 0, "\(first.errorOutput)")
      #expect(first.output.hasPrefix("1 collection, 2,000 documents, "))
      #expect(try Files.names(in: folder) == ["w", "w.documents"])
      let second = try WitnessTests.run("-o", "w", in: folder)
      #expect(second.status == 64)
      #expect(
        second.errorOutput
          == "mongodrill: w is there already\nHINT: Choose another name, or replace it with --force.\n")
      let third = try WitnessTests.run(
        "-o", "w", "--force", "--output", "json", "--detail", "ranges", in: folder)
      #expect(third.status == 0)
      let json = try JSON.parse(third.output)
      #expect(json["documents"] == .integer(2000))
      #expect(json["source"]?["set"] == .string(LiveSource.set))
      #expect(json["not_witnessed"] == .array([]))
      #expect(json["documents_file"] == nil)
      #expect(try Files.names(in: folder) == ["w"])
      let all =
        first.output + second.errorOutput + third.output + (try Files.text(of: Files.join(folder, "w")))
      #expect(!all.contains("s3cret"))
    }
  }

  @Test(
    "never shows a password",
    arguments: ["mongodb://root:s3cr%zz@127.0.0.1/", "mongodb://root:s3cret@:1:2/?x=%"])
  func badAddress(uri: String) throws {
    try withFolder { folder in
      let run = try WitnessTests.run("-o", "w", uri: uri, in: folder)
      #expect(run.status == 64)
      #expect(!run.errorOutput.contains("s3cr"))
      let given = try Mongodrill.run(["witness", "-o", "w", "--uri", uri], in: folder)
      #expect(given.status == 64)
      #expect(!given.errorOutput.contains("s3cr"))
      #expect(given.errorOutput.contains("note: the password of --uri stays in the shell's history"))
    }
  }

  @Test("leaves no half of a file on Ctrl-C, and none when it is killed", arguments: [2, 15, 9] as [Int32])
  func interrupted(signal: Int32) throws {
    try withFolder { folder in
      let uri = try WitnessTests.source.get().uri(user: "root", password: "s3cret")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "witness", "-o", "w", "--max-rate", "1kB"],
          environment: WitnessTests.environment(uri), workingDirectory: folder, output: .null,
          errorOutput: .null))
      let hasBegun = eventually { (try? Files.names(in: folder))?.isEmpty == false }
      #expect(hasBegun)
      child.signal(signal)
      let status = try #require(child.wait(timeout: 60))
      #expect(status.shellCode == 128 + signal)
      let isGone = eventually { (try? Files.names(in: folder)) == [] }
      #expect(isGone)
    }
  }

  @Test("asks for a source and a file")
  func usage() throws {
    try withFolder { folder in
      let noFile = try WitnessTests.run(in: folder)
      #expect(noFile.status == 64)
      #expect(noFile.errorOutput.contains("there is no file to write"))
      let noSource = try Mongodrill.run(["witness", "-o", "w"], in: folder)
      #expect(noSource.status == 64)
      #expect(noSource.errorOutput.contains("MONGODRILL_SOURCE_URI"))
      let noShare = try WitnessTests.run("-o", "w", "--sample", "0%", in: folder)
      #expect(noShare.status == 64)
      #expect(try Files.names(in: folder) == [])
    }
  }
}

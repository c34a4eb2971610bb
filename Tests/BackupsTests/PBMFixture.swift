import Foundation
import Platform
import Testing

/// A copy of the real store in `Tests/Fixtures/pbm`, which PBM 2.15 wrote for a replica set of MongoDB 6.0.5.
final class PBMFixture: Sendable {
  static let folder = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/pbm"
  static let name = "2026-11-21T11:17:07Z"

  let scratch: Scratch
  var store: String { scratch["store"] }
  var snapshot: String { "\(store)/\(Self.name)" }
  /// Where the snapshot's description and its replica set's files lie in `scratch`.
  let record = "store/\(name).pbm.json"
  let files = "store/\(name)/rs0"
  let slices = "store/pbmPitr/rs0/20261121"

  init() throws {
    scratch = try Scratch()
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-xzf", Self.folder + "/store.tar.gz", "-C", scratch.path]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
  }

  /// A second snapshot: the first one under another name, with changes to its description.
  func addSnapshot(_ name: String, _ changes: [(String, String)]) throws {
    try FileManager.default.copyItem(atPath: snapshot, toPath: "\(store)/\(name)")
    try FileManager.default.copyItem(atPath: scratch[record], toPath: "\(store)/\(name).pbm.json")
    for (old, new) in [(Self.name, name)] + changes {
      try scratch.replace(old, with: new, in: "store/\(name).pbm.json")
    }
  }

  /// Replaces a text in a file that is none, by one as long.
  func replaceBytes(_ old: String, with new: String, in name: String) throws {
    try #require(old.utf8.count == new.utf8.count)
    var count = 0
    try scratch.edit(name) { bytes in
      var data = Data(bytes)
      while let range = data.range(of: Data(old.utf8)) {
        data.replaceSubrange(range, with: Data(new.utf8))
        count += 1
      }
      bytes = [UInt8](data)
    }
    #expect(count > 0, "the text is not in \(name)")
  }

  /// What the source held at three moments after the snapshot.
  static func truth() throws -> [Truth] {
    try JSONDecoder().decode(
      TruthFile.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/truth.json"))
    )
    .points
  }

  struct Truth: Decodable {
    struct Collection: Decodable {
      var count: Int
      var indexes: [String]
    }
    var ts: [UInt32]
    var collections: [String: [String: Collection]]
  }

  private struct TruthFile: Decodable { var points: [Truth] }
}

import BSON
import Backups
import Foundation
import Platform
import Replay
import Testing

@Suite("the base for a target")
struct TargetBaseTests {
  /// Backups that end at 10:2, 20:2 and 30:2, one of them nested, one in an archive's stead without an oplog; slices
  /// from 10:1 through 40:1.
  private final class Backups: Sendable {
    let path = NSTemporaryDirectory() + "/mongodrill-tests-" + UUID().uuidString

    init() throws {
      for (name, oplog) in [("a", 10), ("2026/11/b", 20), ("c", 30)] {
        try dump(name, oplog: [entry("\(oplog):1", insert(1)), entry("\(oplog):2", insert(2))])
      }
      try dump("without", oplog: nil)
      let slice = [10, 20, 30, 40].flatMap { [entry("\($0):1", insert(1)), entry("\($0):2", insert(2))] }
      try write(slice.flatMap(\.bytes), "slices/0.bson")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func dump(_ name: String, oplog: [Document]?) throws {
      try write([], "backups/\(name)/d/a.bson")
      try write(
        Array(#"{"indexes":[],"collectionName":"a","type":"collection"}"#.utf8),
        "backups/\(name)/d/a.metadata.json")
      if let oplog { try write(oplog.flatMap(\.bytes), "backups/\(name)/oplog.bson") }
    }

    private func write(_ bytes: [UInt8], _ name: String) throws {
      let file = "\(path)/\(name)"
      try FileManager.default.createDirectory(
        atPath: Files.folder(of: file), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    func choose(_ target: String) throws -> BaseChoice {
      try Target(target).chooseBase(in: "\(path)/backups", slices: ["\(path)/slices"])
    }
  }

  @Test(
    "is the newest that ends at or before it",
    arguments: [
      ("10:2", "a"), ("15", "a"), ("before:20:2", "a"), ("20:2", "b"), ("before:30:2", "b"), ("29:1", "b"),
      ("30:2", "c"), ("latest", "c"), ("40:2", "c"),
    ])
  func newest(target: String, name: String) throws {
    let backups = try Backups()
    let choice = try backups.choose(target)
    #expect(Files.name(of: choice.backup.path) == name)
    #expect(choice.resolved.isProven)
    #expect(choice.reason.contains("the newest backup that ends at or before the target"))
    #expect(choice.passedOver.contains { $0.path.hasSuffix("/without") && $0.reason.contains("no oplog") })
    let later = ["a", "b", "c"].drop { $0 != name }.dropFirst()
    for other in later {
      #expect(
        choice.passedOver.contains {
          $0.path.hasSuffix("/" + other) && $0.reason.contains("after the target")
        })
    }
  }

  @Test("is none, which says why each was passed over", arguments: ["10:1", "41"])
  func none(target: String) throws {
    let backups = try Backups()
    let failure = try #require(#expect(throws: Failure.self) { try backups.choose(target) })
    #expect(failure.code == "no-base")
    #expect(failure.kind == .damagedBackup)
    #expect(failure.hint?.contains("/without") == true)
  }
}

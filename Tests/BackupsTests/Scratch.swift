import Backups
import Foundation
import Platform
import Testing

/// A folder of its own that goes when the last reference does.
final class Scratch: Sendable {
  let path: String

  /// Empty, or with a copy of `source` in it, under the source's name.
  init(copying source: String? = nil) throws {
    path = NSTemporaryDirectory() + "/mongodrill-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if let source { try FileManager.default.copyItem(atPath: source, toPath: self[Files.name(of: source)]) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in it.
  subscript(name: String) -> String { "\(path)/\(name)" }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    let folder = Files.folder(of: self[name])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(Array(bytes)).write(to: URL(fileURLWithPath: self[name]))
  }

  func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: self[name])))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self[name]) }

  func move(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: self[name], toPath: self[other])
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: self[name], withDestinationPath: target)
  }

  /// Changes a file's bytes.
  func edit(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = try read(name)
    change(&bytes)
    try write(bytes, to: name)
  }

  /// Replaces a piece of text in a file.
  func replace(_ text: String, with other: String, in name: String) throws {
    let old = String(decoding: try read(name), as: UTF8.self)
    #expect(old.contains(text), "the test's text is not in \(name)")
    try write(old.replacingOccurrences(of: text, with: other), to: name)
  }
}

/// What is wrong with a backup: on opening it, or on reading all of it.
func faults(_ path: String) throws -> [Failure] {
  do { return try verifyBackup(path).damage } catch let failure as Failure { return [failure] }
}

/// Reads a backup as a restore does, and gives what stops it.
func failureOfReading(_ path: String) -> Failure? {
  do {
    let backup = try openBackup(path)
    _ = try backup.read(Set(backup.collections.indices), options: .init(batchBytes: 4096)) { _ in }
    return nil
  } catch { return Failure.wrapping(error) }
}

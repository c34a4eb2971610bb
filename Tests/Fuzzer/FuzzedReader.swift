import Glibc
import Platform

/// A reader that mutated input is given to.
struct FuzzedReader: Sendable {
  let name: String
  /// What kinds of failures it may refuse its input with.
  var kinds: Set<Failure.Kind> = [.damagedBackup]
  /// Codes of failures that need no byte offset; nil where only a file has to be named.
  var codesWithoutOffset: Set<String>?
  /// One case in so many of what was asked for: for those that take longer.
  var share = 1
  /// No case may take longer, in seconds.
  var longest = 10.0
  /// Lays down what stays the same, below the folder, and gives the seeds.
  let prepare: @Sendable (Scratch) throws -> FuzzedInput
}

/// The well-formed inputs of a reader, and how one is read.
struct FuzzedInput {
  var seeds: [[UInt8]]
  /// Returns when the input was taken for good, and throws a `Failure` or `Refusals` when it was refused; anything else
  /// is a fault of the reader.
  var read: ([UInt8]) throws -> Void
}

extension FuzzedReader {
  /// Readers that do what none may do: by them the tests learn that it is seen.
  static let faulty: [FuzzedReader] = [
    FuzzedReader(name: "self-test-crash") { _ in
      FuzzedInput(seeds: [[1, 2, 3, 4]]) { bytes in if bytes.count > 4 { _ = bytes[bytes.count] } }
    },
    FuzzedReader(name: "self-test-hang", longest: 0.5) { _ in
      FuzzedInput(seeds: [[1, 2, 3, 4]]) { bytes in if bytes.count > 4 { sleep(60) } }
    },
    FuzzedReader(name: "self-test-silent") { _ in
      FuzzedInput(seeds: [[1, 2, 3, 4]]) { bytes in
        if bytes.count > 4 { throw Failure(.damagedBackup, "silent", "says not where") }
      }
    },
  ]

  /// The reader of a name.
  static func named(_ name: String) -> FuzzedReader? { (all + faulty).first { $0.name == name } }
}

/// Several things that were wrong with an input.
struct Refusals: Error {
  var failures: [Failure]
}

/// What a reader must not do.
struct Misbehaviour: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A folder that readers find their input in.
struct Scratch: Sendable {
  let path: String

  subscript(name: String) -> String { "\(path)/\(name)" }

  /// Puts a file's content in place; its folder is made.
  func write(_ bytes: some Collection<UInt8>, to name: String) throws {
    let path = self[name]
    let folder = Files.folder(of: path)
    if !Files.isDirectory(folder) { try Files.createFolder(folder, parents: true) }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0, Files.write(Array(bytes), to: file) else {
      throw Misbehaviour("\(path) can't be written")
    }
    close(file)
  }

  func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }
}

/// Runs a program of the system and fails unless it ends well.
func runProgram(_ words: String...) throws {
  let done = try Supervisor.shared.capture(ChildSpec(words))
  guard done.status == .exited(0) else { throw Misbehaviour("\(words): \(done.errorOutput.text)") }
}

/// Files of the repository that tests and scenarios use.
enum Fixture {
  private static let top = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

  static func path(_ name: String) -> String { "\(top)/\(name)" }

  static func bytes(_ name: String) throws -> [UInt8] { try Files.read(path(name), limit: 64 << 20) }
}

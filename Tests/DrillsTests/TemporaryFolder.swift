import Glibc
import Platform

/// A folder that goes with its last reference.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try Files.createFolder(path)
  }

  deinit { try? Files.removeTree(path) }
}

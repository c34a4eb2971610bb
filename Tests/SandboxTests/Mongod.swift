import Platform
import Sandbox
import TestSupport
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

/// Starts a sandbox whose files lie in a folder of the test's, and ends it.
func withSandbox<Result>(
  _ options: SandboxOptions = SandboxOptions(), _ body: (Sandbox, _ folder: String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    var options = options
    options.directory = folder
    options.cacheBytes = 256 << 20
    let sandbox = try Sandbox.start(options)
    defer { try? sandbox.stop() }
    return try body(sandbox, folder)
  }
}

/// The failure that `body` throws.
func failure(_ body: () throws -> Void) -> Failure? {
  do { try body() } catch { return error as? Failure }
  return nil
}

/// A shell script in the place of a mongod.
func script(_ text: String, at path: String) throws -> String {
  try Files.writeAtomically("#!/bin/sh\n\(text)\n".utf8, to: path, mode: 0o755)
  return path
}

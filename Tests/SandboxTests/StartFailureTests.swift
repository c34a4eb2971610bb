import Glibc
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("A sandbox that can't start", .timeLimit(.minutes(10))) struct StartFailureTests {
  /// A mongod that says its version and does `rest` otherwise.
  private func fake(_ rest: String, in folder: String) throws -> String {
    try script(
      "[ \"$1\" = --version ] && { echo 'db version v6.0.5'; exit 0; }\n\(rest)", at: folder + "/mongod")
  }

  private func starting(_ mongod: String, in folder: String, timeout: Double = 30) -> Failure? {
    failure {
      _ = try Sandbox.start(SandboxOptions(mongod: mongod, directory: folder, startTimeout: timeout))
    }
  }

  @Test("names the program, its end and its last lines") func exits() throws {
    try withFolder { folder in
      let program = try fake("echo 'cannot find my brain' >&2; exit 1", in: folder)
      let failure = starting(program, in: folder)
      #expect(failure?.kind == .noServer)
      #expect(failure?.code == "mongod-wont-start")
      #expect(
        failure?.description
          == "\(program) ended while it started, with exit status 1: cannot find my brain")
      #expect(try Files.names(in: folder) == ["mongod"])
    }
  }

  @Test("reads the reason out of mongod's own log", .tags(.mongod)) func badOption() throws {
    try withFolder { folder in
      let failure = failure {
        _ = try Sandbox.start(
          SandboxOptions(directory: folder, extraArguments: ["--setParameter", "noSuchParameter=1"]))
      }
      #expect(failure?.code == "mongod-wont-start")
      #expect(failure?.cause?.contains("Unknown --setParameter 'noSuchParameter'") == true)
      let left = try Files.names(in: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("gives up on one that never answers") func hangs() throws {
    try withFolder { folder in
      let failure = starting(try fake("exec sleep 600", in: folder), in: folder, timeout: 0.3)
      #expect(failure?.code == "mongod-wont-start")
      #expect(failure?.message.contains("doesn't answer 300 ms after it was started") == true)
      #expect(try Files.names(in: folder) == ["mongod"])
    }
  }

  @Test("tells a full disk from other reasons") func diskFull() throws {
    try withFolder { folder in
      let line =
        #"{"s":"E","msg":"WiredTiger error","attr":{"error":28,"message":"No space left on device"}}"#
      let failure = starting(try fake("echo '\(line)'; exit 14", in: folder), in: folder)
      #expect(failure?.code == "disk-full")
      #expect(failure?.cause == "WiredTiger error: No space left on device")
      #expect(failure?.kind == .incomplete)
    }
  }

  @Test("checks the room on the disk before it starts anything") func noFreeDisk() throws {
    try withFolder { folder in
      let program = try fake("touch '\(folder)/started'; exit 1", in: folder)
      let failure = failure {
        _ = try Sandbox.start(SandboxOptions(mongod: program, directory: folder, neededBytes: 1 << 60))
      }
      #expect(failure?.code == "no-free-disk")
      #expect(failure?.kind == .incomplete)
      #expect(try Files.names(in: folder) == ["mongod"])
    }
  }

  @Test("names a folder for sandboxes that isn't there") func noFolder() throws {
    try withFolder { folder in
      let program = try fake("exit 1", in: folder)
      #expect(starting(program, in: folder + "/none")?.code == "no-sandbox-dir")
    }
  }
}

package import Platform

extension Sandbox {
  /// Starts a mongod on the files of a sandbox that was kept, which stays kept, whatever becomes of this process.
  ///
  /// Failures: `usage` (`not-kept`: it is no kept sandbox, or another process has it), and those of `start`. A replica set's can't be opened again: its key is gone.
  package static func reopen(_ directory: String, _ options: SandboxOptions) throws(Failure) -> Sandbox {
    let started = Clock.monotonic
    var options = options
    options.keep = true
    let program = try MongodFinder(options.mongod).find()
    let files = try SandboxFiles(reopening: directory)
    do throws(Failure) {
      return try Sandbox(in: files, options, program, since: started)
    } catch {
      try? files.socketFolder.remove()
      throw error
    }
  }
}

extension SandboxFiles {
  /// Takes over the folder of a kept sandbox, with a new one for the socket.
  init(reopening directory: String) throws(Failure) {
    dataFolder = try OwnedFolder(reopening: directory)
    let socket = try OwnedFolder.socketFolder(OwnedFolder.newName())
    socketFolder = try OwnedFolder(path: socket)
  }
}

extension Failure {
  static func notKept(_ path: String) -> Failure {
    Failure(
      .usage, "not-kept", "\(path) is no sandbox that was kept, or another process has it",
      hint: "`mongodrill clean --dry-run` lists the sandboxes that are there.")
  }
}

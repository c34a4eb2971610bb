internal import Glibc
internal import Platform
internal import Record
internal import Sandbox

/// What is done with a server that holds what was restored.
extension Session {
  /// The command gets its own terminal and streams; a signal to stop is passed on to it.
  func run(_ command: [String], on sandbox: Sandbox, readsInput: Bool) throws -> Int32 {
    var environment = Environment.all
    environment["MONGODRILL_URI"] = sandbox.uri
    let child = try Supervisor.shared.spawn(
      ChildSpec(command, environment: environment, input: readsInput ? .inherit : .null))
    if let status = child.wait(wakingOnInterruption: true) { return status.shellCode }
    // It gets the time to clean up after itself that a person would give it.
    child.signal(Interruption.pending ?? SIGTERM)
    if child.wait(timeout: 10) == nil { child.kill() }
    try Interruption.check()
    return ExitCode.internal.status
  }

  /// Says where the server is, and waits until a signal comes or the server ends.
  func wait(for sandbox: Sandbox, json: JSON) throws -> Int32 {
    result(text: sandbox.uri + "\n", json: json)
    if !options.isQuiet { console.log("The server is up until Ctrl-C.") }
    while Interruption.pending == nil {
      try sandbox.checkAlive()
      Interruption.sleep(0.5)
    }
    if Interruption.pending == SIGINT { return ExitCode.pass.status }
    try Interruption.check()
    return ExitCode.pass.status
  }
}

internal import CSpawn
internal import Glibc

/// The process that starts every other one for this process, and ends them all with it, whatever its end.
///
/// What it promises stands in `CSpawn/supervisor.c`. One a process; safe from any thread.
package final class Supervisor: Sendable {
  /// The one of this process. Forked at its first use.
  package static let shared = Supervisor()

  private enum State: Sendable {
    case running(socket: Int32, pid: Int32, folders: Set<String>)
    case ended
    case failed(Failure)
  }

  private let state: Monitor<State>

  /// Forks the supervisor, ignores SIGPIPE and turns core dumps off. To be called first in main: before there
  /// are threads and memory to copy. Calling it again does nothing.
  package static func start() throws(Failure) {
    if case .failed(let failure) = shared.state.withLock({ $0 }) { throw failure }
  }

  private init() {
    var pid: Int32 = 0
    let socket = unsafe cspawn_start(&pid)
    state = Monitor(
      socket >= 0
        ? .running(socket: socket, pid: pid, folders: [])
        : .failed(.system("no-supervisor", "cannot start the supervisor process", kind: .internal)))
  }

  /// The supervisor's process id, nil when there is none (any more).
  package var pid: Int32? {
    if case .running(_, let pid, _) = state.withLock({ $0 }) { pid } else { nil }
  }

  /// Ends everything that is left, as the end of this process would, and waits for that: afterwards no child
  /// lives and the folders are gone. To be called last in main.
  package func finish() {
    let pid = state.update { state -> Int32? in
      guard case .running(let socket, let pid, _) = state else { return nil }
      close(socket)
      state = .ended
      return pid
    }
    guard let pid else { return }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }
}

// MARK: - Children

extension Supervisor {
  /// Starts a program. Failures are of kind `incomplete`: `program-not-found`, `program-not-started`,
  /// `supervisor-died`, or a stream's file that can't be opened.
  package func spawn(_ spec: ChildSpec) throws(Failure) -> Child {
    guard let name = spec.arguments.first, !name.isEmpty else {
      throw Failure(.internal, "no-program", "there is no program to start")
    }
    let environment = spec.environment ?? Environment.all
    guard let program = Programs.find(name, path: environment["PATH"]) else {
      throw Programs.isLocked(name) ? .notExecutable(.incomplete, name) : .programNotFound(name)
    }
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }

    let strings =
      [spec.workingDirectory ?? Supervisor.currentFolder(), program] + spec.arguments
      + environment.map { "\($0.key)=\($0.value)" }
    var block: [UInt8] = []
    for string in strings {
      guard !string.utf8.contains(0) else { throw .programNotStarted(name, errno: EINVAL) }
      block += string.utf8
      block.append(0)
    }
    let file = cspawn_memory_file()
    guard file >= 0 else { throw .programNotStarted(name, errno: errno) }
    opened.append(file)
    guard Files.write(block, to: file) else { throw .programNotStarted(name, errno: errno) }

    let status = try Poll.pipe()
    opened.append(status.writing)
    var isStarted = false
    defer { if !isStarted { close(status.reading) } }
    let exec = try Poll.pipe()
    opened += [exec.reading, exec.writing]
    var descriptors = [file, status.writing, exec.writing]
    for (number, stream) in [spec.input, spec.output, spec.errorOutput].enumerated() {
      descriptors.append(try Supervisor.open(stream, as: Int32(number), &opened))
    }

    var request = cspawn_request()
    request.kind = Int32(CSPAWN_SPAWN)
    request.flags = spec.isServer ? Int32(CSPAWN_SERVER) : 0
    request.argc = Int32(spec.arguments.count)
    request.envc = Int32(environment.count)
    request.block_bytes = Int64(block.count)
    try send(request, descriptors)
    // Only the child's copy is left now: end of file says that it became the program.
    close(exec.writing)
    opened.removeAll { $0 == exec.writing }
    close(status.writing)
    opened.removeAll { $0 == status.writing }
    if let failure = Supervisor.readStatus(exec.reading) {
      if failure.kind == 1 {
        throw .system(
          "folder-not-entered", "cannot enter folder \(strings[0])", errno: failure.value)
      }
      throw .programNotStarted(name, errno: failure.value)
    }
    guard let started = Supervisor.readStatus(status.reading) else { throw .supervisorDied() }
    isStarted = true
    return Child(pid: started.value, descriptor: status.reading, supervisor: self)
  }

  func signal(group: Int32, _ number: Int32) {
    var request = cspawn_request()
    request.kind = Int32(CSPAWN_SIGNAL)
    request.pid = group
    request.signal = number
    // Without a supervisor there is no child to signal either.
    try? send(request)
  }

  /// The next message of a status pipe; nil at its end.
  static func readStatus(_ descriptor: Int32) -> cspawn_status? {
    var message = cspawn_status()
    while true {
      let count = unsafe read(descriptor, &message, MemoryLayout<cspawn_status>.size)
      if count < 0 && errno == EINTR { continue }
      return count == MemoryLayout<cspawn_status>.size ? message : nil
    }
  }

  private static func currentFolder() -> String { (try? Files.realPath(".")) ?? "/" }

  private static func open(
    _ stream: ChildSpec.Stream, as number: Int32, _ opened: inout [Int32]
  ) throws(Failure) -> Int32 {
    let path: String
    switch stream {
    case .inherit: return number
    case .descriptor(let descriptor): return descriptor
    case .null: path = "/dev/null"
    case .file(let file): path = file
    }
    let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
    let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw number == 0 ? .unreadable(path) : .unwritable(path) }
    opened.append(descriptor)
    return descriptor
  }

  private func send(_ request: cspawn_request, _ descriptors: [Int32] = []) throws(Failure) {
    try state.withLock { state throws(Failure) in
      switch state {
      case .failed(let failure): throw failure
      case .ended: throw .supervisorDied()
      case .running(let socket, _, _):
        var request = request
        let error = unsafe cspawn_send(socket, &request, descriptors)
        if error == EPIPE || error == ECONNRESET { throw .supervisorDied() }
        if error != 0 {
          throw .system("supervisor-not-reached", "cannot reach the supervisor process", errno: error)
        }
      }
    }
  }
}

// MARK: - Folders

extension Supervisor {
  /// Has a folder removed, with all it holds, when this process ends. Register it before it is created: then no
  /// moment is left in which it would stay. `folder` is an absolute path.
  package func removeAtEnd(_ folder: String) throws(Failure) {
    let isNew = try state.withLock { state throws(Failure) in
      guard case .running(let socket, let pid, var folders) = state else { return true }
      guard folder.hasPrefix("/"), folder.utf8.count < Int(CSPAWN_PATH_MAX) else {
        throw Failure(.internal, "bad-folder", "\(folder) is no absolute path that fits")
      }
      guard folders.count < Int(CSPAWN_FOLDERS_MAX) else {
        throw Failure(.internal, "too-many-folders", "too many folders are to be removed at the end")
      }
      let isNew = folders.insert(folder).inserted
      state = .running(socket: socket, pid: pid, folders: folders)
      return isNew
    }
    if isNew { try send(CSPAWN_REMOVE, folder) }
  }

  /// Takes `removeAtEnd` back: the folder stays.
  package func keep(_ folder: String) throws(Failure) {
    try send(CSPAWN_KEEP, folder)
    state.withLock { state in
      guard case .running(let socket, let pid, var folders) = state else { return }
      folders.remove(folder)
      state = .running(socket: socket, pid: pid, folders: folders)
    }
  }

  /// Removes a registered folder now. When that fails it stays registered, and the end of this process tries again.
  package func remove(_ folder: String) throws(Failure) {
    try Files.removeTree(folder)
    // There is nothing left to remove, with or without a supervisor.
    try? keep(folder)
  }

  private func send(_ kind: Int, _ path: String) throws(Failure) {
    guard path.utf8.count < Int(CSPAWN_PATH_MAX) else { throw .unwritable(path) }
    var request = cspawn_request()
    request.kind = Int32(kind)
    unsafe withUnsafeMutableBytes(of: &request.path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8)
    }
    try send(request)
  }
}

extension Failure {
  /// There is no program of that name.
  package static func programNotFound(_ name: String) -> Failure {
    Failure(
      .incomplete, "program-not-found", "program \(name) is not found",
      hint: name.contains("/")
        ? nil : "Install it; it is looked for in the folders of PATH.\(package(of: name))")
  }

  /// Where those come from that backups are often decoded with.
  private static func package(of name: String) -> String {
    guard ["gpg", "rclone", "age", "openssl", "zstd"].contains(name) else { return "" }
    return " On Debian and Ubuntu: `apt-get install \(name)`."
  }

  static func programNotStarted(_ name: String, errno number: Int32) -> Failure {
    .system("program-not-started", "program \(name) cannot be started", errno: number)
  }

  static func supervisorDied() -> Failure {
    Failure(
      .incomplete, "supervisor-died", "the supervisor process died, and with it all that it had started",
      hint: "Somebody or the kernel killed it; `mongodrill clean` removes what may be left.")
  }
}

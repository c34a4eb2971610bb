package import Compression
package import Platform

/// A command that writes an archive to its output (`gpg --decrypt`, `rclone cat`): started anew for every reading, so
/// that nothing of the archive has to be kept.
package final class ArchiveCommand: Sendable {
  private let command: UserCommand
  private let started = Monitor<[CommandStream]>([])

  /// A command that was not started yet.
  package init(_ command: UserCommand) { self.command = command }

  /// The command with secrets masked; stands where other backups have their path.
  package var name: String { command.name }

  /// Starts it. Throws a `Failure` of kind `incomplete` when it can't be started; reading throws when it fails.
  package func open() throws(Failure) -> FileReader {
    let stream = try command.stream()
    started.update { $0.append(stream) }
    return FileReader(stream)
  }

  /// What its runs came to that were read to their end.
  package var results: [CommandStream.Ending] { started.withLock { $0.compactMap(\.result) } }

  /// Ends those that still run.
  package func cancel() {
    for stream in started.withLock({ $0 }) { stream.cancel() }
  }
}

/// Opens the archive that a command writes. Throws like `openBackup` of a path, and when the command can't be started or
/// fails.
package func openBackup(from command: ArchiveCommand) throws(Failure) -> any LogicalBackup {
  try undamaged(Archive(command.open(), from: command))
}

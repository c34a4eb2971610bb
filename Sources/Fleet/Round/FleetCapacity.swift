internal import Backups
package import Drills
package import Platform

extension Fleet {
  /// What one machine gives: as the file says it, and where it says nothing this machine.
  package func capacity(_ options: DrillOptions) throws(Failure) -> Capacity {
    let folder = options.sandbox.directory ?? Environment["MONGODRILL_SANDBOX_DIR"] ?? "/var/tmp"
    return Capacity(
      memory: machines.memory ?? Machine.availableMemory,
      disk: machines.disk ?? (try? Files.freeSpace(at: folder)), cores: machines.cores ?? Machine.cores)
  }
}

extension RecordsPlace {
  /// A folder of this machine that holds what the place does of a round, or of all rounds: itself, or a copy in
  /// `scratch` of a remote.
  package func local(round: String? = nil, scratch: String) throws(Failure) -> String {
    switch self {
    case .folder(let path): return path
    case .remote(let address):
      let path = round.map { "\(RoundLayout.rounds)/\($0)" } ?? RoundLayout.rounds
      do throws(Failure) {
        let folder = Files.join(scratch, path)
        try Files.createFolder(folder, mode: 0o700, parents: true)
        try RemoteFolder(address, notes: scratch, patience: 3600).get(path, to: folder)
        return scratch
      } catch {
        throw .recordsUnreachable(self, error)
      }
    }
  }

  /// The names of the rounds that were begun there.
  package func rounds(scratch: String) throws(Failure) -> [String] {
    do throws(Failure) {
      switch self {
      case .folder(let path):
        let rounds = Files.join(path, RoundLayout.rounds)
        return Files.exists(rounds) ? try Files.names(in: rounds) : []
      case .remote(let address):
        return try RemoteFolder(address, notes: scratch, patience: Round.patience).folders(
          in: RoundLayout.rounds)
      }
    } catch {
      throw .recordsUnreachable(self, error)
    }
  }

  /// As an option says it to a process that runs elsewhere.
  package func absolute() throws(Failure) -> String {
    switch self {
    case .folder(let path): try Files.realPath(path)
    case .remote: description
    }
  }
}

package import Platform

/// A folder on another machine, in rclone's words, that files are put into and read from.
///
/// A signal to stop doesn't end what it does, time does: what a stopped drill found is to arrive, too.
package struct RemoteFolder: Sendable {
  /// `remote:path`.
  package let address: String
  /// Gets rclone's output; it is there.
  private let notes: String
  /// How long one call may take, in seconds.
  private let patience: Double

  package init(_ address: String, notes: String, patience: Double) {
    self.address = address
    self.notes = notes
    self.patience = patience
  }

  /// The address of a path below it.
  package func address(of path: String) -> String {
    address.hasSuffix(":") || address.hasSuffix("/") ? address + path : "\(address)/\(path)"
  }

  private func rclone(_ words: [String], _ operands: [String]) throws(Failure) -> [UInt8] {
    // Calls at the same time have notes of their own.
    let notes = try Files.createTemporaryFolder(in: notes, prefix: "rclone")
    defer { try? Files.removeTree(notes) }
    let (end, limit, address) = (Clock.monotonic + patience, patience, address)
    return try Rclone(address, folder: nil, notes: notes).run(words, operands, ignoringInterruption: true) {
      () throws(Failure) in
      if Clock.monotonic > end { throw .remoteSlow(address, seconds: limit) }
    }
  }

  /// Puts all files of a local folder below a path; those that are there and the same stay.
  package func put(folder: String, at path: String) throws(Failure) {
    _ = try rclone(["copy", "--no-traverse"], [folder, address(of: path)])
  }

  /// Puts one file at a path, in the place of what is there.
  package func put(file: String, at path: String) throws(Failure) {
    _ = try rclone(["copyto"], [file, address(of: path)])
  }

  /// Puts one file at a path where there is none. Of several who do it at once the last wins on most remotes: read it
  /// again.
  package func putOnce(file: String, at path: String) throws(Failure) {
    _ = try rclone(["copyto", "--ignore-existing"], [file, address(of: path)])
  }

  /// The content of a file; nil where there is none, or nothing in it: an object store lists what isn't there as an empty
  /// folder.
  package func read(_ path: String) throws(Failure) -> [UInt8]? {
    do throws(Failure) {
      let content = try rclone(["cat"], [address(of: path)])
      return content.isEmpty ? nil : content
    } catch {
      if error.kind == .backupNotFound { return nil }
      throw error
    }
  }

  /// Brings all files below a path into a local folder, or those of a pattern of rclone's. Nothing there is fine.
  package func get(_ path: String, to folder: String, only pattern: String? = nil) throws(Failure) {
    do throws(Failure) {
      _ = try rclone(["copy"] + (pattern.map { ["--include", $0] } ?? []), [address(of: path), folder])
    } catch {
      if error.kind != .backupNotFound { throw error }
    }
  }

  /// The names of the folders below a path; none where there is nothing.
  package func folders(in path: String) throws(Failure) -> [String] {
    do throws(Failure) {
      let output = try rclone(["lsf", "--dirs-only"], [path.isEmpty ? address : address(of: path)])
      return String(decoding: output, as: UTF8.self).split(separator: "\n").map { line in
        String(line.hasSuffix("/") ? line.dropLast() : line)
      }
    } catch {
      if error.kind == .backupNotFound { return [] }
      throw error
    }
  }
}

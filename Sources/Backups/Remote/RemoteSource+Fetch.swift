package import Platform

/// What lies at a remote.
package struct RemoteListing: Sendable, Hashable {
  /// Whether the address is that of one file.
  let isFile: Bool
  /// Sizes in bytes by path, below the address; nil where the remote doesn't tell.
  let files: [String: Int?]

  /// What is known of their sizes, together.
  package var bytes: Int { files.values.reduce(0) { $0 + ($1 ?? 0) } }
}

/// Bytes that were brought to this machine.
package struct FetchedSource: Sendable, Hashable {
  /// Where it came from.
  package let address: String
  /// Where it lies now: a folder, or a file with the name that it had.
  package let path: String
  package let files: Int
  package let bytes: Int
}

extension RemoteSource {
  /// What a fetch goes by.
  package struct Fetching: Sendable {
    /// Where rclone runs: a local remote's path is relative to it.
    package var folder: String?
    /// Gets the files; it is there and empty.
    package var destination: String
    /// Gets rclone's output; it is there.
    package var notes: String
    /// Throws when the fetch is to end.
    package var watch: @Sendable () throws(Failure) -> Void
    /// Is told the bytes that have arrived.
    package var progress: @Sendable (Int) -> Void

    package init(
      folder: String?, destination: String, notes: String,
      watch: @escaping @Sendable () throws(Failure) -> Void,
      progress: @escaping @Sendable (Int) -> Void
    ) {
      self.folder = folder
      self.destination = destination
      self.notes = notes
      self.watch = watch
      self.progress = progress
    }
  }

  /// Lists what is there. Throws `Failure`: `no-rclone`, `nothing-to-fetch`, `fetch-failed`, and what `watch` throws.
  package func list(_ fetching: Fetching) throws(Failure) -> RemoteListing {
    let rclone = try Rclone(address, folder: fetching.folder, notes: fetching.notes)
    let stat = try parsed(rclone.run(["lsjson", "--stat"], [address], watch: fetching.watch))
    // Some say nothing of what isn't there.
    if stat == .null { throw .nothingRemote(address, saying: nil) }
    let isFile = stat["IsDir"] == false
    let output = try rclone.run(
      ["lsjson", "--recursive", "--files-only", "--no-mimetype", "--no-modtime"], [address],
      watch: fetching.watch)
    guard case .array(let entries) = try parsed(output) else { throw .listingMalformed(address) }
    var files: [String: Int?] = [:]
    for entry in entries {
      guard case .string(let path)? = entry["Path"], case .integer(let size)? = entry["Size"] else {
        throw .listingMalformed(address)
      }
      files[path] = .some(size < 0 ? nil : Int(size))
    }
    if files.isEmpty { throw .nothingRemote(address, saying: nil) }
    return RemoteListing(isFile: isFile, files: files)
  }

  private func parsed(_ bytes: [UInt8]) throws(Failure) -> JSON {
    do throws(MalformedJSON) { return try JSON.parse(bytes) } catch { throw .listingMalformed(address) }
  }

  /// Copies what was listed and compares it: rclone the checksums where the remote has them, then names and sizes.
  /// Throws `Failure` as `list` does, and when what arrived differs.
  package func fetch(_ listing: RemoteListing, _ fetching: Fetching) throws(Failure) -> FetchedSource {
    let rclone = try Rclone(address, folder: fetching.folder, notes: fetching.notes)
    let name = listing.isFile ? listing.files.keys.first.map { Files.name(of: $0) } : name
    let path = Files.join(fetching.destination, name ?? "backup")
    let (destination, watch, progress) = (fetching.destination, fetching.watch, fetching.progress)
    var told = Clock.monotonic
    _ = try rclone.run([listing.isFile ? "copyto" : "copy"], [address, path]) { () throws(Failure) in
      try watch()
      let now = Clock.monotonic
      guard now - told > 0.5 else { return }
      told = now
      progress(Files.diskUsage(of: destination))
    }
    let bytes = try compare(listing, at: path)
    if listing.isFile { try fetchSidecar(rclone, to: path, fetching) }
    return FetchedSource(address: address, path: path, files: listing.files.count, bytes: bytes)
  }

  /// Fetches what describes a file, where it lies beside it under the file's own name.
  private func fetchSidecar(_ rclone: Rclone, to path: String, _ fetching: Fetching) throws(Failure) {
    let ending = ".\(Sidecar.fileName)"
    do throws(Failure) {
      let stat = try parsed(rclone.run(["lsjson", "--stat"], [address + ending], watch: fetching.watch))
      guard stat["IsDir"] == false else { return }
      _ = try rclone.run(["copyto"], [address + ending, path + ending], watch: fetching.watch)
    } catch {
      if error.kind != .backupNotFound { throw error }
    }
  }

  /// Compares names and sizes; the bytes that arrived.
  private func compare(_ listing: RemoteListing, at path: String) throws(Failure) -> Int {
    var arrived: [String: Int] = [:]
    if listing.isFile {
      guard Files.kind(of: path, followingLinks: false) == .file, let name = listing.files.keys.first else {
        throw .fetchDiffers(address, "the file did not arrive")
      }
      arrived[name] = try Files.size(of: path)
    } else if Files.isDirectory(path) {
      for file in try Files.tree(path) { arrived[file.path] = file.size }
    }
    for (name, size) in listing.files.sorted(by: { $0.key < $1.key }) {
      guard let found = arrived[name] else { throw .fetchDiffers(address, "\(name) did not arrive") }
      if let size, size != found {
        throw .fetchDiffers(address, "\(name) has \(found) bytes here and \(size) there")
      }
    }
    if arrived.count != listing.files.count {
      throw .fetchDiffers(address, "\(arrived.count) files arrived, and \(listing.files.count) were listed")
    }
    return arrived.values.reduce(0, +)
  }
}

extension Failure {
  static func listingMalformed(_ address: String) -> Failure {
    Failure(
      .incomplete, "fetch-failed", "rclone's list of files can't be read", at: Place(address),
      hint: "Is the rclone in PATH the real one, and not older than 1.55?")
  }

  static func fetchDiffers(_ address: String, _ difference: String) -> Failure {
    Failure(
      .incomplete, "fetch-differs", "what was fetched is not what was listed: \(difference)",
      at: Place(address),
      hint: "Something changed it meanwhile: run the drill when the backup is complete.")
  }
}

internal import Platform

/// The files of a mongod's dbPath.
enum ServerFiles {
  /// Copies those of one that is shut down or locked. Left out is what another process doesn't need: the lock, and log
  /// files that WiredTiger prepared and nobody wrote to.
  static func copy(_ path: String, to copy: String) throws(Failure) {
    try Files.linkTree(path, to: copy) { file in
      let name = Files.name(of: file)
      return name == "mongod.lock" || name.hasPrefix("WiredTigerPreplog.")
        || file.hasPrefix("diagnostic.data/")
        ? nil : true
    }
  }
}

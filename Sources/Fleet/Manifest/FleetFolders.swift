internal import Drills
internal import Platform

extension Fleet {
  /// The folders that its tasks read: those of the fleet's file, its policy, the scenarios and the backups; none that lies in another
  /// one of them.
  package var readFolders: [String] {
    var folders = [Fleet.absolutePath(folder)]
    if let policy { folders.append(Files.folder(of: Fleet.absolutePath(policy))) }
    for system in systems {
      if let scenario = system.scenario {
        let path = Fleet.absolutePath(scenario)
        folders.append(path.hasSuffix(".yaml") || path.hasSuffix(".yml") ? Files.folder(of: path) : path)
      }
      if let backup = system.backup, !RemoteMark.isRemote(backup) {
        folders.append(Files.folder(of: Fleet.absolutePath(backup)))
      }
    }
    var kept: [String] = []
    for folder in Set(folders).sorted(by: {
      $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.utf8.count < $1.utf8.count
    })
    where !kept.contains(where: {
      folder.utf8.elementsEqual($0.utf8) || folder.hasPrefix($0 == "/" ? $0 : $0 + "/")
    }) {
      kept.append(folder)
    }
    return kept
  }

  /// The path from the root, with the links of what is there resolved.
  static func absolutePath(_ path: String) -> String {
    if let real = try? Files.realPath(path) { return real }
    if path.hasPrefix("/") { return path }
    let here = (try? Files.realPath(".")) ?? "/"
    return Files.join(here, path)
  }
}

/// What of a system's backup is an address.
enum RemoteMark {
  /// Whether it is one of rclone's: a path holds no colon before its first slash.
  static func isRemote(_ text: String) -> Bool {
    text.prefix { $0 != "/" }.contains(":")
  }
}

extension RecordsPlace {
  /// The place as tasks name it that run in other folders.
  package var whereTasksRun: RecordsPlace {
    switch self {
    case .folder(let path): .folder(Fleet.absolutePath(path))
    case .remote: self
    }
  }
}

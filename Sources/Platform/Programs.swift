/// Programs by their name.
package enum Programs {
  /// The first program of that name in a `PATH`; a name with a slash is a path already. Nil when there is none.
  package static func find(_ name: String, path: String?) -> String? {
    if name.contains("/") { return Files.exists(name) ? absolute(name) : nil }
    return all(name, path: path).first
  }

  /// All programs of that name in a `PATH`, in its order. Relative folders in it don't count.
  package static func all(_ name: String, path: String?) -> [String] {
    (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").filter { $0.hasPrefix("/") }
      .map { Files.join(String($0), name) }.filter(Files.isExecutable)
  }

  // The child may run elsewhere: a relative path means this process's folder.
  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = try? Files.realPath(Files.folder(of: path)) else { return path }
    return Files.join(folder, Files.name(of: path))
  }
}

extension Failure {
  /// A file that should be a program, and may not be executed.
  package static func notExecutable(_ kind: Kind, _ program: String, at place: Place? = nil) -> Failure {
    Failure(
      kind, "not-executable", "\(program) is there, and may not be executed", at: place,
      hint: "Allow it: chmod +x \(ShellWord.quoted(program))")
  }
}

/// Programs by their name.
package enum Programs {
  /// The first program of that name in a `PATH`; a name with a slash is a path already. Nil when there is none.
  package static func find(_ name: String, path: String?) -> String? {
    if name.contains("/") { return Files.isExecutable(name) ? absolute(name) : nil }
    return all(name, path: path).first
  }

  /// Whether a name is the path of a file that is there and may not be executed.
  package static func isLocked(_ name: String) -> Bool {
    name.contains("/") && Files.kind(of: name) == .file && !Files.isExecutable(name)
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

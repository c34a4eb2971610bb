import Glibc

/// The permissions of a file.
func permissions(of path: String) throws -> UInt32 {
  var status = stat()
  guard stat(path, &status) == 0 else { return .max }
  return status.st_mode & 0o777
}

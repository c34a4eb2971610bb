package import Platform

/// Where a physical copy lies: in a folder, or in a tar of one.
package enum CopySource: Sendable {
  case folder(PhysicalCopy)
  case tar(CopyTar)

  /// Whether a path is one, whole or not.
  package static func isOne(_ path: String) -> Bool { PhysicalCopy.isOne(path) || CopyTar(path) != nil }

  /// Looks at the files of a folder; a tar is read when it is needed. Throws like `PhysicalCopy`.
  package init(_ path: String) throws(Failure) {
    if let tar = CopyTar(path) { self = .tar(tar) } else { self = .folder(try PhysicalCopy(path)) }
  }

  /// As the user gave it.
  package var path: String {
    switch self {
    case .folder(let copy): copy.path
    case .tar(let tar): tar.path
    }
  }

  /// The size of its files; of a compressed tar, that of the tar.
  package var bytes: Int {
    switch self {
    case .folder(let copy): copy.bytes
    case .tar(let tar): tar.bytes
    }
  }

  /// The copy as far as it can be seen without reading a tar.
  package var copy: PhysicalCopy? {
    if case .folder(let copy) = self { copy } else { nil }
  }

  /// Throws the first thing that can be seen to be wrong without reading a tar.
  package func requireSound() throws(Failure) { try copy?.requireSound() }

  /// How it gets into the sandbox, for people.
  package var way: String {
    switch self {
    case .folder:
      "copied into the sandbox first, its bytes shared where the file system can (reflink); the copy itself is only read"
    case .tar(let tar):
      "unpacked into the sandbox, as it is read"
        + (tar.isCompressed ? "; how large it is then shows on the way" : "")
    }
  }
}

internal import Backups

/// What the tasks of a fleet share: where their records lie.
package enum RecordsPlace: Sendable, Hashable, CustomStringConvertible {
  /// A folder that every machine sees.
  case folder(String)
  /// A path of an rclone remote: `s3:drills/fleet`.
  case remote(String)

  /// Reads what an option says: a folder, or `rclone:REMOTE:PATH`.
  package init(_ text: String) {
    let prefix = "rclone:"
    self = text.hasPrefix(prefix) ? .remote(String(text.dropFirst(prefix.count))) : .folder(text)
  }

  /// As an option says it.
  package var description: String {
    switch self {
    case .folder(let path): path
    case .remote(let address): "rclone:\(address)"
    }
  }
}

extension RecordsPlace {
  /// Why a text is no remote's address, or must not stand in a file; nil when it is fine.
  static func objection(to address: String) -> String? { RemoteSource.objection(to: address) }
}

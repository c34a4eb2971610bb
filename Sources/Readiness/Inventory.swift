package import Backups
package import Platform

/// Everything restorable in some folders, and what is known of each.
package struct Inventory: Sendable {
  /// A backup or a slice; see `BackupListing.Entry`.
  package struct Entry: Sendable {
    package let found: BackupListing.Entry

    /// As it was found below the folder that was given.
    package var path: String { found.path }
    package var kind: BackupListing.Kind { found.kind }
    /// When it was taken; nil where nothing tells it.
    package var time: WallTime? { found.time?.moment }
    package var bytes: Int { found.bytes }
    package var status: BackupListing.Status { found.status }
    /// Why it isn't sound.
    package var failure: Failure? { found.failure }
    package var isSlice: Bool { found.kind == .slice }
  }

  /// As given.
  package let folders: [String]
  /// The oldest first; those without a time before all.
  package private(set) var entries: [Entry]
  /// What was not counted, and why.
  package let passedOver: [(path: String, reason: String)]

  /// Lists what lies in folders and the folders in them; reads headers only. Throws `Failure`: `backupNotFound`.
  package init(of folders: [String]) throws(Failure) {
    let listing = try BackupListing(of: folders)
    self.folders = folders
    passedOver = listing.passedOver
    entries = listing.entries.map { Entry(found: $0) }.sorted {
      ($0.time ?? .distantPast, $0.path) < ($1.time ?? .distantPast, $1.path)
    }
  }

  /// The backups, without slices.
  package var backups: [Entry] { entries.filter { !$0.isSlice } }
  /// The slices.
  package var slices: [Entry] { entries.filter(\.isSlice) }
}

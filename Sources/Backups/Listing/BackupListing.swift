package import BSON
package import Platform

/// Everything restorable that lies in some folders, found by content and by reading no more than headers.
package struct BackupListing: Sendable {
  /// What is listed.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case dump
    case archive
    /// Of Percona Backup for MongoDB.
    case snapshot
    case physicalCopy = "physical copy"
    /// A piece of the oplog.
    case slice
  }

  /// Whether one can be used, as far as headers and sidecar tell.
  package enum Status: String, Sendable, Hashable, CaseIterable {
    case sound
    /// Its maker says that it failed.
    case failed
    /// Its maker says that it was not finished.
    case unfinished
    case damaged
    /// Whole, for all that is known, and of a form that mongodrill doesn't read.
    case unsupported
  }

  /// A backup or a slice.
  package struct Entry: Sendable {
    package let kind: Kind
    /// `dump directory`, `archive`, `tar of a physical copy`, ….
    package let form: String
    /// As it was found below the folder that was given.
    package let path: String
    package let realPath: String
    /// Nil where nothing tells it.
    package var time: BackupTime?
    /// Of its files of data; of a compressed one, as it lies there.
    package var bytes = 0
    package var status = Status.sound
    /// Why it isn't sound.
    package var failure: Failure?
    /// Whether its sidecar says that it succeeded; nil where none says either.
    package var saidSucceeded: Bool?
    /// Words of its sidecar for how it went that nobody here knows, each with its key.
    package var unknownWords: [String] = []
    /// `full`, `incremental` and the like, as its sidecar says.
    package var saidType: String?
    /// What it holds; nil where that doesn't show (physical copies, damaged ones), empty for slices.
    package var namespaces: [Namespace]?
    /// Its own oplog, or what a slice holds; nil where it has none or nothing tells.
    package var oplog: OplogInterval?
    /// Whether it holds a part of the data only: a database, a collection, some namespaces.
    package var isPart = false
    /// Symbolic links that lead to it.
    package var links: [String] = []

    init(_ kind: Kind, _ form: String, _ path: String) {
      self.kind = kind
      self.form = form
      self.path = path
      realPath = (try? Files.realPath(path)) ?? path
    }
  }

  /// As given.
  package let folders: [String]
  /// By path.
  package internal(set) var entries: [Entry] = []
  /// What was not counted, and why.
  package internal(set) var passedOver: [(path: String, reason: String)] = []

  /// Looks through folders and the folders in them; what lies inside of a backup isn't looked at. Symbolic links are
  /// resolved within the folders: what several paths lead to is counted once. Throws `Failure` when there is no such
  /// folder, or it can't be listed.
  package init(of folders: [String]) throws(Failure) {
    self.folders = folders
    var walk = ListingWalk(
      roots: try folders.map { folder throws(Failure) in
        guard Files.exists(folder) else { throw .backupNotFound(folder) }
        return try Files.realPath(folder)
      })
    for folder in folders { try walk.enter(folder) }
    walk.resolveLinks()
    entries = walk.entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    passedOver = walk.passedOver
  }
}

package import BSON
internal import Compression
internal import Facts
package import Platform

/// What came of comparing a backup with what its sidecar says.
package struct SidecarComparison: Sendable {
  /// What is not as the sidecar says.
  package internal(set) var damage: [Failure] = []
  /// How much was compared.
  var checksums = 0
  var sizes = 0
  var names = 0
  var counts = 0
  /// What could not be compared, and why.
  package internal(set) var notes: [String] = []

  /// `backup_metadata.json: 3 checksums, 3 sizes compared`; nil when nothing was.
  package func summary(of sidecar: Sidecar) -> String? {
    let parts = [
      (checksums, "checksum"), (sizes, "size"), (names, "collection name"), (counts, "document count"),
    ]
    .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
    return parts.isEmpty ? nil : "\(sidecar.path): compared \(parts.joined(separator: ", "))"
  }
}

extension Sidecar {
  /// Compares the backup's files and the names of its collections with what is said of them. Every file that a checksum
  /// is given for is read. Throws a `Failure` when that can't be done, and of kind `interrupted`.
  package func compare(with backup: any LogicalBackup) throws(Failure) -> SidecarComparison {
    var comparison = SidecarComparison()
    comparison.notes = notes.map { "\(path): \($0)" }
    for claim in files { try compare(claim, backup.path, &comparison) }
    if let bytes {
      comparison.sizes += 1
      let found = Sidecar.size(of: backup.path)
      if found != bytes { comparison.damage.append(.sizeDiffers(backup.path, found, said: bytes, in: path)) }
    }
    compareNames(backup.collections.map(\.facts.namespace), &comparison)
    return comparison
  }

  // MARK: Files

  private func compare(
    _ claim: FileClaim, _ backup: String, _ comparison: inout SidecarComparison
  ) throws(Failure) {
    guard let file = file(claim.name, of: backup), Files.kind(of: file) != .other else {
      comparison.damage.append(.claimedFileMissing(claim.name, in: path))
      return
    }
    guard Files.kind(of: file) == .file else {
      if !claim.digests.isEmpty {
        comparison.notes.append("\(path): a checksum of \(file), which is a folder; not compared")
      }
      if let bytes = claim.bytes {
        comparison.sizes += 1
        let found = Sidecar.size(of: file)
        if found != bytes { comparison.damage.append(.sizeDiffers(file, found, said: bytes, in: path)) }
      }
      return
    }
    if let bytes = claim.bytes {
      comparison.sizes += 1
      let found = try Files.size(of: file)
      if found != bytes {
        comparison.damage.append(.sizeDiffers(file, found, said: bytes, in: path))
        return
      }
    }
    for (algorithm, said) in claim.digests.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      comparison.checksums += 1
      let found = try Sidecar.digest(of: file, algorithm)
      if found != said {
        comparison.damage.append(.checksumDiffers(file, algorithm, found, said: said, in: path))
      }
    }
  }

  /// Where a file lies that is spoken of: below the sidecar's folder or the backup. Of a path from elsewhere, its end
  /// counts.
  private func file(_ name: String, of backup: String) -> String? {
    if name.isEmpty { return backup }
    let parts = name.split(separator: "/").filter { $0 != "." }
    if parts.isEmpty || parts.contains("..") { return nil }
    for start in parts.indices {
      let end = parts[start...].joined(separator: "/")
      for folder in [Files.folder(of: path), backup] {
        let file = Files.join(folder, end)
        if Files.exists(file) { return file }
      }
    }
    return nil
  }

  private static func digest(of file: String, _ algorithm: StreamDigest.Algorithm) throws(Failure) -> String {
    let digest = try StreamDigest(algorithm)
    let reader = try FileReader(opening: file)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { unsafe buffer.deallocate() }
    while true {
      let count = try unsafe reader.read(into: buffer)
      if count == 0 { return digest.finish() }
      unsafe digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      try Interruption.check()
    }
  }

  /// The bytes of all files below a path, sidecars not among them.
  private static func size(of path: String) -> Int {
    guard Files.isDirectory(path) else { return (try? Files.size(of: path)) ?? 0 }
    return ((try? Files.names(in: path)) ?? []).reduce(0) { sum, name in
      let entry = Files.join(path, name)
      switch Files.kind(of: entry, followingLinks: false) {
      case .folder?: return sum + size(of: entry)
      case .file?: return sum + (name == fileName ? 0 : (try? Files.size(of: entry)) ?? 0)
      default: return sum
      }
    }
  }

  // MARK: Collections

  private func compareNames(_ namespaces: [Namespace], _ comparison: inout SidecarComparison) {
    for claim in collections where !Sidecar.isOplog(claim) {
      comparison.names += 1
      if namespace(claim, among: namespaces) == nil {
        let name = (claim.database.map { "\($0)." } ?? "") + claim.name
        comparison.damage.append(.claimedCollectionMissing(name, in: path))
      }
    }
    for database in databases where !["local", "config"].contains(database) {
      if !namespaces.contains(where: { $0.database.utf8.elementsEqual(database.utf8) }) {
        comparison.damage.append(.claimedDatabaseMissing(database, in: path))
      }
    }
    if let collectionCount {
      comparison.counts += 1
      let all = namespaces.count
      let plain = namespaces.count { !$0.isOfServer }
      if collectionCount != all, collectionCount != plain {
        comparison.damage.append(.countDiffers("collections", plain, said: collectionCount, in: path))
      }
    }
  }

  private static func isOplog(_ claim: CollectionClaim) -> Bool {
    let name = (claim.database.map { "\($0)." } ?? "") + claim.name
    return ["oplog", "oplog.bson", "local.oplog.rs"].contains(name)
  }

  private func namespace(_ claim: CollectionClaim, among namespaces: [Namespace]) -> Namespace? {
    func named(_ text: String) -> Namespace? {
      namespaces.first { $0.description.utf8.elementsEqual(text.utf8) }
    }
    if let inDatabase = claim.database { return named("\(inDatabase).\(claim.name)") ?? named(claim.name) }
    if let whole = named(claim.name) { return whole }
    if let database, let whole = named("\(database).\(claim.name)") { return whole }
    let alike = namespaces.filter { $0.collection.utf8.elementsEqual(claim.name.utf8) }
    return alike.count == 1 ? alike[0] : nil
  }

  /// Compares the documents that were read of collections (nil for those without any: views) with what is said of them.
  /// The sum is compared where `isAll` of the backup was read.
  package func compare(
    documents read: [(namespace: Namespace, documents: Int?)], isAll: Bool
  ) -> SidecarComparison {
    var comparison = SidecarComparison()
    let namespaces = read.map(\.namespace)
    for claim in collections {
      guard let said = claim.documents, let namespace = namespace(claim, among: namespaces),
        let found = read.first(where: { $0.namespace == namespace })?.documents
      else { continue }
      comparison.counts += 1
      if found != said {
        comparison.damage.append(.countDiffers("documents of \(namespace)", found, said: said, in: path))
      }
    }
    if let documentCount, isAll {
      comparison.counts += 1
      let all = read.reduce(0) { $0 + ($1.documents ?? 0) }
      let plain = read.reduce(0) { $0 + ($1.namespace.isOfServer ? 0 : $1.documents ?? 0) }
      if documentCount != all, documentCount != plain {
        comparison.damage.append(.countDiffers("documents", plain, said: documentCount, in: path))
      }
    }
    return comparison
  }
}

extension Namespace {
  /// Whether it is a server's own and may be left out of a count.
  fileprivate var isOfServer: Bool {
    ["admin", "config", "local"].contains(database) || collection.hasPrefix("system.")
      || collection.hasPrefix("$admin.")
  }
}

extension [Failure] {
  /// The first, which says how many more there are; nil without any.
  package func firstOfAll(_ path: String) -> Failure? {
    guard var first else { return nil }
    if count > 1 {
      let advice = "\(count - 1) more; mongodrill verify \(path) lists them all."
      first.hint = first.hint.map { "\($0) \(advice)" } ?? advice
    }
    return first
  }
}

extension Failure {
  static func checksumDiffers(
    _ file: String, _ algorithm: StreamDigest.Algorithm, _ found: String, said: String, in sidecar: String
  ) -> Failure {
    Failure(
      .damagedBackup, "checksum-differs",
      "its \(algorithm.rawValue) is \(found), and \(sidecar) says \(said)", at: Place(file),
      hint: "The file was changed or damaged after the backup was made.")
  }

  static func sizeDiffers(_ file: String, _ found: Int, said: Int, in sidecar: String) -> Failure {
    Failure(
      .damagedBackup, "size-differs", "has \(found) bytes, and \(sidecar) says \(said)", at: Place(file),
      hint: "The copy was interrupted, or files are missing or were added.")
  }

  static func claimedFileMissing(_ name: String, in sidecar: String) -> Failure {
    Failure(
      .damagedBackup, "claimed-file-missing", "names the file \(name), which is not there",
      at: Place(sidecar),
      hint: "The backup was copied in part. Names are relative to this file's folder or to the backup.")
  }

  static func claimedCollectionMissing(_ name: String, in sidecar: String) -> Failure {
    Failure(
      .damagedBackup, "claimed-collection-missing",
      "names the collection \(name), which the backup doesn't hold", at: Place(sidecar),
      hint: "The backup was made or copied in part.")
  }

  static func claimedDatabaseMissing(_ name: String, in sidecar: String) -> Failure {
    Failure(
      .damagedBackup, "claimed-database-missing",
      "names the database \(name), of which the backup holds nothing", at: Place(sidecar),
      hint: "The backup was made or copied in part.")
  }

  static func countDiffers(_ what: String, _ found: Int, said: Int, in sidecar: String) -> Failure {
    Failure(
      .damagedBackup, "claimed-count-differs", "says \(said) \(what), and the backup holds \(found)",
      at: Place(sidecar),
      hint: "Something was lost, or it was counted at another time than it was backed up.")
  }
}

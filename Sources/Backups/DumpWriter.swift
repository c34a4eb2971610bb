internal import BSON
package import Facts
internal import Glibc
package import Platform

/// Writes a dump directory as mongodump lays it down, for `mongorestore` and for this program's own reader.
///
/// It grows under another name and gets its own when it is complete. Only its owner may read it: 0700, files 0600.
package final class DumpWriter {
  /// Where it will be.
  package let path: String
  private let temporary: String
  private let isCompressed: Bool
  private var isFinished = false

  /// Begins a dump that is to be at `path`, whose parent folders are made. Throws `Failure` when something is there
  /// already but for an empty folder.
  package init(_ path: String, isCompressed: Bool) throws(Failure) {
    self.isCompressed = isCompressed
    switch Files.kind(of: path, followingLinks: false) {
    case nil: break
    case .folder where try Files.names(in: path).isEmpty: break
    default: throw .exportTargetExists(path)
    }
    let parent = Files.folder(of: path)
    if !Files.isDirectory(parent) { try DumpWriter.createOwn(parent) }
    self.path = Files.join(try Files.realPath(parent), Files.name(of: path))
    temporary = "\(self.path).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
    // So that it goes even when this process is killed.
    try Supervisor.shared.removeAtEnd(temporary)
    do throws(Failure) { try Files.createFolder(temporary) } catch {
      try? Supervisor.shared.keep(temporary)
      // All of it is set, so that `deinit` comes next.
      isFinished = true
      throw error
    }
  }

  deinit { if !isFinished { try? Supervisor.shared.remove(temporary) } }

  /// Creates folders that only their owner may look into.
  private static func createOwn(_ path: String) throws(Failure) {
    let parent = Files.folder(of: path)
    if !Files.isDirectory(parent) { try createOwn(parent) }
    try Files.createFolder(path)
  }

  /// Writes what is known of a collection; opens the file of its documents, which a view has none of. A time series
  /// has its buckets in it.
  package func begin(_ facts: CollectionFacts) throws(Failure) -> DumpFile? {
    let folder = Files.join(temporary, facts.namespace.database)
    if !Files.isDirectory(folder) { try Files.createFolder(folder) }
    let metadata = try file(facts.namespace, "metadata.json")
    try metadata.append(CollectionMetadata.text(of: facts))
    _ = try metadata.finish()
    guard facts.kind != .view else { return nil }
    return try file(facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace, "bson")
  }

  private func file(_ namespace: Namespace, _ kind: String) throws(Failure) -> DumpFile {
    let stem = String(decoding: CollectionFileName.stem(of: namespace.collection), as: UTF8.self)
    let name = "\(namespace.database)/\(stem).\(kind)\(isCompressed ? ".gz" : "")"
    return try DumpFile(Files.join(temporary, name), isCompressed: isCompressed)
  }

  /// Where a file of it will be.
  package func place(of file: DumpFile) -> String {
    path + String(decoding: Array(file.path.utf8).dropFirst(temporary.utf8.count), as: UTF8.self)
  }

  /// Gives it its name. Throws `Failure` when something has come there meanwhile.
  package func finish() throws(Failure) {
    guard unsafe rename(temporary, path) == 0 else { throw .system("not-writable", "cannot write \(path)") }
    isFinished = true
    try? Supervisor.shared.keep(temporary)
  }
}

extension CollectionMetadata {
  /// As mongodump writes it: canonical Extended JSON, without `options` where there are none and without the UUID of a
  /// time series or a view.
  static func text(of facts: CollectionFacts) -> String {
    var members: [(String, Value)] = []
    if !facts.options.isEmpty { members.append(("options", .document(facts.options))) }
    // A time series' own listing has the UUID of its buckets, which the dump doesn't record.
    members.append(("indexes", .list(facts.indexes.map { .document($0.document) })))
    if facts.kind == .collection, let uuid = facts.uuid {
      members.append(("uuid", .string(uuid.description)))
    }
    members.append(("collectionName", .string(facts.namespace.collection)))
    members.append(("type", .string(facts.kind.rawValue)))
    return Document(members).extendedJSON()
  }
}

extension Failure {
  static func exportTargetExists(_ path: String) -> Failure {
    Failure(
      .incomplete, "export-target-exists", "\(path) exists and isn't an empty folder",
      hint: "Nothing is overwritten: give another folder, or remove it.")
  }
}

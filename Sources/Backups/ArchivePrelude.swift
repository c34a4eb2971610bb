internal import BSON
internal import Compression
internal import Platform

/// What an archive says of itself before the first document: versions and every collection's metadata.
struct ArchivePrelude {
  /// A namespace that the archive declares.
  struct Declared: Sendable {
    var namespace: Namespace
    /// Where its declaration starts.
    var place: Place
    /// Extended JSON; empty for the oplog.
    var metadata: String
    /// `collection`, `view`, `timeseries`, or nothing.
    var type: String

    /// Whether it is the dump's oplog, which has no database.
    var isOplog: Bool { namespace == Namespace("", "oplog") }
  }

  private(set) var serverVersion: String?
  private(set) var toolVersion: String?
  private(set) var declared: [Declared] = []

  /// The most bytes that it may have, all of which are kept in memory: 100,000 collections say 50 MB of themselves.
  private static let largest: UInt64 = 256 << 20

  /// Takes the magic number and the prelude from a stream's start.
  init(_ stream: ArchiveStream) throws(Failure) {
    let magic = try stream.takeMagic()
    if magic.isEmpty { throw .emptyFile(stream.reader.file) }
    guard magic == Archive.magic else {
      throw .notABackup(stream.reader.file, "not an archive of mongodump, whose magic number is missing")
    }
    let place = stream.place
    guard let header = try stream.takeDocument() else { throw .archiveCutShort(place) }
    for element in header {
      switch (element.name, element.value) {
      case ("version", .string("0.1")), ("concurrent_collections", .int32): continue
      case ("version", _): throw .archiveVersion(place, element.value.extendedJSON())
      case ("server_version", .string(let text)): serverVersion = text
      case ("tool_version", .string(let text)): toolVersion = text
      default: throw .archiveHeader(place, "\"\(element.name)\" is not what a prelude has")
      }
    }
    while true {
      let place = stream.place
      guard let body = try stream.takeDocument() else {
        if try stream.takeTerminator() { return }
        throw .archiveCutShort(place)
      }
      declared.append(try Self.declaration(body, at: place))
      guard stream.offset <= Self.largest else {
        throw .archiveHeader(place, "a prelude of more than \(Self.largest) bytes")
      }
    }
  }

  private static func declaration(_ body: Document, at place: Place) throws(Failure) -> Declared {
    var database: String?
    var collection: String?
    var declared = Declared(namespace: Namespace("", ""), place: place, metadata: "", type: "")
    for element in body {
      switch (element.name, element.value) {
      case ("db", .string(let text)): database = text
      case ("collection", .string(let text)): collection = text
      case ("metadata", .string(let text)): declared.metadata = text
      case ("type", .string(let text)): declared.type = text
      case ("size", .int32), ("size", .int64): continue
      default: throw .archiveHeader(place, "\"\(element.name)\" is not what a declaration has")
      }
    }
    guard let database, let collection else { throw .archiveHeader(place, "a declaration without a name") }
    declared.namespace = Namespace(database, collection)
    return declared
  }
}

/// The header of a block of a namespace's documents.
struct ArchiveHeader {
  var namespace = Namespace("", "")
  /// Whether the namespace ends here, without documents.
  var isEnd = false
  /// The checksum of all its documents, at its end.
  var checksum: UInt64 = 0

  /// Every field has to be there, and no other; as mongorestore demands.
  init(_ document: Document, at place: Place) throws(Failure) {
    var missing: Set<String> = ["db", "collection", "EOF", "CRC"]
    for element in document {
      guard missing.remove(element.name) != nil else {
        throw .archiveHeader(place, "\"\(element.name)\" is not what a block's header has")
      }
      switch (element.name, element.value) {
      case ("db", .string(let text)): namespace.database = text
      case ("collection", .string(let text)): namespace.collection = text
      case ("EOF", .bool(let value)): isEnd = value
      case ("CRC", .int64(let value)): checksum = UInt64(bitPattern: value)
      default: throw .archiveHeader(place, "\"\(element.name)\" has another type than a block's header")
      }
    }
    if let name = missing.sorted().first {
      throw .archiveHeader(place, "\"\(name)\" is missing in a block's header")
    }
  }
}

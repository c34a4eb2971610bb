package import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record

/// `digest`: whether every document is, byte for byte, what it should be.
package struct DigestCheck: ScanningCheck {
  private static let compare = Key(
    "compare", .counterpart(.backup, .witness), default: "backup",
    "What to compare with. `backup`: the documents as they were read from it, which is what they must be where no "
      + "oplog was replayed. `witness`: what was recorded from the source, at the moment of the witness.")

  package static let declaration = CheckDeclaration(
    "digest", "Compares the content of all documents, byte for byte, whatever their order.",
    appliesTo: [.collection, .timeseries], figure: "differing documents", keys: [compare], example: "digest")

  private let compared: Counterpart

  /// Compares with the backup.
  package init() { compared = .backup }

  package init(_ fields: Fields, _ common: CommonKeys) { compared = fields[Self.compare] }

  package var counterpart: Counterpart? { compared }
  package var readsStored: Bool { true }

  package var isScanning: Bool { compared == .backup }

  package func run(_ context: CheckContext) throws -> Finding {
    compared == .backup ? try read(context) : try WitnessFinding(context).finding
  }

  package func scan(_ context: CheckContext) throws -> Seen {
    _ = try context.digestInBackup()
    return Seen()
  }

  /// What was seen of it.
  package struct Seen: Scan {
    fileprivate var digest = ContentDigest()

    package var reads: DocumentPart { .whole }
    package mutating func see(_ document: RawDocument) { unsafe digest.add(document.bytes) }
    package mutating func append(_ next: Seen) { digest.add(next.digest) }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    let expected = try context.digestInBackup()
    let found = seen.digest
    let noun = context.collection?.kind == .timeseries ? "bucket" : "document"
    let isSame = found == expected
    // How many differ at least: the sums say that some do, not which.
    let fewest = max(1, (found.documents - expected.documents).magnitude)
    let some = Count.text(found.documents, noun)
    var finding = Finding(
      figure: isSame ? 0 : Int(fewest), of: expected.documents,
      message: isSame
        ? "\(some), byte for byte as in the backup"
        : found.documents == expected.documents
          ? "\(some), as many as in the backup, but not the same"
          : "\(some), \(Count.text(expected.documents)) in the backup",
      measured: [
        "\(noun)s": .integer(Int64(found.documents)), "bytes": .integer(Int64(found.bytes)),
        "sha256_sum": .string(found.sum.text),
      ],
      expected: isSame ? nil : expected.words(noun), observed: isSame ? nil : found.words(noun))
    finding.query = "\(context.place.shellText).countDocuments({})"
    return finding
  }
}

extension ContentDigest {
  /// `300 documents, 61,200 bytes, 5f2a…`.
  func words(_ noun: String) -> String {
    "\(Count.text(documents, noun)), \(Count.text(bytes, "byte")), SHA-256 sum \(sum.text)"
  }
}

extension CheckContext {
  /// What the documents were when they were read from the backup. Throws `Unanswerable` when that isn't known.
  func digestInBackup() throws(Unanswerable) -> ContentDigest {
    guard server.expected != nil else { throw Unanswerable("there is no backup to compare with") }
    guard let facts = expected else { throw Unanswerable("the backup holds no \(namespace)") }
    guard let digest = facts.digest else {
      throw Unanswerable(
        "what an oplog was replayed to can't be computed from the backup; compare with a witness")
    }
    return digest
  }
}

import BSON
import Platform

extension FuzzedReader {
  /// Documents in memory, and all that is done with one: values, keys, order, text.
  static let bson = FuzzedReader(name: "bson") { _ in
    var seeds = try documents(in: Fixture.bytes("Tests/Fixtures/shop/base/dump/shop/types.bson"))
    seeds += try documents(in: Fixture.bytes("Tests/Fixtures/shop/base/dump/admin/system.users.bson"))
    seeds += try documents(in: Fixture.bytes("Tests/Fixtures/shop/base/dump/oplog.bson")).prefix(3)
    seeds.append(Array(nested(60).bytes))
    return FuzzedInput(seeds: seeds) { bytes in
      let document: Document
      do throws(MalformedBSON) { document = try Document(bytes[...]) } catch {
        throw refusal(error, bytes.count)
      }
      try use(document)
    }
  }

  /// Extended JSON, and what is written of it read again.
  static let extendedJSON = FuzzedReader(name: "extended-json") { _ in
    var seeds = try documents(in: Fixture.bytes("Tests/Fixtures/shop/base/dump/shop/types.bson")).map {
      Array(try Document($0[...]).extendedJSON().utf8)
    }
    seeds += seeds.compactMap {
      try? Array(Document(extendedJSON: String(decoding: $0, as: UTF8.self)).extendedJSON(relaxed: true).utf8)
    }
    seeds.append(try Fixture.bytes("Tests/Fixtures/shop/base/dump/shop/products.metadata.json"))
    return FuzzedInput(seeds: seeds) { bytes in
      let document: Document
      do throws(MalformedBSON) {
        document = try Document(extendedJSON: String(decoding: bytes, as: UTF8.self))
      } catch { throw refusal(error, 3 * bytes.count) }
      try use(document)
    }
  }

  /// The program's own JSON: read, written, read again; parts of it read alone.
  static let json = FuzzedReader(name: "json") { _ in
    let seeds = try [
      Fixture.bytes("scenarios/physical-restore/backups/witness.json"),
      Array(#"{"a": [1, -2.5e3, "\u00e9\ud83d\ude00\\", null, true, {}], "": {"b": []}}"#.utf8),
    ]
    return FuzzedInput(seeds: seeds) { bytes in
      let value: JSON
      do throws(MalformedJSON) { value = try JSON.parse(bytes) } catch {
        guard 0...bytes.count ~= error.offset else {
          throw Misbehaviour("byte \(error.offset) of \(bytes.count)")
        }
        throw Failure(.damagedBackup, "json", error.message, at: Place("x", offset: UInt64(error.offset)))
      }
      for pretty in [true, false] {
        // `2.0` is written as `2`.
        let text = value.text(pretty: pretty)
        guard try JSON.parse(text).text(pretty: pretty) == text else {
          throw Misbehaviour("reads back as another")
        }
      }
    }
  }

  /// The documents of a file, back to back.
  static func documents(in bytes: [UInt8]) throws -> [[UInt8]] {
    var rest = bytes[...]
    var documents: [[UInt8]] = []
    while !rest.isEmpty {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      documents.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return documents
  }

  /// A document of so many levels.
  static func nested(_ levels: Int) -> Document {
    (1..<levels).reduce(Document([("a", 1)])) { inner, level in
      Document([("a", level.isMultiple(of: 2) ? .document(inner) : .array(inner))])
    }
  }

  private static func refusal(_ error: MalformedBSON, _ count: Int) -> any Error {
    guard 0...count ~= error.offset, !error.reason.isEmpty else {
      return Misbehaviour("\(error) in \(count) bytes")
    }
    return Failure(.damagedBackup, "bson", error.reason, at: Place("x", offset: UInt64(error.offset)))
  }

  /// Does with a document whatever is done with documents.
  static func use(_ document: Document) throws {
    let text = document.extendedJSON()
    _ = document.extendedJSON(relaxed: true)
    _ = try? Document(extendedJSON: text)
    // What holds no text that had to be mended is written as it was read.
    if !text.contains("\u{FFFD}"), !text.hasPrefix("{ malformed") {
      let again = Document(document.map { ($0.name, $0.value) })
      guard again.bytes.elementsEqual(document.bytes) else {
        throw Misbehaviour("written as another: \(text)")
      }
    }
    let key = Value.document(document).canonicalKey
    guard Document.compare(document, document) == 0 else {
      throw Misbehaviour("isn't equal to itself: \(text)")
    }
    guard Value.document(document).canonicalKey == key else { throw Misbehaviour("has two keys") }
    let paths = ["a", "a.b", "_id", "o.0.a", "ns.", ".", "a.a.a.a.a"].map { FieldPath($0) }
    var scratch: [UInt8] = []
    document.withBytes { bytes in
      guard let raw = RawDocument(validated: bytes) else { return }
      for path in paths {
        _ = path.value(in: raw)?.value
        _ = path.single(in: raw)
        path.forEachValue(in: raw) { value in _ = value?.keyHash(&scratch) }
      }
      raw.forEachField { _, value in
        _ = value.keyHash(&scratch)
        _ = value.compare(value)
        _ = value.compare(value.value)
        return true
      }
    }
  }
}

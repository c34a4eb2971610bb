package import BSON
internal import Facts

/// A comparison as a document, to be kept in a file. Each `_id` stands in it as the bytes of the BSON document `{v: _id}`:
/// not every value comes back from Extended JSON as it was.
extension CollectionComparison {
  package var document: Document {
    [
      "ns": .string(namespace.description), "restored": .string(restored.description),
      "ranges": .int64(Int64(ranges)), "ranges_in_all": .int64(Int64(rangesInAll)),
      "differing_ranges": .int64(Int64(differingRanges)),
      "expected": .document(expected.document), "found": .document(found.document),
      "changed": .int64(Int64(changed)), "missing": .int64(Int64(missing)), "extra": .int64(Int64(extra)),
      "unknown_ranges": .list(unknownRanges.map { .document($0.document) }),
      "samples": .list(samples.map { .document($0.document) }),
      "notes": .list(notes.map { .string($0) }), "capped": .bool(isCapped),
    ]
  }

  /// Nil when it isn't what `document` gives.
  package init?(_ document: Document) {
    func number(_ name: String) -> Int? { document[name]?.integer.map { Int($0) } }
    func digest(_ name: String) -> ContentDigest? { document[name]?.document.flatMap { ContentDigest($0) } }
    guard let namespace = document["ns"]?.string.flatMap({ Namespace($0) }),
      let restored = document["restored"]?.string.flatMap({ Namespace($0) }), let ranges = number("ranges"),
      let rangesInAll = number("ranges_in_all"), let differingRanges = number("differing_ranges"),
      let expected = digest("expected"), let found = digest("found"), let changed = number("changed"),
      let missing = number("missing"), let extra = number("extra"),
      let unknownRanges = document["unknown_ranges"]?.elements?.map({ $0.document.flatMap { IDRange($0) } }),
      let samples = document["samples"]?.elements?.map({ $0.document.flatMap { DocumentDifference($0) } }),
      let notes = document["notes"]?.elements?.map(\.string), case .bool(let isCapped)? = document["capped"],
      !unknownRanges.contains(nil), !samples.contains(nil), !notes.contains(nil)
    else { return nil }
    self.init(namespace, restored: restored, ranges: ranges, rangesInAll: rangesInAll)
    self.differingRanges = differingRanges
    (self.expected, self.found) = (expected, found)
    (self.changed, self.missing, self.extra) = (changed, missing, extra)
    self.unknownRanges = unknownRanges.compactMap(\.self)
    self.samples = samples.compactMap(\.self)
    self.notes = notes.compactMap(\.self)
    self.isCapped = isCapped
  }
}

extension Value {
  /// In the bytes of a document.
  fileprivate var kept: Value { .binary(subtype: 0, Array(Document([("v", self)]).bytes)) }

  /// What `kept` was made of; nil when it is something else.
  fileprivate var unpacked: Value? {
    guard case .binary(_, let bytes) = self else { return nil }
    return (try? Document(bytes[...]))?["v"]
  }
}

extension IDRange {
  /// `{min, max}`, each where there is one.
  fileprivate var document: Document {
    Document([("min", min), ("max", max)].compactMap { name, bound in bound.map { (name, $0.kept) } })
  }

  fileprivate init?(_ document: Document) {
    self.init(from: document["min"]?.unpacked, to: document["max"]?.unpacked)
    if document["min"] != nil && min == nil || document["max"] != nil && max == nil { return nil }
  }
}

extension DocumentDifference {
  /// `{id, kind, fields: [{path, kind}]}`, the fields where they are known.
  fileprivate var document: Document {
    var elements: [(String, Value)] = [("id", id.kept)]
    switch kind {
    case .missing: elements.append(("kind", "missing"))
    case .extra: elements.append(("kind", "extra"))
    case .changed(let fields):
      elements.append(("kind", "changed"))
      guard let fields else { break }
      elements.append(
        (
          "fields",
          .list(fields.map { ["path": .string($0.path), "kind": .string($0.kind.rawValue)] })
        ))
    }
    return Document(elements)
  }

  fileprivate init?(_ document: Document) {
    guard let id = document["id"]?.unpacked, let kind = document["kind"]?.string else { return nil }
    switch kind {
    case "missing": self.init(id, .missing)
    case "extra": self.init(id, .extra)
    case "changed":
      let fields = document["fields"]?.elements?.map { $0.document.flatMap { FieldDifference($0) } }
      if fields?.contains(nil) == true { return nil }
      self.init(id, .changed(fields?.compactMap(\.self)))
    default: return nil
    }
  }
}

extension FieldDifference {
  fileprivate init?(_ document: Document) {
    guard let path = document["path"]?.string,
      let kind = document["kind"]?.string.flatMap(Kind.init(rawValue:))
    else { return nil }
    self.init(path, kind)
  }
}

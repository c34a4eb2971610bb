internal import BSON

/// Applies the update of an oplog entry to a document in memory: for the definitions of views, which the oplog
/// changes as documents of `system.views`. Documents of collections are the server's to update.
///
/// Source of the `$v: 2` format: the server's document_diff_serialization.h.
func applying(update: Document, to document: Document) -> Document? {
  guard let version = update["$v"]?.integer else {
    // A replacement; ancient modifiers (`$set` without `$v`) don't occur on views.
    return update.first { _ in true }?.name.hasPrefix("$") == true ? nil : update
  }
  if version == 2, let diff = update["diff"]?.document { return applying(diff: diff, to: document) }
  if version == 1, let set = update["$set"]?.document, update.names.allSatisfy({ $0 == "$v" || $0 == "$set" })
  {
    return set.reduce(document) { $0.setting($1.name, to: $1.value) }
  }
  return nil
}

/// One level of a diff: `d` deletes, `u` updates, `i` inserts, `sNAME` goes into a field.
private func applying(diff: Document, to document: Document) -> Document? {
  var result = document
  for section in diff {
    switch section.name {
    case "d": result = result.removing(Set(section.value.document?.names ?? []))
    case "u":
      for field in section.value.document ?? [:] { result = result.setting(field.name, to: field.value) }
    case "i":
      // An inserted field goes to the end, also when one of that name was there.
      for field in section.value.document ?? [:] {
        result = result.removing([field.name]).setting(field.name, to: field.value)
      }
    case let name where name.hasPrefix("s"):
      let field = String(name.dropFirst())
      guard let inner = section.value.document else { return nil }
      switch result[field] {
      case .document(let value)?:
        guard let value = applying(diff: inner, to: value) else { return nil }
        result = result.setting(field, to: .document(value))
      case .array(let value)?:
        guard let value = applying(arrayDiff: inner, to: value) else { return nil }
        result = result.setting(field, to: value)
      default: return nil
      }
    default: return nil
    }
  }
  return result
}

/// A diff of an array: `a: true`, `l` its new length, `uN` and `sN` for its elements.
private func applying(arrayDiff diff: Document, to array: Document) -> Value? {
  var elements = array.map(\.value)
  for section in diff where section.name != "a" {
    if section.name == "l" {
      guard let length = section.value.integer, length >= 0, length <= 1 << 24 else { return nil }
      while elements.count > length { elements.removeLast() }
      while elements.count < length { elements.append(.null) }
      continue
    }
    guard let index = Int(section.name.dropFirst()), index >= 0, index < 1 << 24 else { return nil }
    while elements.count <= index { elements.append(.null) }
    if section.name.hasPrefix("u") {
      elements[index] = section.value
    } else if section.name.hasPrefix("s"), let inner = section.value.document {
      switch elements[index] {
      case .document(let value):
        guard let value = applying(diff: inner, to: value) else { return nil }
        elements[index] = .document(value)
      case .array(let value):
        guard let value = applying(arrayDiff: inner, to: value) else { return nil }
        elements[index] = value
      default: return nil
      }
    } else {
      return nil
    }
  }
  return .list(elements)
}

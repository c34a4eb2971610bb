/// What a key of the record holds, as its page of the reference says it.
package indirect enum RecordShape: Sendable {
  /// In a few words.
  case plain(String)
  /// The same, or null.
  case optional(RecordShape)
  case list(RecordShape)
  /// By names that aren't keys of the record.
  case map(RecordShape)
  /// Keys below it; asked for only once, as a part may lie in itself.
  case part(String, @Sendable () -> [(key: String, shape: RecordShape)])

  /// In words, without the keys below it.
  package var words: String {
    switch self {
    case .plain(let words): words
    case .optional(let shape): "\(shape.words) or null"
    case .list(let shape): "list: \(shape.words)"
    case .map(let shape): "by name: \(shape.words)"
    case .part: "mapping"
    }
  }

  /// Every key below it with its path, `checks[].result`, in the order of writing. A part within itself isn't followed.
  package var keys: [(path: String, shape: RecordShape)] { keys("", within: []) }

  private func keys(_ path: String, within parts: [String]) -> [(path: String, shape: RecordShape)] {
    switch self {
    case .plain: return []
    case .optional(let shape): return shape.keys(path, within: parts)
    case .list(let shape): return shape.keys(path + "[]", within: parts)
    case .map(let shape): return shape.keys(path + ".NAME", within: parts)
    case .part(let name, let fields):
      guard !parts.contains(name) else { return [] }
      return fields().flatMap { field in
        let own = path.isEmpty ? field.key : "\(path).\(field.key)"
        return [(own, field.shape)] + field.shape.keys(own, within: parts + [name])
      }
    }
  }
}

internal import Platform

/// What the path of a backup says about what it belongs to.
enum BackupPlace {
  /// A path without what differs from one backup of a series to the next: dates, numbers, days and months.
  static func series(_ path: String) -> String {
    var parts: [String] = []
    for word in words(of: path) {
      let part = word.first?.isNumber == true || dayNames.contains(word.lowercased()) ? "#" : word
      // `20261121T030000Z`: the letters between the digits, too.
      if part == "#", parts.last == "#" { continue }
      parts.append(["T", "Z"].contains(word) && parts.last == "#" ? "" : part)
    }
    return parts.joined()
  }

  /// Whether a real path is a folder or lies in it.
  static func lies(_ path: String, in folder: String) -> Bool {
    path.utf8.elementsEqual(folder.utf8) || path.utf8.starts(with: (folder == "/" ? "/" : folder + "/").utf8)
  }

  /// The folders of a path, up to the first that a date or a number names.
  static func system(_ folder: String) -> [Substring] {
    Array(
      folder.split(separator: "/").prefix { part in
        !part.allSatisfy(\.isNumber) && WrittenDate.find(in: String(part)) == nil
      })
  }

  /// The folder in which the slices of one chain lie: `oplog` of `oplog/004/local/oplog.rs.bson`, and of `oplog/4.bson`.
  static func chain(ofSlice path: String) -> String {
    let folder = Files.folder(of: path)
    if let part = folder.range(of: "/pbmPitr/"),
      let set = folder[part.upperBound...].split(separator: "/").first
    {
      return String(folder[..<part.upperBound] + set)
    }
    return Files.name(of: folder) == "local" ? Files.folder(of: Files.folder(of: folder)) : folder
  }

  private static let dayNames: Set<String> = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december",
  ]

  /// Runs of digits, runs of letters, and each other character.
  private static func words(of path: String) -> [String] {
    var words: [String] = []
    var kind = 0
    for character in path {
      let own = character.isNumber ? 1 : character.isLetter ? 2 : 0
      if own != 0, own == kind {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
      kind = own
    }
    return words
  }
}

extension String {
  /// Where a text stands in it, by bytes.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    let (own, other) = (utf8, text.utf8)
    var start = own.startIndex
    while own.distance(from: start, to: own.endIndex) >= other.count {
      if own[start...].starts(with: other) { return start..<own.index(start, offsetBy: other.count) }
      start = own.index(after: start)
    }
    return nil
  }
}

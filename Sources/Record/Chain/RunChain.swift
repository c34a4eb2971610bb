package import Platform

/// The order in which the records of a folder were written, and their digests: `chain.jsonl` beside the runs' folders.
///
/// Each record names the digest of the one before it, so none can be changed, taken away, moved or put in between
/// without a trace. The file adds the digest of the last one, which no other names, and what was removed on purpose. It
/// is also the lock: drills that end at the same time write one after the other.
package struct RunChain: Sendable, Hashable {
  /// The name of the file.
  package static let fileName = "chain.jsonl"
  /// The name of a record in its run's folder.
  package static let recordName = "report.json"

  /// Its lines, in the order of writing.
  package var lines: [ChainLine] = []
  /// The lines, from 1, that can't be read. The last one of a writer that was killed counts, too.
  package var malformed: [Int] = []

  package init() {}

  /// Reads a folder's chain; empty where there is none.
  package init(of folder: String) throws(Failure) {
    let path = Files.join(folder, RunChain.fileName)
    self.init(Files.exists(path) ? try Files.read(path, limit: 1 << 30) : [])
  }

  init(_ bytes: [UInt8]) {
    for (index, line) in bytes.split(separator: 0x0A).enumerated() {
      if let line = ChainLine(String(decoding: line, as: UTF8.self)) {
        lines.append(line)
      } else {
        malformed.append(index + 1)
      }
    }
  }

  /// The records, in the order of writing.
  package var links: [ChainLink] {
    lines.compactMap { line in
      if case .record(let link) = line { link } else { nil }
    }
  }

  /// What was removed, in the order of removal.
  package var anchors: [ChainAnchor] {
    lines.compactMap { line in
      if case .removal(let anchor) = line { anchor } else { nil }
    }
  }

  /// The names of a folder's runs that have a record, sorted. Whatever isn't named as a run is none.
  package static func runs(in folder: String) throws(Failure) -> [String] {
    try Files.names(in: folder).filter { name in
      RunID.time(of: name) != nil && Files.exists(record(of: name, in: folder))
    }
  }

  /// Where a run's record lies.
  package static func record(of runID: String, in folder: String) -> String {
    Files.join(Files.join(folder, runID), recordName)
  }
}

extension RunChain {
  /// Writes a record as the chain's next one.
  ///
  /// `write` gets what its record is to name as the one before it, and leaves its `report.json` in the folder of
  /// `runID`. Nobody else writes meanwhile. Where a folder has records and no chain, one is begun with these; a record
  /// whose writer was killed before it could note it is noted now.
  package static func extend(
    _ folder: String, by runID: String,
    _ write: (DrillRecord.PreviousRun?) throws(Failure) -> Void
  ) throws(Failure) {
    let file = try LockedFile(Files.join(folder, fileName))
    var bytes = try file.read()
    if let end = bytes.lastIndex(of: 0x0A).map({ $0 + 1 }) ?? (bytes.isEmpty ? nil : 0), end < bytes.count {
      try file.cut(to: end)
      bytes.removeSubrange(end...)
    }
    var chain = RunChain(bytes)
    for link in try chain.unnoted(in: folder, except: runID) {
      try file.append(ChainLine.record(link).text)
      chain.lines.append(.record(link))
    }
    try write(chain.links.last?.asPrevious)
    let digest = SHA256.hex(of: try Files.read(record(of: runID, in: folder), limit: .max))
    try file.append(
      ChainLine.record(ChainLink(runID: runID, sha256: digest, writtenAt: .nowInRecord)).text)
  }

  /// The records that lie in the folder and belong behind the last one that is noted.
  private func unnoted(in folder: String, except own: String) throws(Failure) -> [ChainLink] {
    let known = Set(links.map(\.runID))
    let found = try RunChain.runs(in: folder).filter { !known.contains($0) && $0 != own }
    guard !found.isEmpty else { return [] }
    var rest: [(link: ChainLink, previous: DrillRecord.PreviousRun?)] = []
    for name in found {
      let record = try Files.read(RunChain.record(of: name, in: folder), limit: .max)
      // What is no record has nothing to follow from.
      guard (try? JSON.parse(record, only: .members([:]))) != nil else { continue }
      let link = ChainLink(runID: name, sha256: SHA256.hex(of: record), writtenAt: nil, isAdopted: true)
      rest.append((link, RunChain.previous(named: record)))
    }
    var chain: [ChainLink] = []
    if links.isEmpty {
      // Records of versions that wrote no chain, then those that follow from them.
      chain = rest.filter { $0.previous == nil }.map(\.link)
      rest.removeAll { $0.previous == nil }
      // Where the oldest are gone with the chain, the one that nobody follows begins.
      if chain.isEmpty {
        let ids = Set(found)
        guard let first = rest.firstIndex(where: { !ids.contains($0.previous?.runID ?? "") }) else {
          return []
        }
        chain = [rest.remove(at: first).link]
      }
    }
    while let last = chain.last ?? links.last,
      let next = rest.firstIndex(where: { $0.previous == last.asPrevious })
    {
      chain.append(rest.remove(at: next).link)
    }
    return chain
  }

  /// What a record names as the one before it; nil where it names none, or is no record.
  package static func previous(named record: [UInt8]) -> DrillRecord.PreviousRun? {
    let json = try? JSON.parse(record, only: .members(["previous_run": .all]))
    return json?["previous_run"].flatMap { try? DrillRecord.PreviousRun(json: $0) }
  }

  /// What became of the oldest runs that were to go.
  package struct Removal: Sendable, Hashable {
    /// How many folders were removed.
    package var removed = 0
    /// The last run that is gone now; nil when none was due.
    package var through: String?
    /// Runs that were gone already by other means; their names stay in the chain.
    package var missing: [String] = []
    /// Runs whose record isn't the one that was written: evidence of its own. The first of them ended the removal.
    package var changed: [String] = []

    package init() {}
  }

  /// Removes the folders of the oldest runs, up to and with `runID`, and leaves an anchor in their place. One whose
  /// record was changed isn't removed, nor what was written after it.
  package static func remove(through runID: String, in folder: String) throws(Failure) -> Removal {
    let file = try LockedFile(Files.join(folder, fileName))
    let chain = RunChain(try file.read())
    let links = chain.links
    var removal = Removal()
    guard let last = links.firstIndex(where: { $0.runID == runID }) else { return removal }
    var end = last
    for (place, link) in links[...last].enumerated() where Files.exists(record(of: link.runID, in: folder)) {
      let digest = SHA256.hex(of: try Files.read(record(of: link.runID, in: folder), limit: .max))
      guard digest != link.sha256 else { continue }
      if removal.changed.isEmpty { end = place - 1 }
      removal.changed.append(link.runID)
    }
    guard end >= 0 else { return removal }
    let known =
      chain.anchors.compactMap { anchor in links.lastIndex { $0.runID == anchor.runID } }.max() ?? -1
    removal.through = links[end].runID
    removal.missing = links[...end].enumerated().filter { place, link in
      place > known && !Files.exists(record(of: link.runID, in: folder))
    }.map(\.element.runID)
    // The anchor first: a removal that is cut short leaves more than it says, never less.
    let removed = links[...end].filter { Files.exists(Files.join(folder, $0.runID)) }
    removal.removed = removed.count
    // Nothing has changed since the last one: it needs no other.
    guard end > known || !removed.isEmpty else { return removal }
    try file.append(
      ChainLine.removal(
        ChainAnchor(
          runID: links[end].runID, sha256: links[end].sha256, removed: removed.count,
          removedAt: .nowInRecord, missing: removal.missing)
      ).text)
    for link in removed where RunID.time(of: link.runID) != nil {
      try Files.removeTree(Files.join(folder, link.runID))
    }
    return withExtendedLifetime(file) { removal }
  }
}

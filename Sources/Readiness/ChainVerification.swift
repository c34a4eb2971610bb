package import Platform
package import Record

/// Whether the records of a folder are those that were written, all of them, in the order of writing.
package struct ChainVerification: Sendable, Hashable {
  /// What is wrong with a record or with the chain itself.
  package struct Fault: Sendable, Hashable {
    /// What kind of fault it is; the raw value is its stable code.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
      /// The record's bytes are not those that were written.
      case changed = "record-changed"
      /// A record that was written isn't there, and was not removed by `--prune`.
      case missing = "record-missing"
      /// The record names another one before it than the chain does.
      case reordered = "record-reordered"
      /// The chain doesn't know of the record.
      case inserted = "record-inserted"
      /// Neither it nor one that vouches for it bears a signature.
      case unsigned = "record-unsigned"
      /// Its signature is not that of an allowed signer over these bytes.
      case badSignature = "bad-signature"
      /// A line of `chain.jsonl` can't be read, or names a run twice.
      case malformed = "chain-malformed"
      /// There are records, and no `chain.jsonl`.
      case noChain = "no-chain"
      /// No record has the digest that was asked for.
      case headUnknown = "head-unknown"
      /// The record with the digest that was asked for was removed, and none that is there names it.
      case headRemoved = "head-removed"
    }

    package var kind: Kind
    /// The run; nil when it is about the chain as a whole.
    package var runID: String?
    /// One sentence in lower case without a full stop.
    package var message: String
  }

  package private(set) var faults: [Fault] = []
  /// Things a person should know that are no faults, as sentences.
  package private(set) var notes: [String] = []
  /// Records that are there and are as they were written.
  package private(set) var intact = 0
  /// Those that were removed on purpose.
  package private(set) var removed = 0
  /// Who signed which run.
  package private(set) var signers: [String: String] = [:]
  /// The last record: whoever notes its digest elsewhere can tell later that none was cut off the end.
  package private(set) var head: DrillRecord.PreviousRun?

  package var isSound: Bool { faults.isEmpty }

  /// What a record holds, as far as this matters.
  private struct Found: Sendable {
    var sha256: String
    var previous: DrillRecord.PreviousRun?
  }

  /// Reads every record of `folder`. `allowedSigners` is the file that `ssh-keygen -Y verify` takes; without it
  /// signatures are not looked at. `head` is a digest that was noted earlier. Throws when something can't be read.
  package init(of folder: String, allowedSigners: String? = nil, head expected: String? = nil)
    throws(Failure)
  {
    guard Files.isDirectory(folder) else { throw .noReports(folder) }
    if let allowedSigners, !Files.exists(allowedSigners) { throw .noAllowedSigners(allowedSigners) }
    // A drill that writes just now has its record there before it notes it.
    let lock = LockedFile(sharing: Files.join(folder, RunChain.fileName))
    let chain = try RunChain(of: folder)
    let names = try RunChain.runs(in: folder)
    let found = try ChainVerification.read(names, in: folder)
    withExtendedLifetime(lock) {}
    let links = chain.links
    if links.isEmpty && !names.isEmpty {
      faults.append(
        Fault(
          kind: .noChain, runID: nil,
          message: "there are \(Count.text(names.count, "record")) and no \(RunChain.fileName)"))
    }
    for line in chain.malformed {
      faults.append(
        Fault(kind: .malformed, runID: nil, message: "line \(line) of \(RunChain.fileName) can't be read"))
    }
    self.head = links.last?.asPrevious
    let vouched = walk(links, found, chain)
    compare(names, links, found)
    if let allowedSigners { try verify(links, found, vouched, in: folder, allowedSigners) }
    if let expected { look(for: expected.lowercased(), links, found) }
  }

  /// A line of `chain.jsonl` alone says nothing of a digest: whoever makes the chain anew can keep the line.
  private mutating func look(for head: String, _ links: [ChainLink], _ found: [String: Found]) {
    guard let place = links.lastIndex(where: { $0.sha256 == head }) else {
      faults.append(
        Fault(
          kind: .headUnknown, runID: nil,
          message:
            "no record has the digest \(head): records were cut off the end, or the chain was made anew"
        ))
      return
    }
    let run = links[place].runID
    // One that is gone without an anchor is missing, and one with other bytes changed: they are told already.
    guard found[run] == nil else { return }
    let next = place + 1 < links.count ? links[place + 1] : nil
    if let next, let record = found[next.runID], record.sha256 == next.sha256,
      record.previous == links[place].asPrevious
    {
      notes.append("\(run), whose digest was given, was removed; \(next.runID), written after it, names it")
    } else {
      add(
        .headRemoved, run,
        "has the digest that was given, was removed, and no record that is there names it: nothing shows that what is "
          + "there followed it"
      )
    }
  }

  private static func read(_ names: [String], in folder: String) throws(Failure) -> [String: Found] {
    let found = Monitor([Found?](repeating: nil, count: names.count))
    do {
      try Threads.forEach(below: names.count, on: Machine.cores) { index in
        let bytes = try Files.read(RunChain.record(of: names[index], in: folder), limit: .max)
        let one = Found(sha256: SHA256.hex(of: bytes), previous: RunChain.previous(named: bytes))
        found.withLock { $0[index] = one }
      }
    } catch {
      throw .wrapping(error)
    }
    let all = found.withLock { $0 }
    return Dictionary(
      uniqueKeysWithValues: zip(names, all).compactMap { name, one in one.map { (name, $0) } })
  }

  /// Goes along the chain. Returns the digests that a sound record behind them names: a signature of that one vouches
  /// for these, too.
  private mutating func walk(_ links: [ChainLink], _ found: [String: Found], _ chain: RunChain) -> Set<String>
  {
    let runOf = Dictionary(links.map { ($0.sha256, $0.runID) }) { first, _ in first }
    let anchor =
      chain.anchors.compactMap { anchor in links.lastIndex { $0.runID == anchor.runID } }.max() ?? -1
    var vouched: Set<String> = []
    var seen: Set<String> = []
    var isAnew = false
    var latecomers: [String] = []
    var isAnyThere = false
    var isAnyWritten = false
    for (index, link) in links.enumerated() {
      guard seen.insert(link.runID).inserted else {
        add(.malformed, link.runID, "stands twice in \(RunChain.fileName)")
        continue
      }
      guard let record = found[link.runID] else {
        if index <= anchor, isAnyThere {
          add(
            .missing, link.runID,
            "was removed, and records before it are there: pruning takes the oldest first")
        } else if index <= anchor {
          removed += 1
        } else {
          add(.missing, link.runID, "was written, and its record isn't there")
        }
        continue
      }
      isAnyThere = true
      guard record.sha256 == link.sha256 else {
        let other = runOf[record.sha256].map { ": it is the record of \($0)" } ?? ""
        add(other.isEmpty ? .changed : .reordered, link.runID, "is not the record that was written\(other)")
        continue
      }
      let before = index > 0 ? links[index - 1].asPrevious : nil
      if link.isAdopted && record.previous != nil {
        if isAnyWritten { latecomers.append(link.runID) } else { isAnew = true }
      }
      if !link.isAdopted { isAnyWritten = true }
      if record.previous == before {
        if let before { vouched.insert(before.sha256) }
        intact += 1
      } else if link.isAdopted && (record.previous == nil || index == 0) {
        intact += 1
        // The chain was made anew from what lay there: what its first record names was there once.
        if let named = record.previous, !chain.anchors.contains(where: { $0.isOf(named) }) {
          add(
            .missing, named.runID,
            "is named by \(link.runID), the oldest record that is there, and was lost or removed together with "
              + "\(RunChain.fileName), whatever came before it, too")
        }
      } else if let before, record.previous?.runID == before.runID {
        add(
          .changed, before.runID,
          "is not the record that \(link.runID), written after it, names: \(RunChain.fileName) was changed with it"
        )
      } else {
        let named = record.previous.map { "\($0.runID)" } ?? "none"
        add(
          .reordered, link.runID,
          "names \(named) as the record before it, and the chain \(before?.runID ?? "none")")
      }
    }
    if let last = chain.anchors.last, removed > 0 {
      notes.append(
        "\(Count.text(removed, "record")) through \(last.runID) \(removed == 1 ? "was" : "were") removed on purpose"
          + (last.removedAt.map { ", the last of them at \($0.text)" } ?? ""))
    }
    let adopted = links.count { $0.isAdopted && found[$0.runID]?.previous == nil && found[$0.runID] != nil }
    if adopted > 0 {
      notes.append(
        "\(Count.text(adopted, "record")) \(adopted == 1 ? "was" : "were") there before the chain was begun: nothing "
          + "proves what \(adopted == 1 ? "it" : "they") held until then")
    }
    let missing = chain.anchors.flatMap(\.missing)
    if !missing.isEmpty {
      notes.append(
        "\(ChainVerification.named(missing)) \(missing.count == 1 ? "was" : "were") gone already when others were removed "
          + "on purpose: nothing says by whom")
    }
    for run in latecomers {
      notes.append(
        "\(run) was not noted when it was written, and taken into \(RunChain.fileName) by the run after it: its writer was "
          + "killed then, or somebody put it there")
    }
    if isAnew {
      notes.append(
        "\(RunChain.fileName) was lost, or its writer killed, and then completed from the records themselves")
    }
    return vouched
  }

  private mutating func compare(_ names: [String], _ links: [ChainLink], _ found: [String: Found]) {
    guard !links.isEmpty else { return }
    let known = Set(links.map(\.runID))
    for name in names where !known.contains(name) {
      let follows = found[name]?.previous == links.last?.asPrevious
      add(
        .inserted, name,
        follows
          ? "is not in \(RunChain.fileName), but names its last record: its writer was killed, or somebody put it there"
          : "is not in \(RunChain.fileName): nobody wrote it here")
    }
  }

  /// From the newest on: a record that isn't signed is vouched for by a signed one that names it.
  private mutating func verify(
    _ links: [ChainLink], _ found: [String: Found], _ vouched: Set<String>, in folder: String,
    _ allowed: String
  ) throws(Failure) {
    let isBad = Set(faults.compactMap(\.runID))
    let present = links.filter { found[$0.runID] != nil }
    let results = Monitor([Result<String?, Failure>?](repeating: nil, count: present.count))
    do {
      try Threads.forEach(below: present.count, on: Machine.cores) { index in
        let record = RunChain.record(of: present[index].runID, in: folder)
        let result: Result<String?, Failure>
        if Files.exists(RecordSignature.file(of: record)) {
          do throws(Failure) {
            result = .success(try RecordSignature.signer(of: record, allowed: allowed))
          } catch {
            guard error.code == "bad-signature" else { throw error }
            result = .failure(error)
          }
        } else {
          result = .success(nil)
        }
        results.withLock { $0[index] = result }
      }
    } catch {
      throw .wrapping(error)
    }
    var signed: Set<String> = []
    let places = Dictionary(links.enumerated().map { ($1.runID, $0) }) { first, _ in first }
    for (link, result) in zip(present, results.withLock { $0 }).reversed() {
      switch result {
      case .success(let name?)?:
        signers[link.runID] = name
        signed.insert(link.runID)
      case .failure(let failure)?:
        add(.badSignature, link.runID, "has a bad signature: \(failure.cause ?? failure.message)")
      case .success(nil)?, nil:
        let next = places[link.runID].flatMap { place in
          place + 1 < links.count ? links[place + 1] : nil
        }
        // The one behind it names its digest, is whole, and is signed or vouched for itself.
        if let next, signed.contains(next.runID), vouched.contains(link.sha256), !isBad.contains(next.runID) {
          signed.insert(link.runID)
        } else {
          add(.unsigned, link.runID, "is not signed, and no signed record vouches for it")
        }
      }
    }
  }

  /// The first few of many.
  private static func named(_ runs: [String]) -> String {
    let shown = runs.prefix(5).joined(separator: ", ")
    return runs.count > 5 ? "\(shown) and \(Count.text(runs.count - 5)) more" : shown
  }

  private mutating func add(_ kind: Fault.Kind, _ run: String, _ message: String) {
    faults.append(Fault(kind: kind, runID: run, message: message))
  }

  /// `{sound, intact, removed, head, faults[], notes[], signers{}}`.
  package var json: JSON {
    [
      "sound": .bool(isSound), "intact": .integer(Int64(intact)), "removed": .integer(Int64(removed)),
      "head": head.recordJSON,
      "faults": .array(
        faults.map { fault in
          [
            "code": .string(fault.kind.rawValue), "run_id": fault.runID.map(JSON.string) ?? .null,
            "message": .string(fault.message),
          ]
        }), "notes": .array(notes.map(JSON.string)), "signers": signers.recordJSON,
    ]
  }
}

extension Failure {
  static func noAllowedSigners(_ path: String) -> Failure {
    Failure(
      .usage, "no-allowed-signers", "there is no list of allowed signers at \(path)",
      hint: "One line a signer: NAME, a space, the public key; see ssh-keygen(1), ALLOWED SIGNERS.")
  }
}

internal import BSON
internal import Backups
internal import Configuration
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Replay
internal import Sandbox
internal import Witness

extension DrillRun {
  /// The folder in which exports lie unless they say where, in the run's report folder.
  var exportsFolder: String {
    let reports = (try? Files.realPath(options.reports)) ?? options.reports
    return Files.join(Files.join(reports, options.runID), "exports")
  }

  /// `export`.
  func export(_ action: ExportStep, _ step: Step) throws -> StepResult {
    guard let sandbox else { throw Failure.noSandbox() }
    let started = Clock.monotonic
    events(.phaseStarted("export", total: nil))
    var selected = try ExportSelection(action, try Catalogue(of: sandbox.pool))
    var entry = DrillRecord.Export()
    entry.step = step.id
    entry.gzip = action.isCompressed
    entry.moment = standing?.description
    if let changes = action.changes {
      let (changed, through) = try changed(changes, step, selected)
      entry.changedThrough = through.description
      entry.changes = changes.kinds.map(\.rawValue).sorted()
      selected.narrow(to: changed)
    }
    let name = action.folder ?? step.id
    let writer = try DumpWriter(
      name.hasPrefix("/") ? name : Files.join(exportsFolder, name), isCompressed: action.isCompressed)
    entry.path = writer.path
    for part in selected.parts {
      let written = try write(part, to: writer, sandbox)
      if let written { entry.collections.append(written) }
    }
    guard !entry.collections.isEmpty else { throw Failure.nothingToExport(step.id) }
    for (name, wanted) in action.expected.map({ ($0.name, $0.value) }) {
      let found = entry.collections.first { $0.namespace.utf8.elementsEqual(name.utf8) }?.documents ?? 0
      guard found != wanted else { continue }
      let failure =
        "\(Count.text(found, "document")) of \(name) instead of \(Count.text(wanted)): nothing was written"
      return StepResult(failure: failure, refusal: "export-unexpected")
    }
    try requireSomething(of: entry, action, step)
    try writer.finish()
    record.exports.append(entry)
    end(
      Phase(
        "export", seconds: Clock.monotonic - started, documents: entry.documents, bytes: entry.bytes))
    return StepResult()
  }

  /// A dump without a document restores to nothing, and looks like any other. Throws where a filter matched nothing, or
  /// nothing was changed; what `expect` says may be none is none.
  private func requireSomething(
    of entry: DrillRecord.Export, _ action: ExportStep, _ step: Step
  ) throws(Failure) {
    func documents(_ name: String) -> Int {
      entry.collections.first { $0.namespace.utf8.elementsEqual(name.utf8) }?.documents ?? 0
    }
    func mayBeNone(_ name: String) -> Bool {
      action.expected.contains { $0.name.utf8.elementsEqual(name.utf8) && $0.value == 0 }
    }
    for filter in action.filters where documents(filter.name) == 0 && !mayBeNone(filter.name) {
      throw .noMatchToExport(step.id, filter.name)
    }
    // What was dropped is written whole, with its options and indexes, though it was empty.
    let isOnlyLater =
      action.changes != nil && entry.documents == 0 && !entry.collections.contains(where: \.whole)
      && !entry.collections.contains { mayBeNone($0.namespace) }
    if isOnlyLater { throw .nothingToExport(step.id) }
  }

  /// What the oplog changes after the moment at which the sandbox stands.
  private func changed(
    _ changes: ExportStep.Changes, _ step: Step, _ selected: ExportSelection
  ) throws -> (ChangedDocuments, Timestamp) {
    guard let backup, let target = plans?.exports[step.id], let id = plans?.exportOf[step.id],
      let plan = recoveries[id]?.reached
    else { throw Failure.noMoment(step.id, at: changes.place) }
    guard target.target.through >= plan.replay.through else {
      throw Failure.changesBeforeMoment(step.id, plan.replay.through, at: changes.place)
    }
    let changed = try ChangedDocuments(
      since: plan, through: target, of: backup, kinds: changes.kinds,
      wanted: { name in selected.parts.contains { $0.facts.namespace == name } })
    return (changed, target.target.through)
  }

  /// Writes one collection; nil when only what was changed is wanted, and nothing of it was.
  private func write(
    _ part: ExportSelection.Part, to writer: DumpWriter, _ sandbox: Sandbox
  ) throws -> DrillRecord.ExportedCollection? {
    if part.isUnchanged { return nil }
    var entry = DrillRecord.ExportedCollection()
    entry.namespace = part.facts.namespace.description
    entry.indexes = part.facts.indexes.count { !$0.isIDIndex }
    entry.whole = part.filter == nil && part.changed.map(\.isGone) ?? true
    guard let file = try writer.begin(part.facts) else { return entry }
    let place = part.facts.stored
    var find: Document = ["find": .string(place.collection)]
    if let filter = part.filter { find = find.setting("filter", to: .document(filter)) }
    var scratch: [UInt8] = []
    var read = 0
    try unsafe sandbox.pool.scan(find, on: place.database) { bytes in
      read += 1
      if read.isMultiple(of: 4096) { try checkStops() }
      if let changed = part.changed {
        guard let document = unsafe RawDocument(validated: bytes), changed.holds(document, &scratch) else {
          return true
        }
      }
      try unsafe file.append(bytes)
      return true
    }
    entry.documents = file.documents
    entry.bytes = file.bytes
    entry.sha256 = try file.finish()
    entry.fileBytes = file.fileBytes
    entry.file = writer.place(of: file)
    if part.filter == nil, let changed = part.changed, !changed.isGone {
      entry.later = changed.ids.count - file.documents
    }
    return entry
  }
}

/// What an export takes of the sandbox.
struct ExportSelection {
  /// One collection.
  struct Part {
    var facts: CollectionFacts
    /// Only what matches; nil for all.
    var filter: Document?
    /// Only what was changed; nil for all.
    var changed: ChangedDocuments.Collection?
    /// Whether only what was changed is wanted, and nothing was.
    var isUnchanged = false
  }

  private(set) var parts: [Part] = []

  /// Throws `Failure` when a name matches nothing, or a filter is for what has no documents of its own.
  init(_ step: ExportStep, _ catalogue: Catalogue) throws(Failure) {
    let patterns = step.include.map { ($0, NamespacePattern($0)) }
    for facts in catalogue.sorted
    where patterns.isEmpty || patterns.contains(where: { $0.1.matches(facts.namespace) }) {
      parts.append(Part(facts: facts))
    }
    for (text, pattern) in patterns where !parts.contains(where: { pattern.matches($0.facts.namespace) }) {
      throw .noSuchCollection(text)
    }
    for named in step.filters {
      guard let at = parts.firstIndex(where: { $0.facts.namespace == Namespace(named.name) }) else {
        throw .noSuchCollection(named.name)
      }
      guard parts[at].facts.kind == .collection else { throw .noFilterHere(named.name) }
      parts[at].filter = named.value
    }
  }

  /// Leaves out what wasn't changed; views have nothing that could be.
  mutating func narrow(to changed: ChangedDocuments) {
    for at in parts.indices {
      parts[at].changed = changed.collections[parts[at].facts.stored]
      parts[at].isUnchanged = parts[at].changed == nil || parts[at].facts.kind == .view
    }
  }
}

extension Failure {
  static func noSuchCollection(_ name: String) -> Failure {
    Failure(
      .incomplete, "export-not-there", "the sandbox holds no \(name) to export",
      hint: "Collections are meant by their names in the sandbox; users and roles can't be exported.")
  }

  static func noFilterHere(_ name: String) -> Failure {
    Failure(
      .incomplete, "export-filter", "\(name) can't be filtered: it is a view or a time series",
      hint: "Export it whole, by `include`.")
  }

  static func nothingToExport(_ step: String) -> Failure {
    Failure(
      .incomplete, "nothing-to-export",
      "step \(step) has nothing to export: no document was deleted or changed in what it asks for",
      hint: "mongodrill find lists what the oplog holds, and when.")
  }

  static func noMatchToExport(_ step: String, _ name: String) -> Failure {
    Failure(
      .incomplete, "export-no-match", "step \(step): no document of \(name) matches its `where`",
      hint: "Look at the filter's types and names; where none is right, say so: expect: {\(name): 0}.")
  }

  static func noMoment(_ step: String, at place: Place) -> Failure {
    .invalid(
      "changes-without-moment",
      "step `\(step)` asks what was changed after a moment, and none was replayed to",
      at: place, hint: "Put a `restore` and a `replay` step before it.")
  }

  static func changesBeforeMoment(_ step: String, _ moment: Timestamp, at place: Place) -> Failure {
    .invalid(
      "changes-before-moment",
      "step `\(step)` asks for changes up to before \(moment), at which the sandbox stands", at: place,
      hint: "Give a later target to `changed_by`, or replay to an earlier one.")
  }
}

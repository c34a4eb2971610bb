internal import Platform
internal import Record

extension Event {
  /// The event as one object: `event` names it, `time` says when; `seconds_left` stands in progress where it is known.
  func json(secondsLeft: Double?) -> JSON {
    var members: [JSON.Member] = [
      JSON.Member("event", .string(name)), JSON.Member("time", .string(WallTime.now.textWithMilliseconds)),
    ]
    if case .object(let details) = details { members += details }
    if let secondsLeft {
      members.append(JSON.Member("seconds_left", .double((secondsLeft * 10).rounded() / 10)))
    }
    return .object(members)
  }

  private var name: String {
    switch self {
    case .phaseStarted: "phase-started"
    case .progress: "progress"
    case .collectionDone: "collection-done"
    case .phaseEnded: "phase-ended"
    case .checked: "checked"
    case .note: "note"
    case .warning: "warning"
    }
  }

  private var details: JSON {
    switch self {
    case .phaseStarted(let phase, let total):
      .record(["phase": .string(phase), "total": total?.json])
    case .progress(let progress):
      .record([
        "phase": .string(progress.phase), "done": progress.done.json, "total": progress.total?.json,
        "current": .array(progress.current.map(JSON.string)),
        "collections": .array(
          progress.parts.map { part in
            .record([
              "namespace": .string(part.name), "done": part.done.json, "total": part.total?.json,
              "seconds": .double(part.seconds),
            ])
          }),
      ])
    case .collectionDone(let phase, let namespace, let amount, let seconds):
      .record([
        "phase": .string(phase), "namespace": .string(namespace), "done": amount.json,
        "seconds": .double(seconds),
      ])
    case .phaseEnded(let phase):
      .record([
        "phase": .string(phase.name), "seconds": .double(phase.seconds),
        "documents": phase.documents.map { .integer(Int64($0)) },
        "bytes": phase.bytes.map { .integer(Int64($0)) },
      ])
    case .checked(let outcome): .record(["check": outcome.recordJSON])
    case .note(let text), .warning(let text): .record(["message": .string(text)])
    }
  }
}

extension Amount {
  var json: JSON { ["documents": .integer(Int64(documents)), "bytes": .integer(Int64(bytes))] }
}

internal import BSON
internal import Backups
internal import Platform
internal import Record

/// What `verify` can say of a physical copy without a server.
struct PhysicalReport {
  private let copy: PhysicalCopy
  private let tar: CopyTar?

  /// Looks at the files of a folder; reads all of a tar.
  init(reading source: CopySource, _ session: Session) throws {
    switch source {
    case .folder(let copy):
      self.copy = copy
      tar = nil
    case .tar(let tar):
      session.events(.phaseStarted("read", total: nil))
      let (copy, seconds) = try Clock.measure { try tar.read() }
      session.events(.phaseEnded(Phase("read", seconds: seconds, bytes: copy.bytes)))
      self.copy = copy
      self.tar = tar
    }
  }

  /// Writes it; returns the exit status.
  func tell(_ session: Session) -> Int32 {
    session.result(text: text(color: session.console.resultHasColor), json: json)
    return (copy.damage.isEmpty ? ExitCode.pass : .damagedBackup).status
  }

  private var state: String {
    switch copy.wasShutDown {
    case true?: "its node had been shut down"
    case false?: "its node was running"
    case nil: "it doesn't say whether its node was running"
    }
  }

  private func text(color: Bool) -> String {
    var words = PhysicalCopy.form
    if let version = copy.engineVersion { words += ", WiredTiger \(version)" }
    var text = "\(copy.path.visible): \(words)\n\n"
    if let tar {
      let place = copy.root.isEmpty ? "" : ", in its folder \(copy.root)"
      text += "a tar of \(ByteSize.format(tar.bytes))\(place.visible), read to its end\n"
    }
    if let end = copy.end { text += "its last oplog entry is \(end), says restoreInfo.txt\n" }
    text += "\(Count.text(copy.files.count, "file")), \(ByteSize.format(copy.bytes)); \(state)\n\n"
    guard !copy.damage.isEmpty else {
      return text + Style.green.paint("All files that every copy has are there.", if: color)
        + "\nWhat they hold is not proven: only a mongod can read it (mongodrill run).\n"
    }
    let count = Count.text(copy.damage.count, "fault")
    text += Style.red.paint("The copy is damaged: \(count).", if: color) + "\n"
    for fault in copy.damage {
      text += "  \(fault.description.visible)\n"
      if let hint = fault.hint { text += "    HINT: \(hint.visible)\n" }
    }
    return text
  }

  private var json: JSON {
    .record([
      "path": .string(copy.path), "form": .string(PhysicalCopy.form), "whole": .bool(copy.damage.isEmpty),
      "content_verified": .bool(false), "engine": copy.engine.map(JSON.string),
      "engine_version": copy.engineVersion.map(JSON.string),
      "shut_down": .some(copy.wasShutDown.map(JSON.bool) ?? .null),
      "tar_bytes": (tar?.bytes).map { .integer(Int64($0)) },
      "last_entry": (copy.end?.description).map(JSON.string),
      "files": .integer(Int64(copy.files.count)),
      "file_bytes": .integer(Int64(copy.bytes)), "damage": .array(copy.damage.map(\.json)),
    ])
  }
}

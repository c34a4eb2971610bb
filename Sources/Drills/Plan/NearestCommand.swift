internal import BSON
internal import Backups
internal import Platform
internal import Replay

/// The mongorestore call that comes nearest to what a scenario restores, for comparison, and what it can't do.
struct NearestCommand: Sendable {
  /// For a shell, its words quoted.
  let text: String
  /// Where it does less, or something else.
  let differences: [String]

  /// Nil where the tools have nothing like it.
  init?(_ backup: any LogicalBackup, _ step: RestoreStep, to target: ResolvedTarget?, hasSlices: Bool) {
    var words = ["mongorestore"]
    var differences: [String] = []
    switch backup.form {
    case .pbmSnapshot, .physicalCopy: return nil
    case .archive: words.append(backup.path == "-" ? "--archive" : "--archive=\(backup.path)")
    case .collectionFile, .databaseDirectory, .dumpDirectory: words.append("--dir=\(backup.path)")
    }
    if backup.origin.isCompressed { words.append("--gzip") }
    words += step.include.map { "--nsInclude=\($0)" } + step.exclude.map { "--nsExclude=\($0)" }
    for rename in step.rename { words += ["--nsFrom=\(rename.from)", "--nsTo=\(rename.to)"] }
    if !step.indexes { words.append("--noIndexRestore") }
    if let target {
      words.append("--oplogReplay")
      // The limit itself is left out.
      let through = target.through
      let limit =
        through.increment == .max
        ? Timestamp(seconds: through.seconds &+ 1, increment: 0)
        : Timestamp(seconds: through.seconds, increment: through.increment + 1)
      words.append("--oplogLimit=\(limit)")
      if hasSlices {
        words.append("--oplogFile=SLICES.bson")
        differences.append("it reads one file: the slices joined, without what they repeat")
      }
      if !step.include.isEmpty || !step.exclude.isEmpty || !step.rename.isEmpty {
        differences.append("it refuses --oplogReplay together with a selection or new names")
      }
    }
    differences.append(
      "it checks nothing afterwards, and ends with 0 where documents were refused as duplicates")
    text = words.map(NearestCommand.quoted).joined(separator: " ")
    self.differences = differences
  }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_=./:,@%+".utf8.contains(byte)
    }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}

internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Replay

/// The mongorestore call that comes nearest to what a scenario restores, for comparison, and what it can't do.
struct NearestCommand: Sendable {
  /// For a shell, its words quoted.
  let text: String
  /// Where it does less, or something else.
  let differences: [String]

  /// Nil where the tools have nothing like it. `command`: what writes the backup, where that is a command.
  init?(
    _ backup: any LogicalBackup, writtenBy command: [String]?, _ step: RestoreStep,
    to target: ResolvedTarget?,
    hasSlices: Bool
  ) {
    var words = ["mongorestore"]
    var differences: [String] = []
    var pipe = command.map { $0.map(ShellWord.quoted).joined(separator: " ") + " | " } ?? ""
    guard let compression = FileCompression(of: backup, isStream: command != nil) else { return nil }
    switch backup.form {
    case .pbmSnapshot, .physicalCopy: return nil
    case .archive:
      if case .other(let name) = compression {
        // What the tools can't decompress comes to them through a pipe.
        guard let program = ["zstd": "zstd", "lz4": "lz4"][name] else { return nil }
        pipe = "\(program) -dc \(ShellWord.quoted(backup.path)) | "
      }
      words.append(backup.path == "-" || !pipe.isEmpty ? "--archive" : "--archive=\(backup.path)")
    case .databaseDirectory:
      // Without the name it takes the folder's files for what lies beside databases, and restores none of them.
      guard let database = backup.collections.first?.facts.namespace.database else { return nil }
      words += ["--db=\(database)", "--dir=\(backup.path)"]
      if !step.include.isEmpty {
        differences.append("with --db it follows no --nsInclude: it restores all of the folder")
      }
    case .collectionFile, .dumpDirectory: words.append("--dir=\(backup.path)")
    }
    if case .other = compression, backup.form != .archive { return nil }
    if compression == .gzip { words.append("--gzip") }
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
    text = pipe + words.map(ShellWord.quoted).joined(separator: " ")
    self.differences = differences
  }
}

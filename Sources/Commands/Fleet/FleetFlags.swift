internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Record
internal import Sandbox

/// Arguments and options of the commands that work with a fleet.
enum FleetFlags {
  static let fleet = Positional.one("FLEET", help: "A fleet file: the systems, and how each is drilled.")
  static let records = Option.value(
    "--records", placeholder: "PLACE", kind: .path,
    help: "What all tasks share: a folder, or rclone:REMOTE:PATH; wins over the file's.")
  static let round = Option.value(
    "--round", placeholder: "ID", kind: .text,
    default: "MONGODRILL_ROUND, then what the engine says, then today's date",
    help: "Which round it is: letters, digits, dots, hyphens and underscores.")

  /// Reads the fleet's file. Throws all that is wrong with it.
  static func load(_ values: Values) throws(Failures) -> Fleet {
    var fleet: Fleet
    do throws(InvalidFleet) { fleet = try Fleet(file: values[self.fleet]) } catch {
      throw Failures(all: error.failures)
    }
    if let records = values[records] { fleet.records = RecordsPlace(records) }
    return fleet
  }

  /// The code of a failure to make `scratch`.
  static let noScratch = "no-scratch-folder"

  /// A folder of this process alone that goes when it ends.
  static func scratch() throws(Failure) -> String {
    let parent = Environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let real = Files.isDirectory(parent) ? try Files.realPath(parent) : "/tmp"
    do throws(Failure) {
      return try OwnedFolder.untilEnd(in: real)
    } catch {
      throw Failure(
        .incomplete, noScratch, "there is no room for what is fetched and linked, in \(real)",
        hint: "Make room there, or name another folder with TMPDIR.", cause: error.cause ?? error.message)
    }
  }

  /// What made a record.
  static var tool: DrillRecord.Tool {
    var tool = DrillRecord.Tool()
    tool.version = Version.text
    return tool
  }
}

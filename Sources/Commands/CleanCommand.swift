internal import Arguments
internal import Platform
internal import Record
internal import Sandbox

/// `mongodrill clean`.
enum CleanCommand: Command {
  static let dryRun = Option.flag("-n", "--dry-run", help: "Only says what would be removed.")
  static let kept = Option.flag("--kept", help: "Removes sandboxes, too, that were kept on purpose (--keep).")

  static let syntax = CommandSyntax(
    name: "clean", summary: "removes what drills left behind that were killed",
    description: [
      "A drill removes its sandbox whatever its end; a power cut, or a container that is killed as a whole, can "
        + "leave files. They are found in the folder of sandboxes and in those of sockets; only folders of yours "
        + "whose owner is gone are removed."
    ],
    options: [OptionGroup("Options", [dryRun, kept, SandboxFlags.directory])],
    examples: [
      Example("mongodrill clean --dry-run", "What there is."),
      Example("mongodrill clean --kept", "Everything that no drill uses."),
    ],
    exits: .codes([
      .pass: "Nothing that should go is left.", .cleanupFailed: "Something could not be removed.",
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let isDry = values[dryRun]
    let includingKept = values[kept]
    var text = ""
    var removed: [JSON] = []
    var left: [JSON] = []
    var failures: [Failure] = []
    for folder in Leftovers.find(in: values[SandboxFlags.directory].map { [$0] }) {
      let goes = folder.state == .abandoned || folder.state == .kept && includingKept
      var isRemoved = false
      if goes, !isDry {
        do { isRemoved = try Leftovers.remove(folder, includingKept: includingKept) } catch {
          failures.append(error)
        }
      }
      let word = isRemoved ? "removed" : goes && isDry ? "would remove" : "left"
      text += "\(word): \(folder.line)\n"
      if isRemoved { removed.append(folder.json) } else { left.append(folder.json) }
    }
    session.result(
      text: text.isEmpty ? "Nothing was left behind.\n" : text,
      json: ["removed": .array(removed), "left": .array(left), "problems": .array(failures.map(\.json))])
    for failure in failures { session.log(failure) }
    return (failures.isEmpty ? ExitCode.pass : .cleanupFailed).status
  }
}

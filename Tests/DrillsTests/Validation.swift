import Drills
import Platform
import Record
import Reports
import Testing

/// The repository.
private let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))

/// What the validator says of a file: nothing when it is valid.
func validate(_ file: String, schema: String) throws -> String {
  try Validator.shared.get().mistakes(["--schemafile", schema, file])
}

/// What it says of a schema: nothing when it is one.
private func validate(schema: String) throws -> String {
  try Validator.shared.get().mistakes(["--check-metaschema", schema])
}

/// A record is what the schema in the repository says, and comes back the same.
func expectValid(_ record: DrillRecord) throws {
  let folder = try TemporaryFolder()
  let file = Files.join(folder.path, "report.json")
  let text = Renderer.json.draw(record)
  try Files.writeAtomically(text.utf8, to: file)
  let mistakes = try validate(file, schema: Files.join(repository, "docs/report.schema.json"))
  #expect(mistakes == "", "\(mistakes)")
  #expect(try DrillRecord(reportAt: file, Array(text.utf8)) == record)
}

@Suite("The schemas")
struct SchemaTests {
  @Test("of the report is itself a valid schema, and refuses what is no report")
  func report() throws {
    let folder = try TemporaryFolder()
    let schema = Files.join(repository, "docs/report.schema.json")
    #expect(try validate(schema: schema) == "")
    let file = Files.join(folder.path, "report.json")
    for text in ["{}", Renderer.json.draw(DrillRecord()).replacing("\"verdict\"", with: "\"verdikt\"")] {
      try Files.writeAtomically(text.utf8, to: file)
      #expect(try validate(file, schema: schema) != "")
    }
  }

  private static func writeScenarioSchema(in folder: TemporaryFolder) throws -> String {
    let schema = Files.join(folder.path, "scenario.schema.json")
    try Files.writeAtomically(scenarioSchema.text(pretty: true).utf8, to: schema)
    return schema
  }

  @Test("of a scenario is itself a valid schema")
  func scenarioSchemaIsOne() throws {
    let folder = try TemporaryFolder()
    #expect(try validate(schema: Self.writeScenarioSchema(in: folder)) == "")
    withExtendedLifetime(folder) {}
  }

  @Test(
    "of a scenario accepts what the reader accepts, and refuses what it refuses",
    arguments: [
      (wholeScenario, true), ("version: 1\nbackup: {path: b}\n", true), ("version: 1\n", false),
      ("version: 1\nbackup: {from: b, pick: for_target}\n", true), ("version: 1\nbackup: {from: b}\n", false),
      ("version: 1\nbackup: {command: [cat, b]}\n", true), ("version: 1\nbackup: {command: cat b}\n", false),
      ("version: 1\nbackup: {path: b}\ntitel: x\n", false),
      ("version: 1\nbackup: {path: b}\nsteps: [{id: a}]\n", false),
      ("version: 1\nbackup: {path: b}\nsteps: [{restore: {}, check: []}]\n", false),
      ("version: 1\nbackup: {path: b}\nstop_conditions: [{disk_free: 5GB}]\n", false),
    ])
  func scenario(text: String, isValid: Bool) throws {
    let folder = try TemporaryFolder()
    let schema = try Self.writeScenarioSchema(in: folder)
    let file = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(text.utf8, to: file)
    #expect(try validate(file, schema: schema).isEmpty == isValid)
  }
}

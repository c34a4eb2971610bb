import Arguments
import Commands
import Testing

@Suite("The table of commands")
struct ProgramTests {
  private static var commands: [CommandSyntax] { Program.syntax.commands }

  @Test("holds each name once, in lower case")
  func names() {
    let names = ProgramTests.commands.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0 == $0.lowercased() })
  }

  @Test("never gives two options of a command one name")
  func options() {
    for command in ProgramTests.commands {
      let all = (command.options + [Program.syntax.options]).flatMap(\.options).flatMap(\.syntax.names)
      #expect(Set(all).count == all.count, "\(command.name)")
    }
  }

  @Test("explains everything as sentences, with an example that parses and exit codes in order")
  func help() throws {
    for command in ProgramTests.commands {
      for option in command.options.flatMap(\.options) {
        #expect(option.syntax.help.hasSuffix("."), "\(command.name) \(option.syntax.name)")
      }
      #expect(command.description.allSatisfy { $0.hasSuffix(".") }, "\(command.name)")
      #expect(!command.examples.isEmpty && !command.exits.isEmpty, "\(command.name)")
      let codes = command.exits.compactMap { Int($0.code) }
      #expect(codes == codes.sorted(), "\(command.name)")
      for example in command.examples {
        #expect(example.line.contains("mongodrill \(command.name)"), "\(command.name)")
      }
    }
  }

  @Test("says of every option that takes a path that it does, so that shells complete it")
  func paths() {
    for command in ProgramTests.commands {
      for option in command.options.flatMap(\.options).map(\.syntax)
      where ["PATH", "FILE", "DIR"].contains(option.placeholder) {
        #expect(option.completion != .nothing, "\(command.name) \(option.name)")
      }
    }
  }
}

package import Configuration
internal import Platform
internal import Record

/// `approve`: a person has to say that the drill may go on.
package struct ApproveStep: StepKind {
  package static let name = "approve"
  package static let summary =
    "Asks a person whether to go on. Without a terminal the answer has to be given on the command line, "
    + "--approve ID=NAME, or the step fails at once. The time that a person takes is counted apart."
  package static let abortsOnFailure = true

  /// What is asked.
  package var question: String
  /// Who should be asked.
  package var role: String?

  private static let questionKey = Key(required: "question", .string, "What the person is asked.")
  private static let roleKey = Key("role", .string, "Who should answer, such as `incident commander`.")

  package static let shape = Shape<ApproveStep>.scalar(
    Shape.string.map("a question") { question, _, _ in ApproveStep(question: question, role: nil) },
    orMapping: .record("approve", [questionKey, roleKey]) { fields in
      ApproveStep(question: fields[questionKey], role: fields[roleKey])
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult {
    if let name = run.options.approvals[step.id] {
      return StepResult(person: StepResult.Person(name: name, seconds: 0))
    }
    guard let ask = run.options.ask else { throw Failure.nobodyToAsk(step.id) }
    let start = Clock.monotonic
    let who = role.map { " (\($0))" } ?? ""
    defer { run.waits.append((start, Clock.monotonic - start)) }
    let answer = try ask("\(question)\(who) Your name to approve, nothing to refuse: ")
    let seconds = Clock.monotonic - start
    let name = answer.map { String($0.drop { $0 == " " }) } ?? ""
    return StepResult(
      failure: name.isEmpty ? "it was not approved" : nil,
      person: StepResult.Person(name: name.isEmpty ? nil : name, seconds: seconds),
      refusal: name.isEmpty ? "not-approved" : nil)
  }
}

extension Failure {
  static func nobodyToAsk(_ id: String) -> Failure {
    Failure(
      .incomplete, "nobody-to-ask",
      "step \(id) needs a person's approval, and there is no terminal to ask on",
      hint: "Give it beforehand: --approve \(id)=NAME.")
  }
}

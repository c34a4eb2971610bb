internal import Platform
internal import Record

extension Scenario {
  /// The passwords and tokens that it holds: by the names of parameters and of variables, and in addresses.
  var secrets: Secrets { Secrets(of: Scenario.secretPairs(in: resolved)) }

  /// What may be secret in a file that was read, with its name where that counts.
  static func secretPairs(in resolved: JSON) -> [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    collect(resolved, named: false, into: &pairs)
    return pairs
  }

  /// Members of `parameters` and `env` by their names; of all else only addresses count.
  private static func collect(
    _ json: JSON, named: Bool, into pairs: inout [(key: String, value: String)]
  ) {
    switch json {
    case .object(let members):
      for member in members {
        if case .string(let text) = member.value { pairs.append((named ? member.key : "", text)) }
        collect(member.value, named: ["parameters", "env"].contains(member.key), into: &pairs)
      }
    case .array(let elements):
      for element in elements {
        if case .string(let text) = element { pairs.append(("", text)) }
        collect(element, named: false, into: &pairs)
      }
    default: break
    }
  }
}

extension JSON {
  /// With each text that holds secrets masked, and those that are secret by their names whole, however short.
  func masked(by secrets: Secrets, named: Bool = false) -> JSON {
    switch self {
    case .string(let text): return .string(secrets.masked(text))
    case .array(let elements): return .array(elements.map { $0.masked(by: secrets) })
    case .object(let members):
      return .object(
        members.map { member in
          if named, Secrets.isSecret(member.key) { return Member(member.key, "***") }
          let isNamed = ["parameters", "env"].contains(member.key)
          return Member(member.key, member.value.masked(by: secrets, named: isNamed))
        })
    default: return self
    }
  }
}

extension Outcome {
  /// With the secrets taken out of all that a check says: a program may show what it was given.
  func masked(by secrets: Secrets) -> Outcome {
    var outcome = self
    outcome.name = secrets.masked(name)
    outcome.message = secrets.masked(message)
    outcome.measured = measured.masked(by: secrets)
    outcome.expected = expected.map(secrets.masked)
    outcome.observed = observed.map(secrets.masked)
    outcome.samples = samples.map(secrets.masked)
    outcome.query = query.map(secrets.masked)
    return outcome
  }
}

extension Secrets {
  /// The same sink, which is told of answers, notes and warnings without secrets.
  func masking(_ events: @escaping EventSink) -> EventSink {
    { event in
      switch event {
      case .checked(let outcome): events(.checked(outcome.masked(by: self)))
      case .note(let text): events(.note(masked(text)))
      case .warning(let text): events(.warning(masked(text)))
      case .phaseStarted, .progress, .collectionDone, .phaseEnded: events(event)
      }
    }
  }
}

extension DrillRecord {
  /// Takes secrets out of what commands, checks and failures said.
  mutating func mask(_ secrets: Secrets) {
    func mask(_ step: inout Step) {
      step.message = step.message.map(secrets.masked)
      step.output = step.output.map(secrets.masked)
    }
    for at in steps.indices { mask(&steps[at]) }
    for at in rollbacks.indices { mask(&rollbacks[at]) }
    checks = checks.map { $0.masked(by: secrets) }
    for at in reasons.indices { reasons[at].message = secrets.masked(reasons[at].message) }
    for at in notVerified.indices { notVerified[at].message = secrets.masked(notVerified[at].message) }
    for at in backup.notes.indices { backup.notes[at] = secrets.masked(backup.notes[at]) }
  }
}

internal import Platform
internal import Record

extension Scenario {
  /// The passwords and tokens that it holds: by the names of parameters and of variables, and in addresses.
  var secrets: Secrets {
    var pairs: [(key: String, value: String)] = []
    Scenario.collect(resolved, named: false, into: &pairs)
    return Secrets(of: pairs)
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

extension DrillRun {
  /// Takes the scenario's secrets out of what commands and failures said.
  func maskSecrets() {
    let secrets = scenario.secrets
    func mask(_ step: inout DrillRecord.Step) {
      step.message = step.message.map(secrets.masked)
      step.output = step.output.map(secrets.masked)
    }
    for at in record.steps.indices { mask(&record.steps[at]) }
    for at in record.rollbacks.indices { mask(&record.rollbacks[at]) }
    for at in record.reasons.indices {
      record.reasons[at].message = secrets.masked(record.reasons[at].message)
    }
    for at in record.notVerified.indices {
      record.notVerified[at].message = secrets.masked(record.notVerified[at].message)
    }
  }
}

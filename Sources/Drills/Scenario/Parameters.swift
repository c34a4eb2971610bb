internal import BSON
package import Configuration
package import Platform

/// A value that a scenario leaves open: `${name}` in it stands for the parameter.
package struct Parameter: Sendable {
  /// What its value has to look like.
  package enum Kind: String, Sendable, CaseIterable {
    case string
    case integer
    case number
    case boolean
    case timestamp
    case duration
    case size
  }

  package var name: String
  package var kind: Kind
  /// Used when none is given; nil: one has to be given.
  package var fallback: Node.Scalar?
  package var description: String?
  /// Where it is declared.
  package var place: Place
}

enum Parameters {
  private static let type = Key(
    "type", Shape<Parameter.Kind>.choice(), default: "string", "What its value has to look like.")
  private static let fallback = Key(
    "default", .node("a value", schema: ["type": ["string", "number", "boolean"]]),
    "Its value when none is given with --param; without it, one has to be given.")
  private static let description = Key("description", .string, "What it is for.")
  private static let keys: [any DeclaredKey] = [type, fallback, description]

  static let shape = Shape<[Named<Parameter>]>.entries(
    of: .record("parameter", keys) { fields in
      let scalar = fields[fallback]?.scalar
      if fields.isGiven(fallback), scalar == nil || scalar.map({ !fields[type].accepts($0) }) == true {
        fields.reject(fallback, "expected \(fields[type].form)")
        return nil
      }
      return Parameter(
        name: "", kind: fields[type], fallback: scalar, description: fields[description],
        place: fields.node.place)
    })

  /// The values that hold: what was given, else the defaults. Reports those that are missing, unknown or wrong;
  /// `file` is for the places of the latter.
  static func values(
    of declared: [Parameter], given: [String: String], file: String, _ diagnostics: Diagnostics
  ) -> [String: Node.Scalar] {
    var values: [String: Node.Scalar] = [:]
    for parameter in declared {
      if let text = given[parameter.name] {
        let scalar = Node.Scalar(text, isPlain: parameter.kind != .string)
        if !parameter.kind.accepts(scalar) {
          diagnostics.report(.wrongParameter(parameter, text))
        }
        values[parameter.name] = scalar
      } else if let fallback = parameter.fallback {
        values[parameter.name] = fallback
      } else {
        diagnostics.report(.missingParameter(parameter))
      }
    }
    let known = declared.map(\.name)
    for name in given.keys.sorted() where !known.contains(name) {
      diagnostics.report(.unknown("parameter", name, known: known, at: Place(file)))
    }
    return values
  }
}

extension Parameter.Kind {
  /// For messages.
  var form: String {
    switch self {
    case .string: "a string"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .timestamp: "a timestamp such as 1795258580:1 or 2026-11-21T13:04:49Z"
    case .duration: "a duration such as 30m"
    case .size: "a size such as 10GB"
    }
  }

  func accepts(_ scalar: Node.Scalar) -> Bool {
    let text = scalar.text
    let value = Node.Scalar(text, isPlain: true).coreValue
    switch self {
    case .string: return scalar.coreValue != .null
    case .integer: if case .integer = value { return true } else { return false }
    case .number:
      switch value {
      case .integer, .float: return true
      default: return false
      }
    case .boolean: if case .bool = value { return true } else { return false }
    case .timestamp:
      return Timestamp(text) != nil || WallTime(rfc3339: text) != nil || UInt32(text) != nil
    case .duration: return TimeSpan.parse(text) != nil
    case .size: return ByteSize.parse(text) != nil
    }
  }
}

extension Failure {
  static func wrongParameter(_ parameter: Parameter, _ text: String) -> Failure {
    .invalid(
      "wrong-parameter", "parameter `\(parameter.name)`: expected \(parameter.kind.form), found \"\(text)\"",
      at: parameter.place)
  }

  static func missingParameter(_ parameter: Parameter) -> Failure {
    .invalid(
      "missing-parameter", "parameter `\(parameter.name)` has no value", at: parameter.place,
      hint: "Give it with --param \(parameter.name)=…, or give it a default.")
  }
}

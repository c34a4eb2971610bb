internal import Configuration
package import Platform

extension Suite {
  /// The JSON Schema of the `checks:` of a scenario.
  package static var schema: JSON {
    let list: JSON = ["type": "array", "items": itemSchema]
    let subjects: JSON = [
      "type": "object", "description": "Lists of checks by collection, database or `*`.",
      "additionalProperties": list,
    ]
    return ["type": "object", "description": "Suites of checks by name.", "additionalProperties": subjects]
  }

  /// The JSON Schema of one check.
  package static var itemSchema: JSON {
    let declarations = CheckKinds.all.map { $0.declaration }
    let bare = declarations.filter { !$0.keys.contains { $0.spec.isRequired } }.map { JSON.string($0.kind) }
    guard case .object(let common) = KeySpec.properties(of: CommonKeys.keys) else { return false }
    let kinds = declarations.map { JSON.Member($0.kind, schema(of: $0)) }
    let item: JSON = [
      "type": "object", "properties": .object(kinds + common), "additionalProperties": false,
      "oneOf": .array(declarations.map { ["required": [.string($0.kind)]] }),
    ]
    return ["anyOf": [["enum": .array(bare)], item]]
  }

  private static func schema(of declaration: CheckDeclaration) -> JSON {
    let keys = KeySpec.schema(of: declaration.keys)
    let isBare = !declaration.keys.contains { $0.spec.isRequired }
    return [
      "description": .string(declaration.summary),
      "anyOf": isBare ? [keys, ["type": "null"]] : [keys],
    ]
  }
}

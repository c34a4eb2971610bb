import Platform

extension JSON {
  var list: [JSON]? { if case .array(let values) = self { values } else { nil } }
  var text: String? { if case .string(let value) = self { value } else { nil } }
}

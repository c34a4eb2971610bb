import Platform

extension JSON {
  var list: [JSON]? { if case .array(let values) = self { values } else { nil } }
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
  var text: String? { if case .string(let value) = self { value } else { nil } }
}

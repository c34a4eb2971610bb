package import Platform

extension JSON {
  /// Every number in it by its path, `checks[0].seconds`: of an array those of the first element.
  package var numbers: [(path: String, json: JSON)] {
    var found: [(String, JSON)] = []
    _ = eachNumber("") { path, number in
      found.append((path, number))
      return number
    }
    return found
  }

  /// The same with another value at a path of `numbers`.
  package func replacing(_ path: String, with value: JSON) -> JSON {
    eachNumber("") { one, number in one.utf8.elementsEqual(path.utf8) ? value : number }
  }

  private func eachNumber(_ path: String, _ change: (String, JSON) -> JSON) -> JSON {
    switch self {
    case .integer, .double: return change(path, self)
    case .array(let values):
      guard let first = values.first else { return self }
      return .array([first.eachNumber(path + "[0]", change)] + values.dropFirst())
    case .object(let members):
      return .object(
        members.map { member in
          JSON.Member(
            member.key,
            member.value.eachNumber(path.isEmpty ? member.key : path + "." + member.key, change))
        })
    default: return self
    }
  }
}

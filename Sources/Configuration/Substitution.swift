internal import Platform

extension Node {
  /// Puts parameters into every scalar below: `${name}` becomes its text, `$${` a literal `${`. Keys stay as they
  /// are, and so do places.
  ///
  /// A scalar that is nothing but one `${name}` takes the parameter's scalar as it is, so that a number stays one.
  /// Unknown names are reported. Names in `deferred` are known only while the drill runs: a scalar that holds one
  /// stays a template (`Scalar.isTemplate`), into which the known ones are put; `Template` resolves it later.
  package func substituting(
    _ parameters: [String: Scalar], deferred: Set<String> = [], _ diagnostics: Diagnostics
  ) -> Node {
    switch content {
    case .scalar(let scalar):
      guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return self }
      return Node(
        .scalar(substitute(scalar, parameters, deferred, diagnostics)), at: place)
    case .sequence(let nodes):
      return Node(
        .sequence(nodes.map { $0.substituting(parameters, deferred: deferred, diagnostics) }), at: place)
    case .mapping(let entries):
      let substituted = entries.map {
        Entry($0.key, at: $0.place, $0.value.substituting(parameters, deferred: deferred, diagnostics))
      }
      return Node(.mapping(substituted), at: place)
    }
  }

  private func substitute(
    _ scalar: Scalar, _ parameters: [String: Scalar], _ deferred: Set<String>, _ diagnostics: Diagnostics
  ) -> Scalar {
    let template = Template(scalar.text)
    for problem in template.problems {
      diagnostics.report(.invalid("malformed-parameter", problem, at: place, hint: Template.howTo))
    }
    for name in template.names where parameters[name] == nil && !deferred.contains(name) {
      diagnostics.report(
        .unknown("parameter", name, known: parameters.keys.sorted() + deferred.sorted(), at: place))
    }
    if case .parameter(let name)? = template.pieces.first, template.pieces.count == 1 {
      if let value = parameters[name] { return value }
    }
    let isTemplate = template.names.contains { deferred.contains($0) }
    var text = ""
    for piece in template.pieces {
      switch piece {
      case .literal(let literal): text += isTemplate ? Template.escaping(literal) : literal
      case .parameter(let name):
        if let value = parameters[name] {
          text += isTemplate ? Template.escaping(value.text) : value.text
        } else {
          text += "${\(name)}"
        }
      }
    }
    return Scalar(text, isPlain: false, isTemplate: isTemplate)
  }
}

/// A text with `${name}` in it.
package struct Template: Sendable, Hashable {
  enum Piece: Sendable, Hashable {
    case literal(String)
    case parameter(String)
  }

  private(set) var pieces: [Piece] = []
  /// What is wrong with it.
  package private(set) var problems: [String] = []
  static let howTo = "A parameter is written ${name}; a literal `${` is written `$${`."

  /// Takes a text apart.
  package init(_ text: String) {
    var literal: [UInt8] = []
    var rest = Array(text.utf8)[...]
    func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
      guard let first = bytes.first, !(0x30...0x39).contains(first), first != UInt8(ascii: ".") else {
        return false
      }
      return bytes.allSatisfy {
        $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0)
          || (0x61...0x7A).contains($0 | 0x20)
      }
    }
    while let byte = rest.first {
      if rest.starts(with: "$${".utf8) {
        literal += "${".utf8
        rest = rest.dropFirst(3)
      } else if rest.starts(with: "${".utf8) {
        let end = rest.firstIndex(of: UInt8(ascii: "}"))
        if let end, isName(rest[(rest.startIndex + 2)..<end]) {
          if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
          literal = []
          pieces.append(.parameter(String(decoding: rest[(rest.startIndex + 2)..<end], as: UTF8.self)))
          rest = rest[(end + 1)...]
        } else {
          problems.append(end == nil ? "`${` without its `}`" : "`${…}` does not hold a name")
          literal += "${".utf8
          rest = rest.dropFirst(2)
        }
      } else {
        literal.append(byte)
        rest = rest.dropFirst()
      }
    }
    if !literal.isEmpty || pieces.isEmpty {
      pieces.append(.literal(String(decoding: literal, as: UTF8.self)))
    }
  }

  /// A text that stands for itself.
  package init(literal text: String) { pieces = [.literal(text)] }

  /// The parameters that it names.
  package var names: [String] {
    pieces.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  /// The text with values in the places of the names; a name without a value stays as it is written.
  package func resolved(_ values: [String: String]) -> String {
    pieces.map { piece in
      switch piece {
      case .literal(let text): text
      case .parameter(let name): values[name] ?? "${\(name)}"
      }
    }.joined()
  }

  /// A text that a template would read as this literal.
  static func escaping(_ literal: String) -> String {
    var escaped: [UInt8] = []
    var rest = Array(literal.utf8)[...]
    while let byte = rest.first {
      if rest.starts(with: "${".utf8) { escaped.append(UInt8(ascii: "$")) }
      escaped.append(byte)
      rest = rest.dropFirst()
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}

extension Shape where Output == Template {
  /// Text that may hold names known only while the drill runs.
  package static var template: Shape {
    Shape.scalar("a string", schema: ["type": ["string", "number", "boolean"]]) { scalar in
      if scalar.coreValue == .null { return nil }
      return scalar.isTemplate ? Template(scalar.text) : Template(literal: scalar.text)
    }
  }
}

internal import Platform

extension Shape where Output == String {
  /// Text. A plain `no` or `1:30` is text in YAML 1.2; a number, a boolean or nothing is not, unless it is quoted.
  package static var string: Shape {
    .scalar("a string", schema: ["type": "string"], hint: "Quote it to make it a string.") { scalar in
      if case .string(let text) = scalar.coreValue { text } else { nil }
    }
  }

  /// The text of any scalar, as it is written: for values that a program takes as text.
  package static var text: Shape {
    .scalar("a string", schema: ["type": ["string", "number", "boolean"]]) { scalar in
      scalar.coreValue == .null ? nil : scalar.text
    }
  }
}

extension Shape where Output == Bool {
  /// `true` or `false`.
  package static var boolean: Shape {
    .scalar("true or false", schema: Schema.typed("boolean")) { scalar in
      if case .bool(let value) = scalar.coreValue { value } else { nil }
    }
  }
}

extension Shape where Output == Int {
  /// A whole number in a range.
  package static func integer(_ range: ClosedRange<Int> = Int.min...Int.max) -> Shape {
    var name = "a whole number"
    var limits: [JSON.Member] = []
    if range.lowerBound != .min {
      limits.append(.init("minimum", .integer(Int64(range.lowerBound))))
      name += range.upperBound == .max ? " of at least \(range.lowerBound)" : ""
    }
    if range.upperBound != .max {
      limits.append(.init("maximum", .integer(Int64(range.upperBound))))
      name += range.lowerBound == .min ? " of at most" : " from \(range.lowerBound) to"
      name += " \(range.upperBound)"
    }
    if range.lowerBound == range.upperBound { name = "\(range.lowerBound)" }
    return .scalar(name, schema: Schema.typed("integer", limits)) { scalar in
      guard case .integer(let value) = scalar.coreValue, let small = Int(exactly: value),
        range.contains(small)
      else { return nil }
      return small
    }
  }

  /// `10GB`, `256MiB` or a number of bytes.
  package static var byteSize: Shape {
    .scalar(
      "a size such as 10GB",
      schema: Schema.orParameter(["title": "a size such as 10GB", "type": ["string", "integer"]]),
      hint: "Sizes are written 512MiB, 10GB or as a number of bytes."
    ) { ByteSize.parse($0.text) }
  }
}

extension Shape where Output == Double {
  /// A finite number.
  package static var number: Shape {
    .scalar("a number", schema: Schema.typed("number")) { scalar in
      switch scalar.coreValue {
      case .integer(let value): Double(value)
      case .float(let value): value.isFinite ? value : nil
      default: nil
      }
    }
  }

  /// A length of time in seconds, written `30m` or `1h30m`.
  package static var duration: Shape {
    .scalar(
      "a duration such as 30m",
      schema: ["title": "a duration such as 30m", "type": ["string", "integer"]],
      hint: "Durations are written 500ms, 30s, 5m, 2h or 1h30m."
    ) { TimeSpan.parse($0.text) }
  }

  /// A share, written `0.1%`; 0.001 then.
  package static var percentage: Shape {
    .scalar(
      "a percentage such as 0.1%",
      schema: ["title": "a percentage such as 0.1%", "type": "string", "pattern": #"%$|\$\{"#],
      hint: "Percentages are written with their sign: 0.1%."
    ) { Percentage.parse($0.text) }
  }
}

/// Percentages as people write them.
package enum Percentage {
  /// 0.001 for `0.1%`; nil for what is no percentage.
  package static func parse(_ text: some StringProtocol) -> Double? {
    guard text.hasSuffix("%"), let first = text.utf8.first, first >= 0x30, first <= 0x39,
      let value = Double(text.dropLast().prefix { $0 != " " }), value.isFinite
    else { return nil }
    return value / 100
  }
}

extension Shape where Output: RawRepresentable & CaseIterable, Output.RawValue == String {
  /// One of the names of an enum's cases.
  package static func choice(of type: Output.Type = Output.self) -> Shape {
    let known = Output.allCases.map(\.rawValue)
    let name =
      known.count == 1 ? "`\(known[0])`" : "one of \(known.map { "`\($0)`" }.joined(separator: ", "))"
    return Shape(name, schema: Schema.orParameter(["enum": .array(known.map { .string($0) })])) {
      node, diagnostics in
      if let value = node.text.flatMap(Output.init(rawValue:)) { return value }
      let hint = node.text.flatMap { Suggestion.hint(for: $0, among: known) }
      diagnostics.report(expected: name, found: node, hint: hint)
      return nil
    }
  }
}

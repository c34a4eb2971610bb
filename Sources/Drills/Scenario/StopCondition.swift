internal import Configuration
internal import Platform

/// A limit at which a drill gives up.
package enum StopCondition: Sendable, Hashable, CustomStringConvertible {
  /// Fewer bytes than these are free where the sandbox lies.
  case diskFree(below: Int)
  /// More seconds than these have passed since the drill began.
  case elapsed(above: Double)

  /// `disk_free < 5 GB`.
  package var description: String {
    switch self {
    case .diskFree(let bytes): "disk_free < \(ByteSize.format(bytes))"
    case .elapsed(let seconds): "elapsed > \(TimeSpan.format(seconds))"
    }
  }
}

extension StopCondition {
  private static let diskFree = Key(
    "disk_free", comparison("<", "5GB", of: .byteSize),
    "Stop when less is free where the sandbox lies: \"< 5GB\".")
  private static let elapsed = Key(
    "elapsed", comparison(">", "2h", of: .duration), "Stop when the drill has taken longer: \"> 2h\".")

  static let shape = Shape<[StopCondition]>.list(
    of: .record("stop condition", [diskFree, elapsed]) { fields in
      switch (fields[diskFree], fields[elapsed]) {
      case (let bytes?, nil): return .diskFree(below: bytes)
      case (nil, let seconds?): return .elapsed(above: seconds)
      default:
        fields.diagnostics.report(.notOneCondition(at: fields.node.place))
        return nil
      }
    })

  /// `< 5GB`: the one comparison that makes sense, and a value.
  private static func comparison<Value: Sendable>(_ sign: String, _ example: String, of value: Shape<Value>)
    -> Shape<Value>
  {
    let form = "a comparison such as \"\(sign) \(example)\""
    return Shape(form, schema: ["type": "string", "pattern": .string("^\\s*\(sign)|\\$\\{")]) {
      node, diagnostics in
      guard let scalar = node.scalar, scalar.text.hasPrefix(sign) else {
        diagnostics.report(expected: form, found: node)
        return nil
      }
      var rest = scalar.text.dropFirst(sign.count)
      while rest.first == " " { rest.removeFirst() }
      return value.decode(
        Node(.scalar(Node.Scalar(String(rest), isPlain: true)), at: node.place), diagnostics)
    }
  }
}

extension Failure {
  static func notOneCondition(at place: Place) -> Failure {
    .invalid(
      "not-one-condition", "a stop condition with none or several keys", at: place,
      hint: "Write one condition an entry: [{disk_free: \"< 5GB\"}, {elapsed: \"> 2h\"}].")
  }
}

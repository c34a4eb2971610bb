extension String {
  /// The text with everything that can't be seen, or that moves or breaks a line, spelled out (`\n`, `\u{202e}`):
  /// for names and values that come from data.
  package var visible: String {
    var visible = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
        switch scalar {
        case "\n": visible += "\\n"
        case "\r": visible += "\\r"
        case "\t": visible += "\\t"
        default: visible += "\\u{\(String(scalar.value, radix: 16))}"
        }
      default: visible.unicodeScalars.append(scalar)
      }
    }
    return visible
  }
}

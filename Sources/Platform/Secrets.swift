/// Texts that must not be shown: passwords in addresses and in variables of the environment.
package struct Secrets: Sendable {
  /// Shorter ones are words that may stand anywhere.
  private static let shortest = 5
  private static let mask = Array("***".utf8)
  private var texts: [[UInt8]] = []

  /// Those of some variables: the values of `*PASSWORD*`, `*SECRET*`, `*TOKEN*` and the like, of rclone's own, and the
  /// passwords in addresses.
  package init(of environment: some Sequence<(key: String, value: String)>) {
    var found: Set<[UInt8]> = []
    for (name, value) in environment {
      if Secrets.isSecret(name) {
        found.insert(Array(value.utf8))
      }
      if let password = Secrets.password(in: value) {
        found.insert(Array(password.utf8))
        found.insert(Secrets.decoded(password))
      }
    }
    // The longest first: one may be a part of another.
    texts = found.filter { $0.count >= Secrets.shortest }.sorted { $0.count > $1.count }
  }

  /// Whether a variable or a parameter holds a secret, by its name in whatever case. Rclone's options are variables, too:
  /// `RCLONE_CONFIG_OFFSITE_PASS`, `RCLONE_B2_KEY`.
  package static func isSecret(_ name: String) -> Bool {
    let name = name.uppercased()
    let words = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "ACCESS_KEY", "ACCOUNT_KEY"]
    if words.contains(where: name.contains) { return true }
    if ["PASS", "APIKEY", "API_KEY", "PRIVATE_KEY"].contains(where: name.hasSuffix) { return true }
    return name.hasPrefix("RCLONE_")
      && ["_PASS", "_PASS2", "_KEY", "_KEY_PEM", "_CREDENTIALS", "_SAS_URL"].contains(where: name.hasSuffix)
  }

  /// The text with `***` in place of each secret, and of whatever stands before the `@` of an address.
  package func masked(_ text: String) -> String {
    String(decoding: masked(Array(text.utf8)), as: UTF8.self)
  }

  private func masked(_ text: [UInt8]) -> [UInt8] {
    var bytes = Secrets.maskingAddresses(text)
    for secret in texts { bytes = Secrets.replacing(secret, in: bytes) }
    return bytes
  }

  /// What a program wrote with `***` in place of secrets. Where its middle was dropped, a piece of a secret may be all that
  /// is left of it: as much as that may be is dropped, too, and an address that is cut before its `@`.
  package func masked(_ output: CapturedOutput) -> String {
    guard output.omittedBytes > 0 else {
      return String(decoding: masked(output.head + output.tail), as: UTF8.self)
    }
    let start = Secrets.withoutOpenAddress(masked(output.head).dropLast(reach))
    let end = Secrets.withoutAddressEnd(masked(output.tail).dropFirst(reach))
    return CapturedOutput.text(start, omitted: output.omittedBytes, end)
  }

  /// How long the piece of a secret may be that stands at a cut, in bytes.
  package var reach: Int { max(0, (texts.first?.count ?? 0) - 1) }

  /// An address without its user and password: `mongodb://***@host/`.
  package static func maskingAddress(_ text: String) -> String {
    String(decoding: maskingAddresses(Array(text.utf8)), as: UTF8.self)
  }

  /// A word of a command line as others may see it: of `NAME=VALUE`, and of `--param=NAME=VALUE`, without the value where
  /// the name is a secret's; addresses without their user and password.
  package static func maskingArgument(_ word: String) -> String {
    let shown = maskingAddress(word)
    var start = shown.startIndex
    while let equals = shown[start...].firstIndex(of: "=") {
      if isSecret(String(shown[start..<equals])) { return shown[...equals] + "***" }
      // What follows an option's name may have one of its own.
      guard shown[start..<equals].hasPrefix("--") else { return shown }
      start = shown.index(after: equals)
    }
    return shown
  }

  private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      if rest.starts(with: secret) {
        result += mask
        rest = rest.dropFirst(secret.count)
      } else {
        result.append(rest[rest.startIndex])
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func maskingAddresses(_ bytes: [UInt8]) -> [UInt8] {
    let sign = Array("://".utf8)
    var result: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard rest.starts(with: sign) else {
        result.append(rest[rest.startIndex])
        rest = rest.dropFirst()
        continue
      }
      result += sign
      rest = rest.dropFirst(sign.count)
      // An unescaped `@` in a password is a mistake that is made: the last one before the hosts' end counts.
      let authority = rest.prefix(while: isOfAuthority)
      if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
        result += mask
        rest = rest[at...]
      }
    }
    return result
  }

  private static func isOfAuthority(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "\"")
  }

  /// Without what may be a user and a password whose `@` was cut off.
  private static func withoutOpenAddress(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = bytes.dropLast(bytes.reversed().prefix(while: isOfAuthority).count)
    return rest.suffix(3).elementsEqual("://".utf8) ? rest : bytes
  }

  /// Without what may be the end of a password, with its `@`, whose address was cut off.
  private static func withoutAddressEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    // The cut may lie in `://`.
    let rest = bytes.drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
    guard let at = rest.prefix(while: isOfAuthority).lastIndex(of: UInt8(ascii: "@")) else { return bytes }
    return bytes[at...]
  }

  /// What stands between the colon and the `@`; nil when it is no address, or has none.
  private static func password(in address: String) -> String? {
    guard let start = address.firstRange(of: "://") else { return nil }
    let authority = address[start.upperBound...].prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
      return nil
    }
    return String(authority[authority.index(after: colon)..<at])
  }

  /// With `%41` for `A` and so on.
  private static func decoded(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"),
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        result.append(code)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}

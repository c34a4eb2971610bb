internal import Platform

/// A folder or a file on another machine, in rclone's words.
package struct RemoteSource: Sendable, Hashable {
  /// `remote:path`, `:backend:path` or `:backend,option=value:path`.
  package let address: String
  /// How long fetching may take, in seconds; nil: as long as it takes.
  package var timeout: Double?

  package init(_ address: String, timeout: Double? = nil) {
    self.address = address
    self.timeout = timeout
  }

  /// Why an address isn't one, or must not stand in a scenario; nil when it is fine. The words hold nothing of the address:
  /// it may be a secret.
  package static func objection(to address: String) -> String? {
    guard let (remote, _) = parts(of: address) else { return "expected REMOTE:PATH, as rclone writes it" }
    let isOpen =
      Secrets.maskingAddress(address) != address || options(of: remote).contains(where: isCredential)
      || hasOpenOption(address)
    return isOpen ? "a credential stands in it" : nil
  }

  /// The path's last part; nil when it has none.
  package var name: String? {
    guard let (_, path) = RemoteSource.parts(of: address), let last = path.split(separator: "/").last else {
      return nil
    }
    return last == "." || last == ".." ? nil : String(last)
  }

  /// What stands before and after the colon; quoted values may hold colons of their own.
  private static func parts(of address: String) -> (remote: Substring, path: Substring)? {
    var quote: Character?
    for index in address.indices {
      let character = address[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == ":", index != address.startIndex {
        return (address[..<index], address[address.index(after: index)...])
      } else if character == "/", !address[..<index].contains(",") {
        // A path of this machine.
        return nil
      }
    }
    return nil
  }

  /// The names of the options in `:s3,provider=AWS,env_auth`, in lower case.
  private static func options(of remote: Substring) -> [String] {
    remote.split(separator: ",").dropFirst().map { option in
      option.prefix { $0 != "=" }.lowercased()
    }
  }

  /// Whether, wherever in the address, an option stands whose name or value holds a credential: rclone ends an unquoted
  /// value at its first colon, and what follows is a secret all the same.
  private static func hasOpenOption(_ address: String) -> Bool {
    address.split(separator: ",").dropFirst().contains { option in
      guard let equals = option.firstIndex(of: "=") else { return false }
      let name = option[..<equals].lowercased()
      return isCredential(name) || name == "headers" || name.hasSuffix("url") && option.contains("?")
    }
  }

  private static func isCredential(_ option: String) -> Bool {
    guard !option.hasSuffix("_file"), !option.hasSuffix("_path"),
      !option.hasSuffix("_url") || option == "sas_url"
    else { return false }
    return ["secret", "pass", "token", "key", "credential", "sas_url"].contains { option.contains($0) }
  }
}

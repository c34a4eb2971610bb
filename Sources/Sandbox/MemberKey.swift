internal import Platform

/// The secret that the members of a replica set know one another by, and that this process and what it starts get in
/// with: as `__system`, the user that each member has by itself, so that the users of the data stay as they were
/// restored.
struct MemberKey: Sendable, Hashable {
  /// Letters and digits alone: good for a key file, for an address, and for SCRAM as they are.
  let text: String

  /// A new one, of 285 random bits.
  init() {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    var generator = SystemRandomNumberGenerator()
    text = String(
      decoding: (0..<48).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] },
      as: UTF8.self)
  }

  /// The user's part of an address.
  var credentials: String { "__system:\(text)" }
  /// The options of an address that go with it.
  static let authentication = "authSource=local&authMechanism=SCRAM-SHA-256"

  /// Writes the key file, which nobody else may read.
  func write(to path: String) throws(Failure) {
    try Files.writeAtomically((text + "\n").utf8, to: path, mode: 0o600)
  }

  /// A text without it.
  func masked(in text: String) -> String { text.replacing(self.text, with: "***") }
}

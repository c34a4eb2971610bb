package import Platform

/// Signatures of records with OpenSSH keys, made and verified by `ssh-keygen`.
///
/// Source: ssh-keygen(1), `-Y sign`, `-Y find-principals`, `-Y verify`; PROTOCOL.sshsig of OpenSSH.
package enum RecordSignature {
  /// What the signatures are for: one made for another purpose doesn't count.
  package static let namespace = "mongodrill"

  /// Where the signature of a file lies.
  package static func file(of record: String) -> String { record + ".sig" }

  /// Fails when nothing can be signed with a key: better before a drill than after it. The key is a private one without
  /// a passphrase, or one that the agent holds, named by its private or its public file. Throws `Failure` of kind
  /// `usage`.
  package static func probe(key: String) throws(Failure) {
    guard Files.exists(key) else { throw .noSigningKey(key) }
    do throws(Failure) { _ = try make(of: "/dev/null", key: key) } catch {
      throw .unusableSigningKey(key, error.cause ?? error.message)
    }
  }

  /// Signs a file and puts the signature beside it. Throws `Failure` of kind `incomplete`.
  package static func sign(_ record: String, key: String) throws(Failure) {
    let signature = try make(of: record, key: key)
    try Files.writeAtomically(signature.utf8, to: file(of: record), mode: 0o600)
  }

  private static func make(of record: String, key: String) throws(Failure) -> String {
    let done = try run(["-Y", "sign", "-n", namespace, "-f", key], input: record)
    guard done.status == .exited(0), done.output.text.hasPrefix("-----BEGIN SSH SIGNATURE-----") else {
      throw .notSigned(record, words(of: done))
    }
    return done.output.text
  }

  /// Who signed a file: a name of the list of allowed signers. Throws `Failure` of kind `incomplete` with the reason
  /// when the signature is not that of one of them over these bytes.
  package static func signer(of record: String, allowed: String) throws(Failure) -> String {
    let signature = file(of: record)
    let found = try run(["-Y", "find-principals", "-s", signature, "-f", allowed], input: "/dev/null")
    let names = found.output.text.split(separator: "\n").map(String.init)
    guard found.status == .exited(0), let name = names.first else {
      throw .badSignature(signature, words(of: found))
    }
    let done = try run(
      ["-Y", "verify", "-n", namespace, "-s", signature, "-f", allowed, "-I", name], input: record)
    guard done.status == .exited(0) else { throw .badSignature(signature, words(of: done)) }
    return name
  }

  private static func words(of done: Captured) -> String {
    let lines = (done.errorOutput.text + done.output.text).split(separator: "\n")
    return lines.last.map { $0.trimmingSpace } ?? "\(done.status)"
  }

  private static func run(_ arguments: [String], input: String) throws(Failure) -> Captured {
    var environment = Environment.all
    // It must not ask: there is nobody at a drill in the night.
    environment["SSH_ASKPASS"] = "/bin/false"
    environment["SSH_ASKPASS_REQUIRE"] = "force"
    do throws(Failure) {
      return try Supervisor.shared.capture(
        ChildSpec(["ssh-keygen"] + arguments, environment: environment, input: .file(input)), timeout: 60,
        ignoringInterruption: true)
    } catch {
      throw .noSSHKeygen(error)
    }
  }
}

extension Substring {
  /// Without spaces and carriage returns at its ends.
  fileprivate var trimmingSpace: String {
    var text = self
    while let last = text.last, last.isWhitespace { text.removeLast() }
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    return String(text)
  }
}

extension Failure {
  static func noSigningKey(_ path: String) -> Failure {
    Failure(
      .usage, "no-signing-key", "there is no key to sign with at \(path)",
      hint: "Make one: ssh-keygen -t ed25519 -N '' -f KEY.")
  }

  static func unusableSigningKey(_ path: String, _ cause: String) -> Failure {
    Failure(
      .usage, "signing-key-unusable", "nothing can be signed with \(path)",
      hint: "Give a key without a passphrase, or one that the agent holds (ssh-add).", cause: cause)
  }

  static func notSigned(_ path: String, _ cause: String) -> Failure {
    Failure(
      .incomplete, "not-signed", "cannot sign \(path)",
      hint: "The record is there, without its signature: ssh-keygen -Y sign -n mongodrill -f KEY FILE.",
      cause: cause)
  }

  static func badSignature(_ path: String, _ cause: String) -> Failure {
    Failure(
      .incomplete, "bad-signature", "the signature \(path) is not that of an allowed signer over this record",
      cause: cause)
  }

  static func noSSHKeygen(_ failure: Failure) -> Failure {
    Failure(
      .usage, "no-ssh-keygen", "ssh-keygen could not be run", hint: "Install OpenSSH's client.",
      cause: failure.cause ?? failure.message)
  }
}

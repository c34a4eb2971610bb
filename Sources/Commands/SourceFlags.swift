internal import Arguments
internal import Platform
internal import Record

/// The address of a server that others use.
enum SourceFlags {
  /// The variable that holds it when there is no `--uri`.
  static let variable = "MONGODRILL_SOURCE_URI"

  static let uri = Option.value(
    "--uri", placeholder: "URI", kind: .text, default: variable,
    help:
      "The server, with all options of a driver: users, TLS, readPreference, several hosts. A password is better "
      + "kept in MONGODRILL_SOURCE_URI: who lists processes sees options.")

  /// What was given; a password that others can see gets a note. Throws when nothing was.
  static func address(_ values: Values, _ session: Session) throws(Failure) -> String {
    if let given = values[uri] {
      if let authority = given.split(separator: "@").first, authority.utf8.count < given.utf8.count,
        authority.split(separator: "/").last?.contains(":") == true
      {
        session.events(
          .note("the password of --uri stays in the shell's history; \(variable) keeps it hidden"))
      }
      return given
    }
    guard let address = Environment[variable], !address.isEmpty else { throw .noSourceURI() }
    return address
  }
}

extension Failure {
  fileprivate static func noSourceURI() -> Failure {
    Failure(
      .usage, "missing-uri", "there is no server: neither --uri nor \(SourceFlags.variable) is given",
      hint: "Give its address, such as mongodb://HOST:27017/.")
  }
}

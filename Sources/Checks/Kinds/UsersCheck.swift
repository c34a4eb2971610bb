internal import BSON
package import Configuration
internal import Mongo
internal import Platform
internal import Record

/// `users`: whether the roles that users and roles have exist, and users that have to be there are.
package struct UsersCheck: Check {
  private static let required = Key(
    "required", .list(of: .string),
    "Users that have to be there: `app` in the database at hand (under `*` in any), `shop.app` in that of `shop`."
  )

  package static let declaration = CheckDeclaration(
    "users",
    "Looks whether the roles of users and of roles exist, and whether users that have to be there are.",
    scope: .database, figure: "users with roles that don't exist, missing users", keys: [required],
    example: "users: {required: [app]}", onSets: .config)

  private let required: [String]

  package init(_ fields: Fields, _ common: CommonKeys) { required = fields[Self.required] ?? [] }

  /// A user's or a role's name with that of its database.
  private struct Name: Hashable, CustomStringConvertible {
    let database: [UInt8]
    let name: [UInt8]

    init(_ database: String, _ name: String) {
      self.database = Array(database.utf8)
      self.name = Array(name.utf8)
    }

    /// From `{role: …, db: …}`; nil when it is something else.
    init?(_ document: Document, _ key: String) {
      guard let name = document[key]?.string, let database = document["db"]?.string else { return nil }
      self.init(database, name)
    }

    /// Whether a person means it: by its name alone, or with that of its database.
    func isMeant(by text: String) -> Bool {
      let text = Array(text.utf8)
      return name == text || database + [UInt8(ascii: ".")] + name == text
    }

    var description: String {
      "\(String(decoding: database, as: UTF8.self)).\(String(decoding: name, as: UTF8.self))"
    }
  }

  /// A user or a role, and the roles that it has.
  private struct Holder {
    let name: Name
    let isUser: Bool
    var roles: [Name]
    /// Whether a role of it is no name at all.
    var isMalformed: Bool
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let users = try holders(context, "system.users", "user")
    let roles = try holders(context, "system.roles", "role")
    let existing = try existing(of: users + roles, own: roles, context)

    var dangling: [(holder: Holder, roles: [Name])] = []
    for holder in users + roles {
      let lost = holder.roles.filter { !existing.contains($0) }
      if !lost.isEmpty || holder.isMalformed { dangling.append((holder, lost)) }
    }
    let missing = required.filter { name in !users.contains { $0.name.isMeant(by: name) } }
    let figure = dangling.count + missing.count
    let all = "\(Count.text(users.count, "user")), \(Count.text(roles.count, "role"))"
    var parts: [String] = []
    if !missing.isEmpty { parts.append("missing: \(missing.joined(separator: ", "))") }
    for (holder, lost) in dangling.prefix(5) {
      let noun = holder.isUser ? "user" : "role"
      parts.append(
        lost.isEmpty
          ? "\(noun) \(holder.name) with roles that can't be read"
          : "\(noun) \(holder.name) with \(lost.count == 1 ? "role" : "roles") "
            + "\(lost.map(\.description).joined(separator: ", ")), which \(lost.count == 1 ? "doesn't" : "don't") exist"
      )
    }
    if dangling.count > 5 { parts.append("\(Count.text(dangling.count - 5)) more") }
    var finding = Finding(
      figure: figure, of: max(users.count + roles.count, figure),
      examined: figure == 0 ? users.count + roles.count : nil,
      message: parts.isEmpty ? "\(all); each role that they have exists" : parts.joined(separator: "; "),
      measured: [
        "users": .integer(Int64(users.count)), "roles": .integer(Int64(roles.count)),
        "missing": .array(missing.map { .string($0) }),
        "dangling": .array(dangling.map { .string($0.holder.name.description) }),
      ])
    finding.query =
      #"db.getSiblingDB("admin").getCollection("system.users").find("#
      + "\(filter(context.subject).shellText), {credentials: 0})"
    guard figure > 0 else { return finding }
    finding.expected =
      "roles that exist" + (required.isEmpty ? "" : "; users \(required.joined(separator: ", "))")
    finding.observed = parts.joined(separator: "; ")
    finding.samples = dangling.map { Value.string($0.holder.name.description).extendedJSON() }
    return finding
  }

  private func filter(_ subject: Subject) -> Document {
    if case .database(let name) = subject { ["db": ["$eq": .string(name)]] } else { [:] }
  }

  /// Users or roles of the subject: those of its database, not those that may read it.
  private func holders(_ context: CheckContext, _ collection: String, _ key: String) throws -> [Holder] {
    var holders: [Holder] = []
    let command: Document = [
      "find": .string(collection), "filter": .document(filter(context.subject)), "sort": ["_id": 1],
      "projection": [key: 1, "db": 1, "roles": 1],
    ]
    try context.forEach(command, on: "admin") { document in
      let roles = document["roles"]?.elements ?? []
      let names = roles.compactMap { $0.document.flatMap { Name($0, "role") } }
      holders.append(
        Holder(
          name: Name(document, key) ?? Name("?", document["_id"]?.extendedJSON() ?? "?"),
          isUser: key == "user",
          roles: names, isMalformed: names.count < roles.count))
      return true
    }
    return holders
  }

  /// Which of the roles that are had exist: the server's own, and those that were made.
  private func existing(of holders: [Holder], own: [Holder], _ context: CheckContext) throws -> Set<Name> {
    var existing = Set(own.map(\.name))
    let others = Set(holders.flatMap(\.roles)).subtracting(existing).sorted {
      $0.description < $1.description
    }
    for start in stride(from: 0, to: others.count, by: 1000) {
      let asked = others[start..<min(start + 1000, others.count)].map { name -> Value in
        [
          "role": .string(String(decoding: name.name, as: UTF8.self)),
          "db": .string(String(decoding: name.database, as: UTF8.self)),
        ]
      }
      let reply = try context.run(["rolesInfo": .list(asked)], on: "admin")
      for role in reply["roles"]?.elements ?? [] {
        if let name = role.document.flatMap({ Name($0, "role") }) { existing.insert(name) }
      }
    }
    return existing
  }
}

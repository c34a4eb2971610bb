package import BSON
internal import Mongo
package import Platform

/// How a replica set is to be.
package struct ReplicaSetPlan: Sendable, Hashable {
  /// 1 or 3.
  package var members: Int
  /// Seconds without the primary after which another stands for election; the server's own default is 10.
  package var electionTimeout: Double
  /// Whether the connections between the members can be cut and slowed.
  package var hasRelays: Bool
  /// Whether a copy of the files is kept as they are when the set is made, to rebuild members from.
  package var keepsSeed = false

  /// How often members ask one another how they are. Two seconds, as servers have it; with a short election timeout more
  /// often, or healthy members would be taken for dead.
  var heartbeatMilliseconds: Int64 { Int64(max(100, min(2000, electionTimeout * 200))) }

  package init(members: Int, electionTimeout: Double = 10, hasRelays: Bool = false) {
    self.members = members
    self.electionTimeout = electionTimeout
    self.hasRelays = hasRelays
  }
}

/// A replica set of a sandbox's: members on ports of 127.0.0.1, and a key that nobody else has.
package final class ReplicaSet: Sendable {
  /// Its name, which no other set has.
  package let name: String
  /// Its members, the first of which holds the data that was restored.
  package let members: [Server]
  /// What lies between the members; nil where they talk to one another directly.
  package let network: MemberNetwork?
  let key: MemberKey
  /// Where a copy of a member's files lies, as they were when the set was made; nil without one.
  let seed: String?
  private let hosts: [String]

  init(name: String, members: [Server], key: MemberKey, network: MemberNetwork?, seed: String? = nil) {
    self.name = name
    self.members = members
    self.key = key
    self.network = network
    self.seed = seed
    hosts = members.indices.map { "127.0.0.1:\(network?.ports[$0] ?? members[$0].port ?? 0)" }
  }

  /// Its address, with the key in it: for environments alone, never for a command line, a log or a report.
  package var uri: String {
    "mongodb://\(key.credentials)@\(hosts.joined(separator: ","))/?replicaSet=\(name)&\(MemberKey.authentication)"
  }

  /// A member's place in the set's own words: `127.0.0.1:23456`.
  package func host(_ index: Int) -> String { hosts[index] }
}

// MARK: - Who is what

extension ReplicaSet {
  /// A member as it sees itself.
  package struct Look: Sendable, Hashable {
    package var index: Int
    /// `PRIMARY`, `SECONDARY`, …; nil when it doesn't answer.
    package var state: String?
    /// The last entry of the oplog that it has applied.
    package var applied: Timestamp?
    /// The election that the primary was made by.
    package var term: Int64
    /// The version of the set's configuration that it goes by.
    package var configuration: Int64?
    /// The members that have a vote; nil where the server's version doesn't tell. One that was added has none at first.
    package var voters: Int?
  }

  /// Asks one member. A paused or dead one isn't waited for.
  package func look(at index: Int) -> Look {
    var look = Look(index: index, term: -1)
    guard members[index].condition == .running, let pool = try? members[index].pool,
      let status = try? pool.run(["replSetGetStatus": 1])
    else { return look }
    look.term = status["term"]?.integer ?? -1
    look.voters = status["votingMembersCount"]?.integer.map { Int($0) }
    let own = (status["members"]?.elements ?? []).lazy.compactMap(\.document).first {
      $0["self"]?.isTrue == true
    }
    look.state = own?["stateStr"]?.string
    look.configuration = own?["configVersion"]?.integer
    if case .timestamp(let time)? = own?["optime"]?.document?["ts"] { look.applied = time }
    return look
  }

  /// Asks all members.
  package func look() -> [Look] { members.indices.map { look(at: $0) } }

  /// The member that takes writes; nil when none does. Of two that think so, the one of the later election.
  package var primary: Int? { primary(among: members.indices) }

  /// The same among some.
  package func primary(among indices: some Sequence<Int>) -> Int? {
    indices.map { look(at: $0) }.filter { $0.state == "PRIMARY" }.max { $0.term < $1.term }?.index
  }

  /// Waits until a member takes writes, and returns it. Throws `replica-set-not-ready`.
  package func waitForPrimary(atMost seconds: Double, among indices: [Int]? = nil) throws(Failure) -> Int {
    let end = Clock.monotonic + seconds
    while true {
      try checkStops()
      for index in indices ?? Array(members.indices) where isWritable(index) { return index }
      if Clock.monotonic > end { throw .setNotReady("no primary", seconds: seconds, description) }
      Interruption.sleep(0.01)
    }
  }

  /// Whether a member takes writes. Cheaper than `look`, and true a little later: when its election is all over.
  package func isWritable(_ index: Int) -> Bool {
    guard members[index].condition == .running, let pool = try? members[index].pool,
      let reply = try? pool.run(["hello": 1])
    else { return false }
    return reply["isWritablePrimary"]?.isTrue == true
  }

  /// Waits until every member that is not down is primary or secondary, one of them primary, and all have applied
  /// what the primary had, go by the same configuration, and have their votes. Nobody may be writing then, or it never ends. Throws `replica-set-not-ready`.
  package func waitUntilSteady(atMost seconds: Double) throws(Failure) {
    let end = Clock.monotonic + seconds
    while true {
      try checkStops()
      let looks = members.indices.filter { members[$0].condition != .down }.map { look(at: $0) }
      let isUp = looks.allSatisfy { $0.state == "PRIMARY" || $0.state == "SECONDARY" }
      let agree = Set(looks.map(\.applied)).count == 1 && Set(looks.map(\.configuration)).count == 1
      let haveVotes = looks.allSatisfy { $0.voters ?? members.count == members.count }
      if isUp, agree, haveVotes, looks.count(where: { $0.state == "PRIMARY" }) == 1 { return }
      if Clock.monotonic > end {
        throw .setNotReady("no primary with all others caught up", seconds: seconds, description)
      }
      Interruption.sleep(0.02)
    }
  }

  /// Throws when nothing is to be waited for any more.
  private func checkStops() throws(Failure) {
    try Interruption.check()
    if members.contains(where: \.isRetired) { throw .stopped() }
  }

  /// `0 PRIMARY, 1 SECONDARY, 2 down`.
  package var description: String {
    look().map { look in
      "\(look.index) \(look.state ?? members[look.index].condition.rawValue)"
    }.joined(separator: ", ")
  }
}

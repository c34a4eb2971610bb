internal import Glibc
package import Platform

/// What lies between the members of a replica set: relays in this process, one in front of each member, that can be cut
/// and slowed. The machine's own network is not touched, no privilege is needed, and all is over with this process.
///
/// A relay tells who connects by the system's tables: connections of members can be cut while those of clients go on.
package final class MemberNetwork: Sendable {
  /// What is done to a member's connections with the other members.
  package enum Trouble: Sendable, Hashable {
    /// Nothing comes through, and nothing is refused: as behind a broken switch.
    case cut
    /// Everything comes through, so many seconds late.
    case delay(Double)
  }

  struct Rules: Sendable {
    var troubles: [Int: Trouble] = [:]
    /// Where each member really listens, and its process; nil while that isn't known.
    var members: [(port: Int, pid: Int32)?]
    var isOver = false
  }

  /// The ports that stand in the set's configuration, one a member.
  package let ports: [Int]
  private let rules: Monitor<Rules>
  private let waker: Int32
  private let thread: Monitor<RunningThread?>

  /// Opens the relays of so many members. Failures: `no-free-port` and the system's own.
  package init(members count: Int) throws(Failure) {
    var listeners: [Int32] = []
    var ports: [Int] = []
    for _ in 0..<count {
      let (descriptor, port) = try LocalPort.listen()
      listeners.append(descriptor)
      ports.append(port)
    }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw .system("no-pipe", "cannot make a pipe")
    }
    let rules = Monitor(Rules(members: Array(repeating: nil, count: count)))
    self.ports = ports
    self.rules = rules
    waker = ends[1]
    let relays = Relays(listeners: listeners, ports: ports, wakened: ends[0])
    thread = Monitor(try Threads.start { relays.run(rules) })
  }

  deinit {
    rules.update { $0.isOver = true }
    wake()
    close(waker)
  }

  private func wake() {
    var byte: UInt8 = 0
    _ = unsafe write(waker, &byte, 1)
  }

  /// Says where a member listens, and which process it is.
  func member(_ index: Int, port: Int, pid: Int32) {
    rules.update { $0.members[index] = (port, pid) }
  }

  /// Begins a trouble between a member and all others.
  package func begin(_ trouble: Trouble, of index: Int) {
    rules.update { $0.troubles[index] = trouble }
    wake()
  }

  /// Ends all troubles. Connections that were cut are closed: what was on its way is lost.
  package func heal() {
    rules.update { $0.troubles = [:] }
    wake()
  }
}

/// The relays' own thread and what only it touches.
private final class Relays: @unchecked Sendable {
  // Sendable: made by one thread, and used by the one that runs it alone from then on.
  private static let bufferLimit = 1 << 20
  private static let chunk = 64 << 10

  /// Bytes on their way in one direction.
  private struct Lane {
    var chunks: [(ready: Double, bytes: ArraySlice<UInt8>)] = []
    var count = 0

    mutating func append(_ bytes: [UInt8], ready: Double) {
      chunks.append((ready, bytes[...]))
      count += bytes.count
    }
  }

  private final class Link {
    let near: Int32
    let far: Int32
    let target: Int
    /// The port of the one who connected.
    let port: Int
    /// The member that connected; nil for a client, or while nobody asked.
    var source: Int?
    var isIdentified = false
    var toFar = Lane()
    var toNear = Lane()
    var wasCut = false
    var isDone = false

    init(near: Int32, far: Int32, target: Int, port: Int) {
      self.near = near
      self.far = far
      self.target = target
      self.port = port
    }
  }

  private let listeners: [Int32]
  private let ports: [Int]
  private let wakened: Int32
  private var links: [Link] = []

  init(listeners: [Int32], ports: [Int], wakened: Int32) {
    self.listeners = listeners
    self.ports = ports
    self.wakened = wakened
  }

  func run(_ rules: Monitor<MemberNetwork.Rules>) {
    while true {
      let now = rules.withLock { $0 }
      if now.isOver { break }
      let ready = wait(now)
      // What was changed meanwhile, a member's start say, holds for what is done now.
      let then = rules.withLock { $0 }
      move(ready, then)
      apply(then)
    }
    for link in links { end(link) }
    for descriptor in listeners + [wakened] { close(descriptor) }
  }

  // MARK: Waiting

  private func wait(_ rules: MemberNetwork.Rules) -> [pollfd] {
    var entries = [pollfd(fd: wakened, events: Int16(POLLIN), revents: 0)]
    entries += listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let clock = Clock.monotonic
    var next = clock + 3600
    for link in links {
      let isCut = trouble(of: link, rules) == .cut
      func entry(_ descriptor: Int32, reads lane: Lane, writes other: Lane) -> pollfd {
        var events: Int32 = 0
        if lane.count < Relays.bufferLimit { events |= POLLIN }
        if let first = other.chunks.first {
          if first.ready <= clock { events |= POLLOUT } else { next = min(next, first.ready) }
        }
        return pollfd(fd: isCut ? -1 : descriptor, events: Int16(events), revents: 0)
      }
      entries.append(entry(link.near, reads: link.toFar, writes: link.toNear))
      entries.append(entry(link.far, reads: link.toNear, writes: link.toFar))
    }
    _ = unsafe poll(
      &entries, nfds_t(entries.count), Int32(max(0, min(3_600_000, ((next - clock) * 1000).rounded(.up)))))
    return entries
  }

  // MARK: Bytes

  /// Does what there is to do by what `wait` found.
  private func move(_ entries: [pollfd], _ rules: MemberNetwork.Rules) {
    if entries[0].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 64)
      _ = unsafe read(wakened, &bytes, bytes.count)
    }
    for (place, link) in links.enumerated() {
      let at = 1 + listeners.count + 2 * place
      let delay = if case .delay(let seconds)? = trouble(of: link, rules) { seconds } else { 0.0 }
      if entries[at].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        take(link, from: link.near, \.toFar, delay)
      }
      if entries[at + 1].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        take(link, from: link.far, \.toNear, delay)
      }
      if entries[at].revents & Int16(POLLOUT) != 0 { give(link, to: link.near, \.toNear) }
      if entries[at + 1].revents & Int16(POLLOUT) != 0 { give(link, to: link.far, \.toFar) }
    }
    for (index, entry) in entries[1...].prefix(listeners.count).enumerated() where entry.revents != 0 {
      accept(index, rules)
    }
    for link in links where link.isDone { end(link) }
    links.removeAll(where: \.isDone)
  }

  private func take(
    _ link: Link, from descriptor: Int32, _ lane: ReferenceWritableKeyPath<Link, Lane>, _ delay: Double
  ) {
    var bytes = [UInt8](repeating: 0, count: Relays.chunk)
    let count = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    if count > 0 {
      link[keyPath: lane].append(Array(bytes.prefix(count)), ready: Clock.monotonic + delay)
    } else if count == 0 || errno != EAGAIN && errno != EINTR {
      // Half-open connections are nothing that servers and drivers use: both ends go.
      link.isDone = true
    }
  }

  private func give(_ link: Link, to descriptor: Int32, _ lane: ReferenceWritableKeyPath<Link, Lane>) {
    let now = Clock.monotonic
    while let first = link[keyPath: lane].chunks.first, first.ready <= now {
      let count = unsafe first.bytes.withUnsafeBytes { bytes in
        unsafe send(
          descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno != EAGAIN && errno != EINTR { link.isDone = true }
        return
      }
      link[keyPath: lane].count -= count
      if count == first.bytes.count {
        link[keyPath: lane].chunks.removeFirst()
      } else {
        link[keyPath: lane].chunks[0].bytes = first.bytes.dropFirst(count)
      }
    }
  }

  // MARK: Connections

  private func accept(_ index: Int, _ rules: MemberNetwork.Rules) {
    guard let (near, port) = LocalPort.accept(listeners[index]) else { return }
    guard let real = rules.members[index]?.port, let far = LocalPort.connect(real) else {
      close(near)
      return
    }
    links.append(Link(near: near, far: far, target: index, port: port))
  }

  private func end(_ link: Link) {
    close(link.near)
    close(link.far)
  }

  // MARK: Who talks to whom

  private func trouble(of link: Link, _ rules: MemberNetwork.Rules) -> MemberNetwork.Trouble? {
    guard !rules.troubles.isEmpty else { return nil }
    if !link.isIdentified {
      link.source = source(of: link, rules)
      link.isIdentified = true
    }
    guard let source = link.source else { return nil }
    return rules.troubles[link.target] ?? rules.troubles[source]
  }

  /// Marks what is cut, and ends what was and no longer is.
  private func apply(_ rules: MemberNetwork.Rules) {
    for link in links {
      if trouble(of: link, rules) == .cut { link.wasCut = true } else if link.wasCut { link.isDone = true }
    }
    for link in links where link.isDone { end(link) }
    links.removeAll(where: \.isDone)
  }

  /// The member whose process has the other end.
  private func source(of link: Link, _ rules: MemberNetwork.Rules) -> Int? {
    guard let inode = LocalPort.inode(from: link.port, to: ports[link.target]) else { return nil }
    return rules.members.indices.first { index in
      rules.members[index].map { LocalPort.process($0.pid, hasSocket: inode) } ?? false
    }
  }
}

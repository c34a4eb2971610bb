internal import CSpawn
internal import Glibc

/// What a program did that was run to its end.
package struct Captured: Sendable, Hashable {
  /// How it ended.
  package var status: ExitStatus
  /// Whether it was ended because its time was over.
  package var isTimedOut: Bool
  package var output: CapturedOutput
  package var errorOutput: CapturedOutput
  /// How long it ran.
  package var seconds: Double
}

/// The beginning and the end of what a program wrote.
package struct CapturedOutput: Sendable, Hashable {
  private(set) var head: [UInt8] = []
  private(set) var tail: [UInt8] = []
  /// How many bytes in the middle were dropped.
  package private(set) var omittedBytes = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// As text, with a line in place of what was dropped; bytes that aren't UTF-8 become U+FFFD.
  package var text: String {
    omittedBytes == 0
      ? String(decoding: head + tail, as: UTF8.self)
      : CapturedOutput.text(head[...], omitted: omittedBytes, tail[...])
  }

  static func text(_ start: ArraySlice<UInt8>, omitted: Int, _ end: ArraySlice<UInt8>) -> String {
    "\(String(decoding: start, as: UTF8.self))\n[… \(omitted) bytes …]\n\(String(decoding: end, as: UTF8.self))"
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) {
    let room = limit - limit / 2 - head.count
    head += bytes.prefix(room)
    tail += bytes.dropFirst(room)
    let excess = tail.count - limit / 2
    if excess > 0 {
      tail.removeFirst(excess)
      omittedBytes += excess
    }
  }
}

extension Supervisor {
  /// Runs a program to its end and returns what it wrote; `output` and `errorOutput` of `spec` don't count.
  ///
  /// `limit` bytes are kept of each stream, the rest is read and dropped. After `timeout` seconds its group gets
  /// SIGTERM and two seconds later SIGKILL. The same happens on a signal to stop to this process, and the failure
  /// of kind `interrupted` is thrown; not so with `ignoringInterruption`, for what must run even then. What it
  /// leaves running in the background is left alone, and its output isn't waited for.
  package func capture(
    _ spec: ChildSpec, limit: Int = 1 << 20, timeout: Double? = nil, ignoringInterruption: Bool = false
  ) throws(Failure) -> Captured {
    let start = Clock.monotonic
    var streams = [try CapturedStream(limit: limit), try CapturedStream(limit: limit)]
    defer { for stream in streams { stream.closeEnds() } }
    var spec = spec
    spec.output = .descriptor(streams[0].writing)
    spec.errorOutput = .descriptor(streams[1].writing)
    let child = try spawn(spec)
    for index in streams.indices { streams[index].closeWriting() }

    var deadline = timeout.map { start + $0 }
    var isEnding = false
    var isTimedOut = false
    var ended: Double?
    while true {
      if ended == nil, !child.isAlive {
        ended = Clock.monotonic
        // What it wrote lies in the pipes; somebody that it left behind may hold them open for ever.
        deadline = Clock.monotonic + 0.2
      }
      if ended != nil, streams.allSatisfy(\.isAtEnd) { break }
      if let limit = deadline, Clock.monotonic >= limit {
        if ended != nil { break }
        isTimedOut = isTimedOut || !isEnding
        child.signal(isEnding ? SIGKILL : SIGTERM)
        isEnding = true
        deadline = Clock.monotonic + 2
      }
      let watchesInterruption = !ignoringInterruption && !isEnding && ended == nil
      if watchesInterruption, Interruption.pending != nil {
        child.signal(SIGTERM)
        isEnding = true
        deadline = Clock.monotonic + 2
      }
      var entries = streams.filter { !$0.isAtEnd }.map {
        pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0)
      }
      if ended == nil { entries.append(pollfd(fd: child.pollDescriptor, events: Int16(POLLIN), revents: 0)) }
      if watchesInterruption { entries.append(Interruption.entry) }
      _ = Poll.wait(for: &entries, atMost: deadline.map { max(0, $0 - Clock.monotonic) })
      for entry in entries where entry.revents != 0 {
        for index in streams.indices where streams[index].reading == entry.fd { streams[index].read() }
      }
    }
    if !ignoringInterruption, isEnding, !isTimedOut { try Interruption.check() }
    return Captured(
      status: child.exitStatus ?? .signaled(SIGKILL), isTimedOut: isTimedOut, output: streams[0].output,
      errorOutput: streams[1].output, seconds: (ended ?? Clock.monotonic) - start)
  }
}

/// One pipe that a program writes to.
private struct CapturedStream {
  let reading: Int32
  private(set) var writing: Int32
  private(set) var isAtEnd = false
  private(set) var output: CapturedOutput

  init(limit: Int) throws(Failure) {
    (reading, writing) = try Poll.pipe()
    output = CapturedOutput(limit: limit)
  }

  mutating func closeWriting() {
    close(writing)
    writing = -1
  }

  func closeEnds() {
    close(reading)
    if writing >= 0 { close(writing) }
  }

  /// Reads once, when there is something to read.
  mutating func read() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe Glibc.read(reading, &buffer, buffer.count)
    if count > 0 { output.append(buffer[..<count]) }
    if count == 0 || count < 0 && errno != EINTR { isAtEnd = true }
  }
}

import BSON
import Backups
import Platform
import Replay
import Testing

@Suite("a target's text")
struct TargetTextTests {
  @Test(
    "is understood",
    arguments: [
      ("latest", Target.latest),
      ("dump-end", .dumpEnd),
      ("1795258578:300", .through(Timestamp(seconds: 1_795_258_578, increment: 300))),
      ("before:1795258578:300", .before(Timestamp(seconds: 1_795_258_578, increment: 300))),
      ("1795258578", .second(1_795_258_578)),
      ("before:1795258578", .beforeSecond(1_795_258_578)),
      ("2026-11-21T10:56:18Z", .second(1_795_258_578)),
      ("2026-11-21t10:56:18z", .second(1_795_258_578)),
      ("2026-11-21 11:56:18+01:00", .second(1_795_258_578)),
      ("before:2026-11-21T10:56:18Z", .beforeSecond(1_795_258_578)),
    ])
  func understood(text: String, target: Target) throws {
    #expect(try Target(text) == target)
    #expect(try Target(target.description) == target, "its own text is understood as well")
  }

  @Test(
    "is refused with a reason and what to do",
    arguments: [
      ("", "neither a word", "Give latest"),
      ("lates", "neither a word", "Did you mean \"latest\"?"),
      ("dumpend", "neither a word", "Did you mean \"dump-end\"?"),
      ("before:latest", "takes a timestamp or a time", ""),
      ("1795258578:", "neither a word", ""),
      ("1795258578:1:2", "neither a word", ""),
      ("-5", "neither a word", ""),
      ("0:0", "no moment", ""),
      ("0", "not a number of seconds", ""),
      ("1795258578000", "not a number of seconds", "milliseconds"),
      ("5000000000", "not a number of seconds", ""),
      ("2026-11-21T10:56:18", "needs its zone", "Add Z"),
      ("2026-11-21T10:56:18.5Z", "no fraction of a second", "SECONDS:INCREMENT"),
      ("2026-11-21T10:56:18.000Z", "no fraction of a second", ""),
      ("2026-11-21", "a day is no moment", "2026-11-21T00:00:00Z"),
      ("2026-02-30T00:00:00Z", "neither a word", ""),
      ("1969-12-31T23:59:59Z", "not one that an oplog can have", ""),
      ("before:2026-11-21T10:56:18", "needs its zone", ""),
    ])
  func refused(text: String, message: String, hint: String) throws {
    let failure = try #require(#expect(throws: Failure.self) { try Target(text) })
    #expect(failure.kind == .usage)
    #expect(failure.code == "invalid-target")
    #expect(failure.message.contains(message), "\(failure)")
    #expect(failure.message.contains("\"\(text)\""))
    #expect(hint.isEmpty || failure.hint?.contains(hint) == true, "\(failure.hint ?? "")")
  }

  @Test("is latest where slices are given, else the dump's end")
  func standard() {
    #expect(Target.standard(hasSlices: true) == .latest)
    #expect(Target.standard(hasSlices: false) == .dumpEnd)
  }
}

@Suite("a target is resolved")
struct TargetResolutionTests {
  /// Window 10:1 to 10:3; proven through 20:5; unproven from there to 30:1, through 30:9; a gap up to 50:1.
  private let madeUp: MadeUpChain

  init() throws {
    func inserts(_ times: String...) -> [Document] { times.map { entry($0, insert(1)) } }
    madeUp = try MadeUpChain(
      base: inserts("10:1", "10:3"),
      slices: [
        inserts("10:1", "10:3", "12:1", "20:5"), inserts("30:1", "30:9"),
        [
          entry("50:1", insert(1)),
          entry("50:2", insert(1), ["prevOpTime": ["ts": timestamp("40:1"), "t": 1]]),
        ],
      ])
  }

  @Test(
    "through a timestamp",
    arguments: [
      ("dump-end", "10:3"), ("10:3", "10:3"), ("12:1", "12:1"), ("13:7", "13:7"), ("before:12:1", "12:0"),
      ("20:5", "20:5"), ("before:20:6", "20:5"), ("10", "10:4294967295"), ("before:11", "10:4294967295"),
      ("1970-01-01T00:00:19Z", "19:4294967295"), ("before:1970-01-01T00:00:20Z", "19:4294967295"),
    ])
  func proven(text: String, through: String) throws {
    let resolved = try Target(text).resolve(in: madeUp.chain)
    #expect(resolved.through == Timestamp(through))
    #expect(resolved.isProven)
    #expect(resolved.warnings.isEmpty)
  }

  @Test(
    "past an unproven seam, which it names",
    arguments: ["20:6", "25:1", "20", "29", "30:1", "30:9", "before:30:9"])
  func unproven(text: String) throws {
    let resolved = try Target(text).resolve(in: madeUp.chain)
    #expect(!resolved.isProven)
    #expect(resolved.unproven.map(\.before.timestamp) == [Timestamp(seconds: 20, increment: 5)])
    #expect(resolved.unproven[0].description.contains("ends at 20:5"))
    #expect(resolved.unproven[0].description.contains("begins at 30:1"))
  }

  @Test(
    "or refused with what would be possible",
    arguments: [
      ("10:2", "target-before-dump"), ("before:10:3", "target-before-dump"), ("9", "target-before-dump"),
      ("before:10", "target-before-dump"), ("30", "target-past-gap"), ("30:10", "target-past-gap"),
      ("49:1", "target-past-gap"), ("50:1", "target-past-gap"), ("latest", "target-past-gap"),
      ("99", "target-past-gap"),
    ])
  func refused(text: String, code: String) throws {
    let failure = try #require(
      #expect(throws: Failure.self) { try Target(text).resolve(in: madeUp.chain) })
    #expect(failure.kind == .damagedBackup)
    #expect(failure.code == code, "\(failure)")
    #expect(
      failure.hint?.contains(
        "Targets from 10:3 (1970-01-01T00:00:10Z) through 20:5 (1970-01-01T00:00:20Z) are proven") == true,
      "\(failure.hint ?? "")")
    #expect(failure.hint?.contains("through 30:9 (1970-01-01T00:00:30Z) past unproven seams") == true)
  }

  @Test("in a gap or past it, which the message tells apart")
  func gap() throws {
    let inside = #expect(throws: Failure.self) { try Target("40:1").resolve(in: madeUp.chain) }
    #expect(inside?.message.contains("lies in a gap") == true)
    let behind = #expect(throws: Failure.self) { try Target("50:2").resolve(in: madeUp.chain) }
    #expect(behind?.message.contains("lies past a gap") == true)
    #expect(behind?.message.contains("continues one at 40:1") == true)
  }

  @Test("not past the oplog's end, nor at a time in its last second: it may have had more entries")
  func end() throws {
    let short = try MadeUpChain(base: [entry("10:1", insert(1)), entry("10:3", insert(1))])
    let behind = #expect(throws: Failure.self) { try Target("11:1").resolve(in: short.chain) }
    #expect(behind?.code == "target-past-end")
    #expect(behind?.message.contains("past the oplog's end at 10:3") == true)
    let same = #expect(throws: Failure.self) { try Target("10").resolve(in: short.chain) }
    #expect(same?.code == "target-past-end")
    #expect(same?.message.contains("within the second of the target") == true)
    #expect(same?.hint?.contains("Give 10:3") == true)
    #expect(try Target("latest").resolve(in: short.chain).through == Timestamp("10:3"))
  }

  @Test(
    "into words",
    arguments: [
      ("12:1", "through 12:1"), ("before:12:1", "up to 12:1, without it"),
      ("12", "through the last entry of 1970-01-01T00:00:12Z"),
      ("before:12", "up to the first entry of 1970-01-01T00:00:12Z, without it"),
    ])
  func words(text: String, words: String) throws {
    #expect(try Target(text).resolve(in: madeUp.chain).text == words)
  }
}

private func timestamp(_ text: String) -> Value { .timestamp(Timestamp(text) ?? Timestamp(bits: 0)) }

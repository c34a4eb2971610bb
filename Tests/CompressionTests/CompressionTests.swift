import Compression
import Platform
import Testing

@Suite("compressed files")
struct CompressionTests {
  private static let sampleFiles = [
    "sample.s2", "sample.best.s2", "sample.indexed.s2", "sample.snappy", "sample.zst", "sample.lz4",
  ]
  private static let smallFiles = [
    "small.s2", "small.best.s2", "small.raw.s2", "small.snappy", "small.zst", "small.lz4",
  ]

  /// The format's name by a file's last extension.
  private func format(_ name: String) -> String {
    name.hasSuffix(".zst") ? "zstd" : String(name.split(separator: ".").last ?? "")
  }

  @Test("are known by their first bytes and read whole", arguments: sampleFiles)
  func samples(name: String) throws {
    let reader = try openDecompressed(CompressedFiles.path(name))
    #expect(reader.compression == format(name))
    #expect(try reader.readAll(limit: 1 << 24) == CompressedFiles.sample)
    #expect(try Int(reader.fileBytesRead) == CompressedFiles.bytes(name).count)
    #expect(try reader.read(upTo: 10).isEmpty)
  }

  @Test("give the same in pieces of any size", arguments: smallFiles, [1, 7, 100])
  func pieces(name: String, size: Int) throws {
    #expect(try read(CompressedFiles.path(name), piece: size) == CompressedFiles.small)
  }

  @Test("may hold several streams, one behind the other", arguments: smallFiles)
  func several(name: String) throws {
    let bytes = try CompressedFiles.bytes(name)
    let file = try TemporaryFile(bytes + bytes)
    #expect(try read(file.path) == CompressedFiles.small + CompressedFiles.small)
  }

  @Test("may begin with a frame to skip, as pzstd's do")
  func skippable() throws {
    let frame: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    let file = try TemporaryFile(frame + CompressedFiles.bytes("small.zst"))
    #expect(try read(file.path) == CompressedFiles.small)
    #expect(try codeOfReading(frame.dropLast()) == "zstd-cut-short")
  }

  @Test("are refused when cut at any byte", arguments: smallFiles)
  func cuts(name: String) throws {
    let bytes = try CompressedFiles.bytes(name)
    // What is shorter is not recognised. In snappy and s2 nothing marks the end: a cut between two chunks can't be
    // known, and the only one here lies behind the stream's identifier.
    let (first, unknown) = ["snappy", "s2"].contains(format(name)) ? (11, 10) : (4, 0)
    for count in first..<bytes.count where count != unknown {
      #expect(try codeOfReading(Array(bytes.prefix(count))) == "\(format(name))-cut-short", "at \(count)")
    }
  }

  @Test("are refused when a bit is flipped", arguments: smallFiles)
  func flips(name: String) throws {
    let bytes = try CompressedFiles.bytes(name)
    let first = ["snappy", "s2"].contains(format(name)) ? 10 : 4
    for at in first..<bytes.count {
      for bit in [0, 3, 7] {
        var changed = bytes
        changed[at] ^= 1 << bit
        let code = try codeOfReading(changed)
        let isHarmless = try code == nil && content(changed) == CompressedFiles.small
        // A few header bits change nothing that is read, such as the level that a compressor worked at.
        #expect(
          isHarmless
            || ["corrupt", "cut-short", "trailing-garbage", "needs-memory"]
              .contains { code == "\(format(name))-\($0)" },
          "byte \(at), bit \(bit): \(code ?? "accepted")")
      }
    }
  }

  private func content(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = try TemporaryFile(bytes)
    return try read(file.path)
  }

  @Test("are refused with something behind them", arguments: ["small.zst", "small.lz4"])
  func garbage(name: String) throws {
    let bytes = try CompressedFiles.bytes(name)
    for more in [[0], [0, 0, 0, 0], Array("some text".utf8)] as [[UInt8]] {
      #expect(try codeOfReading(bytes + more) == "\(format(name))-trailing-garbage")
    }
  }

  @Test("say where in the file the data is corrupt")
  func places() throws {
    var bytes = try CompressedFiles.bytes("sample.snappy")
    let end = bytes.count
    bytes[end - 1] ^= 1
    let file = try TemporaryFile(bytes)
    let failure = #expect(throws: Failure.self) { try read(file.path) }
    #expect(failure?.code == "snappy-corrupt")
    let offset = try Int(#require(failure?.place?.offset))
    #expect(offset > 0 && offset < end && bytes[offset] <= 1, "the start of the last chunk")
  }

  @Test(
    "of s2 are refused when a copy reaches back before their start or beyond their end",
    arguments: [
      [0x01, 0x00],  // repeats a distance that there is none of
      [0x00, 0x41, 0x01, 0x02],  // two bytes back after one
      [0x00, 0x41, 0x1D, 0x01],  // more than the chunk holds
      [0x00, 0x41],  // less
      [0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x41],  // a literal of 4 GiB
      [0x00, 0x41, 0x15, 0x00],  // a repeat cut off
    ] as [[UInt8]])
  func malformed(block: [UInt8]) throws {
    let data: [UInt8] = [0, 0, 0, 0, 5] + block
    let chunk = [0, UInt8(data.count), 0, 0] + data
    let start = try CompressedFiles.bytes("small.s2").prefix(10)
    #expect(try codeOfReading(start + chunk) == "s2-corrupt")
  }
}

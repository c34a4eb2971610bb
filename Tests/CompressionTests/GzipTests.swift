import CZlib
import Compression
import Platform
import Testing

@Suite("gzip")
struct GzipTests {
  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    unsafe withUnsafeTemporaryAllocation(of: z_stream.self, capacity: 1) { stream in
      unsafe stream.initialize(repeating: z_stream())
      guard let stream = stream.baseAddress else { return [] }
      unsafe mongodrill_deflate_init_gzip(stream, 6)
      var input = bytes
      var output = [UInt8](repeating: 0, count: bytes.count + 1000)
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe stream.pointee.next_in = input.baseAddress
          unsafe stream.pointee.avail_in = UInt32(input.count)
          unsafe stream.pointee.next_out = output.baseAddress
          unsafe stream.pointee.avail_out = UInt32(output.count)
          _ = unsafe deflate(stream, Z_FINISH)
        }
      }
      let count = unsafe Int(stream.pointee.total_out)
      unsafe deflateEnd(stream)
      return Array(output.prefix(count))
    }
  }

  private func read(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = try TemporaryFile(bytes)
    return try openDecompressed(file.path).readAll(limit: 1 << 24)
  }

  private func code(_ bytes: [UInt8]) -> String? {
    do {
      _ = try read(bytes)
      return nil
    } catch { return (error as? Failure)?.code }
  }

  private let text = Array(String(repeating: "a line that repeats, and then some. ", count: 100).utf8)

  @Test("is recognised by its first bytes, and what isn't stays as it is")
  func recognition() throws {
    let file = try TemporaryFile(gzip(text))
    let reader = try openDecompressed(file.path)
    #expect(reader.compression == "gzip")
    #expect(try reader.readAll(limit: 1 << 20) == text)
    for bytes in [[], [0x1F], [0x1E, 0x8B], text] { #expect(try read(bytes) == bytes) }
  }

  @Test("may have several members")
  func members() throws {
    #expect(try read(gzip(text) + gzip([]) + gzip([1, 2, 3])) == text + [1, 2, 3])
  }

  @Test("may be larger than any buffer")
  func large() throws {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(try read(gzip(bytes)) == bytes)
  }

  @Test("is refused when cut at any byte")
  func cuts() {
    let bytes = gzip(text)
    for count in 2..<bytes.count {
      #expect(code(Array(bytes.prefix(count))) == "gzip-cut-short", "at \(count)")
    }
    let two = bytes + bytes
    // A cut between two members can't be known.
    #expect(code(Array(two.prefix(bytes.count))) == nil)
    for count in bytes.count + 1..<two.count { #expect(code(Array(two.prefix(count))) == "gzip-cut-short") }
  }

  @Test("is refused when a byte of the data or of the trailer is flipped")
  func flips() {
    let bytes = gzip(text)
    for at in 10..<bytes.count {
      var changed = bytes
      changed[at] ^= 0x10
      #expect(
        ["gzip-corrupt", "gzip-cut-short", "gzip-trailing-garbage"].contains(code(changed)), "at \(at)")
    }
  }

  @Test(
    "is refused with something behind it",
    arguments: [[0], [0, 0, 0, 0], [1, 2], Array("text".utf8)] as [[UInt8]])
  func garbage(bytes: [UInt8]) throws {
    let good = gzip(text)
    #expect(code(good + bytes) == "gzip-trailing-garbage")
    let file = try TemporaryFile(good + bytes)
    let failure = #expect(throws: Failure.self) { try openDecompressed(file.path).readAll(limit: 1 << 20) }
    #expect(failure?.place == Place(file.path, offset: UInt64(good.count)))
  }

  @Test("takes a missing file for a backup that isn't there")
  func missing() {
    let failure = #expect(throws: Failure.self) { try openDecompressed("/nowhere/at/all") }
    #expect(failure?.kind == .backupNotFound)
  }
}

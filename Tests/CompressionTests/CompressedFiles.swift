import Compression
import Foundation
import Platform

/// The files in `Tests/Fixtures/compressed`, and the two texts that they were made of.
enum CompressedFiles {
  private static let folder = Files.folder(of: Files.folder(of: #filePath)) + "/Fixtures/compressed"

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  private static func rows(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { Array("row \($0 / 3): \("abcdefghij".prefix($0 % 11))\n".utf8) }
  }

  static let small = rows(60)

  /// Rows, a long run of zeros, bytes that repeat nothing, the rows again.
  static let sample: [UInt8] = {
    var state = 1
    let noise = (0..<1500).map { _ in
      state = (state * 1_103_515_245 + 12345) & 0x7FFF_FFFF
      return UInt8(state >> 16 & 255)
    }
    return rows(3000) + [UInt8](repeating: 0, count: 1_200_000) + noise + rows(3000)
  }()
}

/// All that a file holds, read in pieces of `piece` bytes.
func read(_ path: String, piece: Int = 64 << 10) throws -> [UInt8] {
  let reader = try openDecompressed(path)
  var bytes: [UInt8] = []
  while true {
    let next = try reader.read(upTo: piece)
    if next.isEmpty { return bytes }
    bytes += next
  }
}

/// The code of what reading these bytes fails with; nil when it doesn't.
func codeOfReading(_ bytes: [UInt8]) throws -> String? {
  let file = try TemporaryFile(bytes)
  do {
    _ = try read(file.path)
    return nil
  } catch { return (error as? Failure)?.code }
}

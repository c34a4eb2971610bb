import BSON
import Testing

/// One of each type, and the bytes that bsonspec.org asks for.
let everyType: [(Value, [UInt8])] = [
  (.double(1.5), [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]),
  (.string("é"), [3, 0, 0, 0, 0xC3, 0xA9, 0]),
  (.document(["a": 1]), [12, 0, 0, 0, 0x10, 0x61, 0, 1, 0, 0, 0, 0]),
  (.array(["0": .null]), [8, 0, 0, 0, 0x0A, 0x30, 0, 0]),
  (.binary(subtype: 2, [1, 2]), [2, 0, 0, 0, 2, 1, 2]),
  (.undefined, []),
  (.objectID(ObjectID(bytes: Array(1...12))), Array(1...12)),
  (.bool(true), [1]),
  (.date(-1), [UInt8](repeating: 0xFF, count: 8)),
  (.null, []),
  (.regex(pattern: "a", options: "i"), [0x61, 0, 0x69, 0]),
  (.dbPointer("a", ObjectID(bytes: Array(1...12))), [2, 0, 0, 0, 0x61, 0] + Array(1...12)),
  (.code("x"), [2, 0, 0, 0, 0x78, 0]),
  (.symbol("x"), [2, 0, 0, 0, 0x78, 0]),
  (.codeWithScope("x", [:]), [15, 0, 0, 0, 2, 0, 0, 0, 0x78, 0, 5, 0, 0, 0, 0]),
  (.int32(-2), [0xFE, 0xFF, 0xFF, 0xFF]),
  (.timestamp(Timestamp(seconds: 2, increment: 1)), [1, 0, 0, 0, 2, 0, 0, 0]),
  (.int64(1), [1, 0, 0, 0, 0, 0, 0, 0]),
  (.decimal128(low: 1, high: 2), [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
  (.maxKey, []),
  (.minKey, []),
]

@Suite("documents")
struct DocumentTests {
  @Test("hold each type as the specification lays it out, and give it back", arguments: everyType)
  func types(value: Value, bytes: [UInt8]) throws {
    let document = Document([("v", value)])
    #expect(Array(document.bytes.dropFirst(7).dropLast()) == bytes)
    #expect(Array(document.bytes.prefix(2)) == [UInt8(bytes.count + 8), 0])
    let read = try Document(document.bytes)
    #expect(read["v"] == value)
    #expect(read.names == ["v"])
  }

  @Test("are refused when cut short at any byte")
  func cuts() {
    let document = Document(everyType.enumerated().map { ("field\($0)", $1.0) })
    for count in 0..<document.bytes.count {
      #expect(throws: MalformedBSON.self) { try Document(document.bytes.prefix(count)) }
    }
    #expect(throws: Never.self) { try Document(document.bytes) }
    #expect(throws: MalformedBSON.self) { try Document(document.bytes + [0]) }
  }

  @Test("are refused when their length is patched to fit a cut at any byte")
  func shortened() {
    let document = Document([("v", .document(Document(everyType.enumerated().map { ("f\($0)", $1.0) })))])
    for count in 6..<document.bytes.count {
      var bytes = Array(document.bytes.prefix(count))
      bytes[0] = UInt8(count & 255)
      bytes[1] = UInt8(count >> 8)
      bytes[count - 1] = 0
      #expect(throws: MalformedBSON.self) { try Document(bytes[...]) }
    }
  }

  @Test("are refused where a length lies", arguments: everyType.filter { $0.1.count > 4 })
  func lengths(value: Value, bytes: [UInt8]) {
    let hasLength: Bool =
      switch value {
      case .string, .document, .array, .binary, .dbPointer, .code, .symbol, .codeWithScope: true
      default: false
      }
    guard hasLength else { return }
    let good = Document([("v", value)])
    let length = Int32(bytes[0])
    for wrong in [Int32.min, -1, length - 1, length + 1, length + 2, .max] {
      var bytes = Array(good.bytes)
      for index in 0..<4 { bytes[7 + index] = UInt8(truncatingIfNeeded: wrong >> (8 * Int32(index))) }
      #expect(throws: MalformedBSON.self, "\(value) with length \(wrong)") { try Document(bytes[...]) }
    }
  }

  @Test("are refused with an element of any type that there is not")
  func unknownTypes() {
    for type in UInt8.min...UInt8.max where ElementType(rawValue: type) == nil && type != 0 {
      let error = #expect(throws: MalformedBSON.self) { try Document([8, 0, 0, 0, type, 0x61, 0, 0]) }
      #expect(error?.offset == 4)
    }
  }

  @Test(
    "say where they are malformed",
    arguments: [
      ([9, 0, 0, 0, 0x08, 0x61, 0, 2, 0], 7), ([8, 0, 0, 0, 0x0A, 0x61, 0x62, 0], 4),
      ([7, 0, 0, 0, 0, 0x61, 0], 4), ([5, 0, 0, 0, 1], 4), ([4, 0, 0, 0], 0), ([255, 255, 255, 255, 0], 0),
      ([15, 0, 0, 0, 0x02, 0x61, 0, 2, 0, 0, 0, 0x78, 0x79, 0, 0], 12),
    ] as [([UInt8], Int)])
  func places(bytes: [UInt8], offset: Int) {
    let error = #expect(throws: MalformedBSON.self) { try Document(bytes[...]) }
    #expect(error?.offset == offset, "\(String(describing: error))")
  }

  private func nested(_ depth: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for level in 0..<depth {
      let length = 5 + 8 * (depth - level)
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [0x03, 0x61, 0]
    }
    return bytes + [5, 0, 0, 0] + [UInt8](repeating: 0, count: depth + 1)
  }

  @Test(
    "may nest as deep as a server allows, and no deeper",
    arguments: [(1, true), (999, true), (1000, false), (10_000, false)])
  func depth(depth: Int, isAccepted: Bool) {
    let document = try? Document(nested(depth)[...])
    #expect((document != nil) == isAccepted)
  }

  @Test("may hold strings that are not UTF-8, as the server's may")
  func invalidUTF8() throws {
    let bytes: [UInt8] = [14, 0, 0, 0, 0x02, 0x61, 0, 2, 0, 0, 0, 0xFF, 0, 0]
    #expect(try Document(bytes[...])["a"]?.string == "\u{FFFD}")
  }

  @Test("tell names apart that look alike")
  func names() {
    let document: Document = ["caf\u{E9}": 1, "cafe\u{301}": 2]
    #expect(document["caf\u{E9}"] == 1)
    #expect(document["cafe\u{301}"] == 2)
    #expect(document.setting("cafe\u{301}", to: 3)["caf\u{E9}"] == 1)
    #expect(document.removing(["caf\u{E9}"]).names.map { Array($0.utf8) } == [Array("cafe\u{301}".utf8)])
    #expect(Namespace("a", "caf\u{E9}") != Namespace("a", "cafe\u{301}"))
  }

  @Test("survive any change of one byte or two", arguments: [1, 2, 3, 4] as [UInt64])
  func mutation(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let good = Array(Document(everyType.enumerated().map { ("f\($0)", $1.0) }).bytes)
    var accepted = 0
    for _ in 0..<500 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
      }
      guard let document = try? Document(bytes[...]) else { continue }
      accepted += 1
      // What was accepted can be walked.
      #expect(document.reduce(0) { count, _ in count + 1 } > 0)
    }
    #expect(accepted > 0 && accepted < 500)
  }
}

/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

internal import CLibYAML
internal import Glibc
internal import Platform

extension Node {
  /// The largest file that is read: 1 MiB.
  package static let largestFile = 1 << 20
  /// The deepest nesting that is followed.
  package static let deepest = 100

  /// Reads a file of one YAML document. Nil when it cannot be read or is malformed, which `diagnostics` then says;
  /// other problems (duplicate keys) are reported too, and the node given.
  package static func read(_ path: String, _ diagnostics: Diagnostics) -> Node? {
    guard let file = unsafe fopen(path, "re") else {
      diagnostics.report(.unreadable(path, reason: Failure.text(errno: errno)))
      return nil
    }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: largestFile + 1)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    if unsafe ferror(file) != 0 {
      diagnostics.report(.unreadable(path, reason: Failure.text(errno: errno)))
      return nil
    }
    return parse(Array(bytes.prefix(count)), file: path, diagnostics)
  }

  /// Parses the text of one YAML document; `file` is for the places.
  package static func parse(_ text: String, file: String, _ diagnostics: Diagnostics) -> Node? {
    parse(Array(text.utf8), file: file, diagnostics)
  }

  /// Parses the bytes of one YAML document; see `read`.
  package static func parse(_ bytes: [UInt8], file: String, _ diagnostics: Diagnostics) -> Node? {
    guard bytes.count <= largestFile else {
      diagnostics.report(.tooLarge(file, bytes: bytes.count))
      return nil
    }
    // Some editors begin a file with the mark of UTF-8; to libyaml it would be an empty document.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    do throws(Failure) {
      return try unsafe bytes.withUnsafeBufferPointer { input throws(Failure) in
        let reader = unsafe EventReader(input, copy: bytes, file: file, diagnostics)
        return try reader.document()
      }
    } catch {
      diagnostics.report(error)
      return nil
    }
  }
}

/// Builds nodes from libyaml's events.
@safe private struct EventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let event: UnsafeMutablePointer<yaml_event_t>
  /// The input again, to work out places from.
  private let bytes: [UInt8]
  private let file: String
  private let diagnostics: Diagnostics

  /// `input` has to live as long as the reader.
  init(
    _ input: UnsafeBufferPointer<UInt8>, copy bytes: [UInt8], file: String, _ diagnostics: Diagnostics
  ) {
    self.bytes = bytes
    self.file = file
    self.diagnostics = diagnostics
    unsafe parser = .allocate(capacity: 1)
    unsafe event = .allocate(capacity: 1)
    unsafe event.initialize(to: yaml_event_t())
    unsafe yaml_parser_initialize(parser)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    // Without this, a byte order mark would switch to UTF-16.
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    unsafe yaml_event_delete(event)
    unsafe yaml_parser_delete(parser)
    unsafe event.deallocate()
    unsafe parser.deallocate()
  }

  /// The one document of the stream.
  func document() throws(Failure) -> Node {
    try next()
    try next()
    guard unsafe event.pointee.type == YAML_DOCUMENT_START_EVENT else {
      throw .malformed("the file is empty", at: Place(file, line: 1, column: 1), context: nil, hint: nil)
    }
    try next()
    let node = try node(depth: 0)
    try next()
    try next()
    if unsafe event.pointee.type == YAML_DOCUMENT_START_EVENT {
      throw .unsupported("a second document is", at: here, hint: "Put each into a file of its own.")
    }
    return node
  }

  /// Where the current event starts.
  private var here: Place { place(unsafe event.pointee.start_mark) }

  private func place(_ mark: yaml_mark_t) -> Place {
    Place(file, line: mark.line + 1, column: mark.column + 1)
  }

  private func next() throws(Failure) {
    unsafe yaml_event_delete(event)
    if unsafe yaml_parser_parse(parser, event) == 0 { throw syntaxError() }
  }

  /// The node that the current event begins; afterwards its last event is the current one.
  private func node(depth: Int) throws(Failure) -> Node {
    let place = here
    guard depth < Node.deepest else {
      throw .unsupported("nesting deeper than \(Node.deepest) is", at: place, hint: "Nest less deeply.")
    }
    switch unsafe event.pointee.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.pointee.data.scalar
      try unsafe refuse(anchor: scalar.anchor, tag: scalar.tag)
      let text = unsafe String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
      return Node(.scalar(Node.Scalar(text, isPlain: isPlain)), at: place)
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.pointee.data.sequence_start
      try unsafe refuse(anchor: start.anchor, tag: start.tag)
      var nodes: [Node] = []
      try next()
      while unsafe event.pointee.type != YAML_SEQUENCE_END_EVENT {
        nodes.append(try node(depth: depth + 1))
        try next()
      }
      return Node(.sequence(nodes), at: place)
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.pointee.data.mapping_start
      try unsafe refuse(anchor: start.anchor, tag: start.tag)
      return Node(.mapping(try entries(depth: depth)), at: place)
    default:
      throw .unsupported("an alias is", at: place, hint: "Write the value out where it is used.")
    }
  }

  private func entries(depth: Int) throws(Failure) -> [Node.Entry] {
    var entries: [Node.Entry] = []
    var places: [[UInt8]: Place] = [:]
    try next()
    while unsafe event.pointee.type != YAML_MAPPING_END_EVENT {
      let key = try node(depth: depth + 1)
      guard let name = key.text else {
        throw .unsupported("a key that is \(key.found) is", at: key.place, hint: "Keys are plain words.")
      }
      if name.utf8.contains(0) {
        throw .unsupported("a key with a NUL is", at: key.place, hint: "BSON has no such field names.")
      }
      try next()
      let value = try node(depth: depth + 1)
      let bytes = Array(name.utf8)
      if let first = places[bytes] {
        diagnostics.report(.duplicateKey(name, at: key.place, first: first))
      } else {
        places[bytes] = key.place
        entries.append(Node.Entry(name, at: key.place, value))
      }
      try next()
    }
    return entries
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?
  ) throws(Failure) {
    if unsafe anchor != nil {
      throw .unsupported("an anchor is", at: here, hint: "Write the value out where it is used.")
    }
    if unsafe tag != nil {
      throw .unsupported("a tag is", at: here, hint: "BSON types are written as Extended JSON: {$date: …}.")
    }
  }

  private func syntaxError() -> Failure {
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "cannot be read"
    if unsafe parser.pointee.error == YAML_READER_ERROR {
      let offset = min(unsafe parser.pointee.problem_offset, bytes.count)
      return .malformed(problem, at: place(ofByte: offset), context: nil, hint: "The file has to be UTF-8.")
    }
    var context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
    if let words = context { context = "\(words) of line \(unsafe parser.pointee.context_mark.line + 1)" }
    let mark = unsafe parser.pointee.problem_mark
    let isTab = mark.index < bytes.count && isTab(at: mark)
    return .malformed(
      problem, at: place(mark), context: context,
      hint: isTab ? "Indent with spaces: YAML allows no tabs there." : nil)
  }

  /// Whether a tab stands at a mark, or between the start of its line and it.
  private func isTab(at mark: yaml_mark_t) -> Bool {
    var line = 0
    var column = 0
    for byte in bytes {
      if line == mark.line {
        if byte == UInt8(ascii: "\t") { return true }
        if byte != UInt8(ascii: " ") || column > mark.column { return false }
        column += 1
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
    return false
  }

  private func place(ofByte offset: Int) -> Place {
    var line = 1
    var column = 1
    for byte in bytes[..<offset] {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return Place(file, line: line, column: column)
  }
}

package import Platform

extension Sidecar {
  /// Reads one. Throws a `Failure` of kind `damagedBackup` when it is no JSON object.
  package init(reading path: String) throws(Failure) {
    // One that is a pipe would never end.
    guard Files.kind(of: path) == .file else {
      throw .sidecarMalformed(path, at: nil, "it is no plain file")
    }
    let bytes = try Files.read(path, limit: 64 << 20)
    let json: JSON
    do throws(MalformedJSON) { json = try JSON.parse(bytes) } catch {
      throw .sidecarMalformed(path, at: error.offset, error.message)
    }
    try self.init(json, at: path)
  }

  init(_ json: JSON, at path: String) throws(Failure) {
    guard case .object = json else { throw .sidecarMalformed(path, at: nil, "the text is no object") }
    self.init(path: path)
    let keys = SidecarKeys(json)
    id = keys.text("id", "backupid", "backupname", "name")
    type = keys.text("type", "backuptype", "kind")
    database = keys.text("database", "db", "dbname")
    time = keys.first(
      "completedat", "completed", "finishedat", "finished", "endtime", "endedat", "timestamp", "time",
      "backuptime",
      "date", "createdat", "created", "starttime", "startedat"
    ) { Sidecar.time($0) }
    outcome = Sidecar.outcome(keys, &unknownWords)
    notes += unknownWords.map { "its \($0) is no word that is known; it says nothing of how the backup went" }
    bytes = keys.first(
      "sizebytes", "totalsizebytes", "backupsizebytes", "backupsize", "totalsize", "archivesizebytes",
      "archivesize",
      "compressedsizebytes", "compressedsize", "filesizebytes", "filesize", "totalbytes", "size", "bytes"
    ) { $0.count }
    if bytes == nil, let words = keys.text("size", "backupsize", "totalsize", "sizebytes", "totalsizebytes") {
      notes.append("its size, \(words), is no number of bytes; not compared")
    }
    readFiles(keys)
    readCollections(keys)
  }

  // MARK: Files

  private mutating func readFiles(_ keys: SidecarKeys) {
    for (key, value) in keys.members {
      guard
        ["checksum", "checksums", "hash", "hashes", "digest", "digests"].contains(key)
          || StreamDigest.Algorithm(rawValue: key) != nil || ["files", "sizes", "artifacts"].contains(key)
      else { continue }
      let algorithm = StreamDigest.Algorithm(rawValue: key)
      let subject = "its \(key)"
      switch value {
      // A checksum that names no file is that of the backup, which then is one file.
      case .string(let text): claim("", text, algorithm)
      case .object(let members):
        for member in members {
          if let inner = StreamDigest.Algorithm(rawValue: SidecarKeys.canonical(member.key)) {
            if case .object(let files) = member.value {
              for file in files { claim(file.key, file.value, inner) }
              if files.isEmpty { passOver("\(subject).\(member.key)") }
            } else {
              claim("", member.value, inner)
            }
          } else {
            claim(member.key, member.value, algorithm, isOfSizes: key == "sizes" || key == "files")
          }
        }
      case .array(let elements):
        for element in elements {
          let fields = SidecarKeys(element)
          if case .string(let name) = element {
            add(FileClaim(name: name))
          } else if let name = fields.text("path", "file", "filename", "name", "key") {
            claim(name, element, nil)
          } else {
            passOver("an entry of \(subject)")
          }
        }
      // How many there are is no claim on one of them.
      case .integer where ["files", "artifacts"].contains(key): continue
      default: passOver(subject, value)
      }
    }
  }

  private mutating func claim(
    _ name: String, _ value: JSON, _ algorithm: StreamDigest.Algorithm?, isOfSizes: Bool = false
  ) {
    switch value {
    case .string(let text):
      if isOfSizes, let bytes = value.count, text.utf8.count < 20 {
        add(FileClaim(name: name, bytes: bytes))
      } else {
        claim(name, text, algorithm)
      }
    case .integer(let bytes): add(FileClaim(name: name, bytes: Int(bytes)))
    case .object:
      let fields = SidecarKeys(value)
      let sizes = ["sizebytes", "size", "bytes", "length"]
      let bytes = sizes.lazy.compactMap { fields[$0]?.count }.first
      add(FileClaim(name: name, bytes: bytes))
      for (key, value) in fields.members {
        if let algorithm = StreamDigest.Algorithm(rawValue: key) {
          claimDigest(name, value, algorithm)
        } else if ["checksum", "hash", "digest", "checksums", "hashes", "digests"].contains(key) {
          claimDigest(name, value, nil)
        } else if bytes == nil, sizes.contains(key) {
          passOver("the \(key) of \(name)", value)
        }
      }
    default: passOver("what it says of \(name)", value)
    }
  }

  /// Takes the checksums of a file: one as text, several by their algorithms, or with the algorithm beside the digits.
  private mutating func claimDigest(_ name: String, _ value: JSON, _ algorithm: StreamDigest.Algorithm?) {
    switch value {
    case .string(let text): claim(name, text, algorithm)
    case .array(let elements):
      for element in elements { claimDigest(name, element, algorithm) }
    case .object(let members):
      let fields = SidecarKeys(value)
      if let digits = fields.text("value", "digest", "hash", "checksum", "hex") {
        let said = fields.text("algorithm", "algo", "type", "method", "name").map(SidecarKeys.canonical)
        claim(name, digits, said.flatMap(StreamDigest.Algorithm.init) ?? algorithm)
        return
      }
      for member in members {
        guard let inner = StreamDigest.Algorithm(rawValue: SidecarKeys.canonical(member.key)),
          case .string(let text) = member.value
        else {
          passOver("the checksum \(member.key) of \(name)", member.value)
          continue
        }
        claim(name, text, inner)
      }
    default: passOver("the checksum of \(name)", value)
    }
  }

  /// Notes what stands under a key that is known, in a form that isn't.
  private mutating func passOver(_ subject: String, _ value: JSON? = nil) {
    if value == .null { return }
    notes.append("\(subject) is of a form that is not known; not compared")
  }

  /// Takes a checksum: `sha256:…`, or digits whose number tells which it is.
  private mutating func claim(_ name: String, _ text: String, _ algorithm: StreamDigest.Algorithm?) {
    var digits = Substring(text.lowercased())
    var algorithm = algorithm
    if let mark = digits.firstIndex(where: { $0 == ":" || $0 == "-" }) {
      algorithm = StreamDigest.Algorithm(rawValue: String(digits[..<mark])) ?? algorithm
      digits = digits[digits.index(after: mark)...]
    }
    algorithm = algorithm ?? StreamDigest.Algorithm.allCases.first { $0.digits == digits.utf8.count }
    guard let algorithm, digits.utf8.count == algorithm.digits, digits.allSatisfy(\.isHexDigit) else {
      let subject = name.isEmpty ? "its checksum" : "the checksum of \(name)"
      notes.append("\(subject), \(text), is none that is known (md5, sha1, sha256, sha512); not compared")
      // The file has to be there all the same.
      if !name.isEmpty { add(FileClaim(name: name)) }
      return
    }
    add(FileClaim(name: name, digests: [algorithm: String(digits)]))
  }

  private mutating func add(_ claim: FileClaim) {
    guard let known = files.firstIndex(where: { $0.name.utf8.elementsEqual(claim.name.utf8) }) else {
      files.append(claim)
      return
    }
    files[known].bytes = files[known].bytes ?? claim.bytes
    files[known].digests.merge(claim.digests) { first, _ in first }
  }

  // MARK: Collections

  private mutating func readCollections(_ keys: SidecarKeys) {
    for key in ["collections", "documentcounts", "collectioncounts", "counts", "documents"] {
      guard let value = keys[key] else { continue }
      if let count = value.count {
        if key == "documents" { documentCount = count } else { collectionCount = count }
      } else {
        readCollections(value, in: nil, "its \(key)")
      }
    }
    for key in [
      "collectioncount", "collectionscount", "totalcollections", "documentcount", "documentscount",
      "totaldocuments",
      "totaldocs",
    ] {
      if let value = keys[key], value.count == nil { passOver("its \(key)", value) }
    }
    collectionCount =
      keys.first("collectioncount", "collectionscount", "totalcollections") { $0.count } ?? collectionCount
    documentCount =
      keys.first("documentcount", "documentscount", "totaldocuments", "totaldocs") { $0.count }
      ?? documentCount
    switch keys["databases"] {
    case .array(let elements)?:
      for element in elements {
        let fields = SidecarKeys(element)
        guard let name = element.string ?? fields.text("name", "database", "db") else {
          passOver("an entry of its databases")
          continue
        }
        databases.append(name)
        if let collections = fields["collections"], collections.count == nil {
          readCollections(collections, in: name, "the collections of \(name)")
        }
      }
    case .object(let members)?:
      for member in members {
        databases.append(member.key)
        readCollections(
          SidecarKeys(member.value)["collections"] ?? member.value, in: member.key,
          "what it says of the database \(member.key)")
      }
    case nil, .null?: break
    // How many there are.
    case .integer?: break
    case let value?: passOver("its databases", value)
    }
  }

  /// `subject` is what a note calls the value.
  private mutating func readCollections(_ value: JSON, in database: String?, _ subject: String) {
    switch value {
    case .array(let elements):
      for element in elements {
        let fields = SidecarKeys(element)
        guard let name = element.string ?? fields.text("namespace", "ns", "collection", "name") else {
          passOver("an entry of \(subject)")
          continue
        }
        let documents = Sidecar.documents(in: fields)
        if documents == nil, fields.hasDocuments { passOver("the count of \(name)") }
        add(
          CollectionClaim(
            database: fields.text("database", "db") ?? database, name: name, documents: documents))
      }
    case .object(let members):
      for member in members {
        let fields = SidecarKeys(member.value)
        if let count = member.value.count ?? Sidecar.documents(in: fields) {
          add(CollectionClaim(database: database, name: member.key, documents: count))
        } else if case .object = member.value, database == nil, !member.key.contains(".") {
          readCollections(
            fields["collections"] ?? member.value, in: member.key, "what it says of \(member.key)")
        } else {
          // A namespace; without a dot it may be no collection's name.
          if case .object = member.value, database == nil {
            add(CollectionClaim(database: nil, name: member.key, documents: nil))
          }
          passOver("what it says of \(member.key)", member.value)
        }
      }
    default: passOver(subject, value)
    }
  }

  private static func documents(in fields: SidecarKeys) -> Int? {
    SidecarKeys.ofDocuments.lazy.compactMap { fields[$0]?.count }.first
  }

  private mutating func add(_ claim: CollectionClaim) {
    let known = collections.firstIndex { other in
      other.name.utf8.elementsEqual(claim.name.utf8)
        && (other.database ?? "").utf8.elementsEqual((claim.database ?? "").utf8)
    }
    guard let known else {
      collections.append(claim)
      return
    }
    collections[known].documents = collections[known].documents ?? claim.documents
  }

  // MARK: Time and outcome

  /// RFC 3339, another date, or seconds, milliseconds or microseconds since 1970.
  private static func time(_ value: JSON) -> WallTime? {
    switch value {
    case .string(let text): return WallTime(rfc3339: text) ?? WrittenDate.find(in: text)
    case .integer(let number): return time(Double(number))
    case .double(let number): return time(number)
    case .object:
      let fields = SidecarKeys(value)
      if let inner = fields["$date"] ?? fields["$numberlong"] { return time(inner) }
      return (fields["$timestamp"].map(SidecarKeys.init)?["t"] ?? fields["t"])?.count
        .flatMap { UInt32(exactly: $0) }.map { WallTime(seconds: Int($0)) }
    default: return nil
    }
  }

  private static func time(_ number: Double) -> WallTime? {
    let seconds = number > 1e14 ? number / 1e6 : number > 1e11 ? number / 1e3 : number
    return seconds > 0 && seconds < 1e11 ? WallTime(seconds: Int(seconds)) : nil
  }

  private static let good: Set<String> = [
    "success", "succeeded", "successful", "ok", "done", "complete", "completed", "finished", "good", "true",
  ]
  private static let bad: Set<String> = [
    "failed", "failure", "fail", "error", "errored", "aborted", "cancelled", "canceled", "corrupt", "damaged",
    "timeout", "timedout", "unsuccessful", "notok", "ko", "no", "completedwitherrors", "finishedwitherrors",
  ]
  private static let open: Set<String> = [
    "running", "inprogress", "started", "starting", "pending", "incomplete", "partial", "unfinished",
    "queued",
  ]

  /// Words that are neither good nor bad are put into `unknown`, with their keys.
  private static func outcome(_ keys: SidecarKeys, _ unknown: inout [String]) -> Outcome {
    var outcome = Outcome.unsaid
    let complaint = keys.text("error", "errormessage", "failurereason", "reason", "message")
    func failed(_ words: String) -> Outcome { .failed(complaint.map { "\(words) (\($0))" } ?? words) }
    for key in ["status", "state", "result", "outcome", "success", "succeeded", "ok", "successful"] {
      guard let value = keys[key] else { continue }
      switch value {
      case .bool(let isGood):
        if !isGood { return failed("\(key) is false") }
        outcome = .succeeded
      case .string(let word):
        let canonical = SidecarKeys.canonical(word)
        if bad.contains(canonical) || canonical == "false" { return failed("\(key) is \(word)") }
        if open.contains(canonical) { return .unfinished("\(key) is \(word)") }
        if good.contains(canonical) || canonical == "yes" {
          outcome = .succeeded
        } else {
          unknown.append("\(key), \(word),")
        }
      case .integer(let number) where key.hasPrefix("succe") || key == "ok":
        if number == 0 { return failed("\(key) is 0") }
        outcome = .succeeded
      case .object:
        switch Sidecar.outcome(SidecarKeys(value), &unknown) {
        case .unsaid: continue
        case .succeeded: outcome = .succeeded
        case let other: return other
        }
      default: continue
      }
    }
    for key in ["completed", "complete", "finished"] {
      if case .bool(let isOver)? = keys[key] {
        if !isOver { return .unfinished("\(key) is false") }
        if outcome == .unsaid { outcome = .succeeded }
      }
    }
    for key in ["completedat", "finishedat", "endtime", "endedat"] where keys[key] == .null {
      return .unfinished("it has no time of its end")
    }
    let exit = keys["exitcode"] ?? keys["exitstatus"]
    if let status = exit?.count ?? exit?.string.flatMap({ Int($0) }), status != 0 {
      return failed("its exit status is \(status)")
    }
    if outcome == .unsaid, let error = keys.text("error", "errormessage"), !error.isEmpty {
      return .failed(error)
    }
    return outcome
  }
}

/// An object's members by their keys in lower case, without `_`, `-` and spaces; the first of several counts.
struct SidecarKeys {
  private(set) var members: [(key: String, value: JSON)] = []

  init(_ json: JSON) {
    guard case .object(let all) = json else { return }
    members = all.map { (SidecarKeys.canonical($0.key), $0.value) }
  }

  static func canonical(_ key: String) -> String {
    String(key.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " })
  }

  /// Keys under which a collection's documents are counted.
  static let ofDocuments = [
    "documents", "documentcount", "documentscount", "count", "docs", "doccount", "numdocuments",
  ]

  var hasDocuments: Bool { SidecarKeys.ofDocuments.contains { self[$0] != nil } }

  subscript(key: String) -> JSON? { members.first { $0.key == key }?.value }

  /// The value of the first of these keys that gives one.
  func first<Value>(_ keys: String..., read: (JSON) -> Value?) -> Value? {
    for key in keys { if let value = self[key].flatMap(read) { return value } }
    return nil
  }

  /// A text that isn't empty, or a number.
  func text(_ keys: String...) -> String? {
    keys.lazy.compactMap { self[$0].flatMap { $0.string ?? $0.count.map(String.init) } }.first { !$0.isEmpty }
  }
}

extension JSON {
  fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }

  /// A whole number that is none below zero, also as digits in quotes and as `{"$numberLong": "7"}`.
  fileprivate var count: Int? {
    switch self {
    case .integer(let value): return value >= 0 ? Int(value) : nil
    case .double(let value): return value >= 0 ? Int(exactly: value) : nil
    case .string(let text):
      // Int takes a sign as well.
      return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    case .object: return (self["$numberLong"] ?? self["$numberInt"])?.string.flatMap(Int.init)
    default: return nil
    }
  }
}

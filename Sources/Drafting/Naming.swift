internal import BSON

/// How well a field's name fits what it may refer to.
enum NameFit: Int, Comparable, Sendable {
  case none
  /// Its last word, or the collection's, does: `shippingCustomerId` and `customers`, `customerId` and `crm_customers`.
  case partly
  /// `customerId`, `customer_id`, `customer`, `customerIds` and `customers`.
  case whole

  static func < (left: NameFit, right: NameFit) -> Bool { left.rawValue < right.rawValue }
}

/// The words of a name: `shippingCustomerId`, `shipping_customer_id` and `Shipping-Customer-ID` have the same.
func words(of name: some StringProtocol) -> [String] {
  var words: [String] = []
  var word = ""
  var lastWasLower = false
  for character in name {
    guard character.isLetter || character.isNumber else {
      if !word.isEmpty { words.append(word) }
      (word, lastWasLower) = ("", false)
      continue
    }
    if character.isUppercase, lastWasLower, !word.isEmpty {
      words.append(word)
      word = ""
    }
    word += character.lowercased()
    lastWasLower = !character.isUppercase
  }
  return word.isEmpty ? words : words + [word]
}

/// What a field's path says of what it holds.
struct FieldName: Sendable {
  /// What it names, without what only says that it refers: `customer` of `customerId`. Several readings of one name.
  let readings: [[String]]
  /// Whether the name says that it refers: `…Id`, `…Ids`, `…Ref`, `…Uuid`.
  let saysSo: Bool
  /// Whether it is the `_id` of a subdocument, which may be that of another collection's document, copied.
  let isInnerID: Bool
  private let last: [String]
  private let before: [String]

  /// Words that say that a value refers.
  private static let referring: Set<String> = [
    "id", "ids", "ref", "refs", "uuid", "uuids", "guid", "guids", "oid", "oids",
  ]
  /// Words for values that may be another document's, and may be anything else.
  private static let keys: Set<String> = ["key", "keys", "code", "codes", "no", "nr", "number", "numbers"]
  /// Words for another document of the same collection.
  private static let kin: Set<String> = [
    "parent", "parents", "root", "ancestor", "ancestors", "child", "children", "previous", "next", "replaces",
    "predecessor", "successor", "original", "manager", "supervisor", "reply", "duplicate",
  ]

  init(path names: [Substring]) {
    let last = words(of: names.last ?? "")
    before = names.count > 1 ? words(of: names[names.count - 2]) : []
    self.last = last
    var readings: [[String]] = []
    var saysSo = false
    if let word = last.last, Self.referring.contains(word) || Self.keys.contains(word) {
      saysSo = Self.referring.contains(word)
      let rest = Array(last.dropLast())
      let base = rest.isEmpty ? before : rest
      if !base.isEmpty { readings.append(base) }
    }
    if last.count > 0, !saysSo {
      readings.append(last)
      // `customerid`.
      for ending in ["ids", "id"] where last[last.count - 1].hasSuffix(ending) {
        let stem = String(last[last.count - 1].dropLast(ending.count))
        if stem.count > 2 { readings.append(last.dropLast() + [stem]) }
      }
    }
    self.readings = readings
    self.saysSo = saysSo
    isInnerID = names.count > 1 && saysSo && last.count == 1
  }

  /// How well it fits the collection of that name; `isOwn` when it is the field's own.
  func fit(_ collection: String, isOwn: Bool = false) -> NameFit {
    if isOwn, readings.contains(where: { Self.kin.contains($0[$0.count - 1]) || Self.kin.contains($0[0]) }) {
      return .whole
    }
    var candidates = [words(of: collection)]
    if let part = collection.split(separator: ".").last, part.count < collection.count {
      candidates.append(words(of: part))
    }
    var best = NameFit.none
    for name in candidates where !name.isEmpty {
      for reading in readings {
        let common = min(reading.count, name.count)
        guard Self.agree(reading.suffix(common), name.suffix(common)) else { continue }
        best = max(best, reading.count == name.count ? .whole : .partly)
      }
    }
    return best
  }

  /// How well it fits another field than `_id` of a collection: `productSku` and `sku` of `products`; `sku` alone, too.
  func fit(_ collection: String, field: String) -> NameFit {
    let wanted = words(of: field)
    let own = words(of: collection)
    guard !wanted.isEmpty, !own.isEmpty, last.suffix(wanted.count) == wanted[...] else { return .none }
    let rest = last.dropLast(wanted.count)
    let base = rest.isEmpty ? before : Array(rest)
    let common = min(base.count, own.count)
    if common > 0, Self.agree(base.suffix(common), own.suffix(common)) { return .whole }
    return rest.isEmpty && !Self.common.contains(wanted[wanted.count - 1]) ? .partly : .none
  }

  /// Names that many collections have a field of, each for itself.
  private static let common: Set<String> = [
    "id", "name", "code", "number", "key", "type", "title", "status", "slug", "email", "value", "label",
    "date",
    "username", "login", "phone", "url", "path", "token", "hash", "order", "position", "index",
  ]

  /// Whether two names are the same but for a plural of the last word.
  private static func agree(_ left: ArraySlice<String>, _ right: ArraySlice<String>) -> Bool {
    guard let one = left.last, let other = right.last, !left.isEmpty else { return false }
    return left.dropLast() == right.dropLast() && isPlural(one, other)
  }

  private static let plurals = ["s", "es", "n", "en", "e", "er", "x"]
  private static let irregular: [String: String] = ["people": "person", "children": "child", "men": "man"]

  /// Whether two words are equal, or one is a plural of the other.
  static func isPlural(_ left: String, _ right: String) -> Bool {
    if left == right { return true }
    let (short, long) = left.count < right.count ? (left, right) : (right, left)
    if irregular[long] == short || irregular[short] == long { return true }
    if short.count < 2 { return false }
    if long.hasPrefix(short), plurals.contains(String(long.dropFirst(short.count))) { return true }
    return short.hasSuffix("y") && long == short.dropLast() + "ies"
  }
}

extension FieldName {
  /// Whether the name is one for what each document has for itself: an address, a number, a code of goods.
  var soundsUnique: Bool {
    guard let word = last.last, before.isEmpty else { return false }
    return Self.unique.contains(word) || saysSo
  }

  private static let unique: Set<String> = [
    "email", "mail", "number", "no", "nr", "sku", "isbn", "ean", "gtin", "vin", "iban", "username", "login",
    "slug",
    "serial", "barcode", "handle", "token",
  ]
}

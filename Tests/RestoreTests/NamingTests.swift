import BSON
import Platform
import Restore
import Testing

@Suite("Naming")
struct NamingTests {
  func naming(include: [String] = [], exclude: [String] = [], _ rename: [Rename] = []) throws -> Naming {
    try Naming(RestoreOptions(include: include, exclude: exclude, rename: rename))
  }

  @Test("selects everything unless told otherwise, and exclude wins over include")
  func selection() throws {
    #expect(try naming().selects(Namespace("a", "b")))
    let some = try naming(include: ["shop.*"], exclude: ["shop.tmp*"])
    #expect(some.selects(Namespace("shop", "orders")))
    #expect(!some.selects(Namespace("shop", "tmp.1")))
    #expect(!some.selects(Namespace("crm", "orders")))
  }

  @Test("renames by the last pair that matches")
  func lastWins() throws {
    let pairs = [Rename(from: "shop.*", to: "a.*"), Rename(from: "shop.orders", to: "b.orders")]
    let names = try naming([], pairs)
    #expect(try names.target(of: Namespace("shop", "orders")) == Namespace("b", "orders"))
    #expect(try names.target(of: Namespace("shop", "x.y")) == Namespace("a", "x.y"))
    #expect(try names.target(of: Namespace("crm", "x")) == Namespace("crm", "x"))
  }

  func naming(_ include: [String], _ rename: [Rename]) throws -> Naming {
    try naming(include: include, exclude: [], rename)
  }

  @Test("renames a whole database by its name alone")
  func database() throws {
    let names = try naming([], [Rename(from: "shop", to: "drill")])
    #expect(try names.target(of: Namespace("shop", "a.b")) == Namespace("drill", "a.b"))
  }

  @Test("refuses two sides with different numbers of stars")
  func wildcards() {
    #expect(throws: Failure.self) { try naming([], [Rename(from: "*.*", to: "x.*")]) }
  }

  @Test(
    "refuses names that MongoDB does not allow",
    arguments: ["nodot.", "a b.c", "a/b.c", "a.$c", String(repeating: "d", count: 64) + ".c"])
  func illegal(name: String) throws {
    let names = try naming([], [Rename(from: "shop.orders", to: name)])
    #expect(throws: Failure.self) { try names.target(of: Namespace("shop", "orders")) }
  }
}

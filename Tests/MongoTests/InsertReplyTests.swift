import Mongo
import Testing

@Suite("The reply to a batch of inserts")
struct InsertReplyTests {
  @Test(
    "accounts for every document, or says that it doesn't",
    arguments: [
      (10, [], false, true), (9, [], false, false), (11, [], false, false), (0, [], false, false),
      (8, [3, 7], false, true), (7, [3, 7], false, false),
      (10, [], true, true), (9, [], true, false),
      // In order, the server stops at the first that it refuses.
      (3, [3], true, true), (2, [3], true, false), (8, [3, 7], true, false),
    ])
  func accounts(inserted: Int, refused: [Int], ordered: Bool, expected: Bool) {
    let reply = InsertReply(
      inserted: inserted, errors: refused.map { .init(index: $0, code: 11000, message: "duplicate key") })
    #expect(reply.accounts(for: 10, ordered: ordered) == expected)
  }
}

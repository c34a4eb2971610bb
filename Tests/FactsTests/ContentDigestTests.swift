import BSON
import Facts
import Platform
import Testing

@Suite("A content digest")
struct ContentDigestTests {
  static func digest(_ documents: [Document]) -> ContentDigest {
    var digest = ContentDigest()
    for document in documents { _ = document.withBytes { digest.add($0) } }
    return digest
  }

  /// Computed by the snippet of docs/digest.md.
  @Test("is what Python makes of the documents")
  func known() {
    let digest = ContentDigestTests.digest([["_id": 1, "a": "x"], ["_id": 2, "a": ["b": true]]])
    #expect(digest.documents == 2)
    #expect(digest.bytes == 49)
    #expect(digest.sum.text == "8b548e2677eb97889fb3305e679ca08f9ba0ba039822f0180bccd2572ab118b7")
  }

  @Test("doesn't depend on the order, and notices a document twice, a byte, an order of fields")
  func order() {
    let (one, two): (Document, Document) = (["_id": 1, "a": 2], ["_id": 2])
    #expect(ContentDigestTests.digest([one, two]) == ContentDigestTests.digest([two, one]))
    let others: [[Document]] = [
      [one, two, two], [one], [["a": 2, "_id": 1], two], [["_id": 1, "a": .int64(2)], two],
      [one, ["_id": 3]],
    ]
    for other in others {
      #expect(ContentDigestTests.digest(other) != ContentDigestTests.digest([one, two]))
    }
  }

  @Test("of parts is that of the whole")
  func parts() {
    let documents: [Document] = (0..<20).map { ["_id": .int32($0)] }
    var sum = ContentDigestTests.digest(Array(documents[..<7]))
    sum.add(ContentDigestTests.digest(Array(documents[7...])))
    #expect(sum == ContentDigestTests.digest(documents))
    #expect(ContentDigest(documents: sum.documents, bytes: sum.bytes, sum: sum.sum) == sum)
  }

  @Test("reads back the sum that it shows")
  func text() {
    let sum = ContentDigestTests.digest([["_id": 1]]).sum
    #expect(SHA256Sum(sum.text) == sum)
  }
}

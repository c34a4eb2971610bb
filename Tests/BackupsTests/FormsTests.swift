import BSON
import Backups
import Facts
import Platform
import Testing

@Suite("the four forms of one dump")
struct FormsTests {
  @Test("are told apart by content", arguments: Fixture.forms)
  func forms(path: String) throws {
    let v = try verifyBackup(path)
    print(path, v.form, v.documents, v.bytes, v.damage, v.notes, v.origin, v.oplog as Any)
  }
}

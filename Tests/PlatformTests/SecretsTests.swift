import Platform
import Testing

@Suite("Secrets")
struct SecretsTests {
  @Test(
    "what stands before the @ of an address is masked",
    arguments: [
      ("at mongodb://me:pw@host/db now", "at mongodb://***@host/db now"),
      ("mongodb+srv://me:p%40w@a,b/?x=y@z", "mongodb+srv://***@a,b/?x=y@z"),
      // A mistake that is made: an @ that isn't encoded.
      ("mongodb://me:p@w@host", "mongodb://***@host"), ("mongodb://host/a@b", "mongodb://host/a@b"),
      ("two http://a:b@c http://d:e@f", "two http://***@c http://***@f"),
      ("no address: a@b", "no address: a@b"),
    ])
  func addresses(text: String, masked: String) { #expect(Secrets.maskingAddress(text) == masked) }

  @Test(
    "passwords of the environment are masked wherever they stand, spelled either way; short words are not")
  func environment() {
    let secrets = Secrets(of: [
      "URI": "mongodb://me:p%40ssw0rd@host/", "MY_TOKEN": "tok-12345", "db_password": "longer-tok-12345-x",
      "SECRET": "no", "HOME": "/root",
    ])
    #expect(
      secrets.masked("p%40ssw0rd p@ssw0rd tok-12345 longer-tok-12345-x no /root")
        == "*** *** *** *** no /root")
  }

  @Test(
    "are not shown in part where the middle of a long output is dropped, wherever the cut falls",
    arguments: [("correct-horse-battery-staple", "MY_TOKEN"), ("tr0ub4dor-and-3", "OTHER")])
  func cut(secret: String, variable: String) throws {
    // The second is no variable's: the address alone tells it.
    let piece = variable == "OTHER" ? "amqp://me:\(secret)@host/ " : "<\(secret)> "
    let text = String(repeating: piece, count: 600)
    for shift in 0..<piece.utf8.count {
      let begun = text.dropFirst(shift).prefix { $0 != " " }
      let written = String(text.dropFirst(shift)) + String(repeating: ".", count: shift)
      let script = "printf '%s' \"$1\"; printf '%s' \"$1\" >&2"
      let done = try UserCommand(["sh", "-c", script, "-", written], environment: [variable: secret])
        .run(timeout: 20)
      #expect(done.output.contains(" bytes …]") && done.output.utf8.count > 1000)
      // The first word was not written whole.
      let rest = done.output.replacing(begun, with: "")
      for start in 0...(secret.count - 4) {
        let part = secret.dropFirst(start).prefix(4)
        #expect(!rest.contains(part), "\(part) after \(shift)")
      }
    }
  }

  @Test(
    "so is the value of a word of the command line whose name is a secret's",
    arguments: [
      ("db_password=a=b", "db_password=***"), ("--param=API_TOKEN=x", "--param=API_TOKEN=***"),
      ("--notify-arg=--password=x", "--notify-arg=--password=***"), ("--password=x", "--password=***"),
      ("where=north", "where=north"),
      ("--param=where=token", "--param=where=token"), ("password", "password"),
      ("db_password=", "db_password=***"),
      ("api=https://me:pw@host/", "api=https://***@host/"), ("--uri=http://a:b@c", "--uri=http://***@c"),
    ])
  func arguments(word: String, shown: String) { #expect(Secrets.maskingArgument(word) == shown) }

  @Test("so are those of rclone's remotes, which are variables, too")
  func rclone() {
    let secrets = Secrets(of: [
      "RCLONE_CONFIG_OFFSITE_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
      "RCLONE_CONFIG_OFFSITE_ACCESS_KEY_ID": "AKIAEXAMPLE",
      "RCLONE_CONFIG_VAULT_PASS2": "salted", "RCLONE_CONFIG_PASS": "of-the-file", "RCLONE_B2_KEY": "K001abc",
      "AWS_ACCESS_KEY_ID": "AKIAOTHER", "RCLONE_CONFIG_BLOB_SAS_URL": "https://a.blob/c?sig=1",
      "RCLONE_CONFIG_OFFSITE_TYPE": "swift", "RCLONE_CONFIG_SFTP_KEY_FILE": "/etc/key",
    ])
    #expect(
      secrets.masked("wJalrXUtnFEMI AKIAEXAMPLE salted of-the-file K001abc AKIAOTHER https://a.blob/c?sig=1")
        == "*** *** *** *** *** *** ***")
    #expect(secrets.masked("swift /etc/key") == "swift /etc/key")
  }
}

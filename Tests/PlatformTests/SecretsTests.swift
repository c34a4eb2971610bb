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

import Backups
import Testing

@Suite("The address of a remote")
struct RemoteSourceTests {
  @Test(
    "is what rclone takes",
    arguments: [
      ("offsite:backups/shop", "shop"), (":local:/var/backups", "backups"), (":local:store", "store"),
      (":s3,provider=AWS,env_auth:bucket/2026/shop.archive.gz", "shop.archive.gz"),
      ("sftp,key_file=/etc/key:backups/", "backups"), (":webdav,url='https://host:8443/dav':shop", "shop"),
      ("offsite:backups/..", nil), ("vault:", nil),
    ])
  func good(address: String, name: String?) {
    #expect(RemoteSource.objection(to: address) == nil)
    #expect(RemoteSource(address).name == name)
  }

  @Test(
    "is refused",
    arguments: [
      ("backups/shop", "expected REMOTE:PATH, as rclone writes it"),
      ("./offsite:shop", "expected REMOTE:PATH, as rclone writes it"),
      ("", "expected REMOTE:PATH, as rclone writes it"),
      (":s3,secret_access_key=x:b/s", "a credential stands in it"),
      ("offsite,pass=x:s", "a credential stands in it"),
      (":b2,account=a,key=b:s", "a credential stands in it"),
      (":azureblob,sas_url='https://a/b?sig=c':s", "a credential stands in it"),
      (":drive,token='{\"access_token\":\"x\"}':s", "a credential stands in it"),
      (":http,url='https://user:password@host':s", "a credential stands in it"),
      (":http,headers='Authorization,Bearer x',url='http://h':s", "a credential stands in it"),
      (":http,url='http://h/?sig=x':s", "a credential stands in it"),
      (":swift,auth=http://h/,application_credential_secret=x:s", "a credential stands in it"),
    ])
  func refused(address: String, objection: String) {
    #expect(RemoteSource.objection(to: address) == objection)
  }
}

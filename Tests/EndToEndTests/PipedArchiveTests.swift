import Platform
import TestSupport
import Testing

@Suite("An archive that other programs wrote or decode")
struct PipedArchiveTests {
  private static let archive = Fixture.base + "/full.archive"

  private func shell(_ script: String, in folder: String) throws -> Mongodrill.Run {
    let environment = Mongodrill.environment.merging(["MONGODRILL": Mongodrill.path]) { $1 }
    let run = try Supervisor.shared.capture(
      ChildSpec(
        ["bash", "-o", "pipefail", "-c", script], environment: environment, workingDirectory: folder),
      timeout: 120)
    return Mongodrill.Run(
      status: run.status.shellCode, output: run.output.text, errorOutput: run.errorOutput.text)
  }

  /// What `verify` counted, by collection.
  private func contents(_ run: Mongodrill.Run) throws -> [String] {
    guard case .array(let collections)? = try JSON.parse(run.output)["collections"] else { return [] }
    return collections.map { collection in
      ["namespace", "documents", "bytes", "indexes"].map { collection[$0]?.text() ?? "?" }.joined(
        separator: " ")
    }
  }

  @Test(
    "is read and restored as zstd wrote it", .needsFixtures, .tags(.mongod),
    arguments: ["", "-19", "--long", "-T2"])
  func zstandard(option: String) throws {
    try withFolder { folder in
      let made = try shell("zstd -q \(option) \(Self.archive) -o shop.archive.zst", in: folder)
      try #require(made.status == 0, "\(made.errorOutput)")
      let plain = try Mongodrill.run("verify", Self.archive, "--output=json", "-q")
      let verified = try Mongodrill.run("verify", "shop.archive.zst", "--output=json", "-q", in: folder)
      #expect(verified.status == 0, "\(verified.output)")
      #expect(try contents(verified) == contents(plain))
      #expect(try contents(plain).count > 10)
      if option.isEmpty {
        let run = try Mongodrill.run("run", "shop.archive.zst", "-q", "--sandbox-dir", ".", in: folder)
        #expect(run.output.hasPrefix("PASS  "), "\(run.output)")
      }
    }
  }

  @Test(
    "is damaged when its compressed file is cut or changed",
    arguments: [
      ("head -c 500000 shop.archive.zst > damaged", "zstd data ends too early"),
      (
        "cp shop.archive.zst damaged; printf XXXX | dd of=damaged bs=1 seek=400000 conv=notrunc status=none",
        "zstd data is corrupt"
      ),
    ])
  func damagedZstandard(damage: String, message: String) throws {
    try withFolder { folder in
      let run = try shell(
        "zstd -q --check \(Self.archive) -o shop.archive.zst; \(damage); \"$MONGODRILL\" verify damaged -q",
        in: folder)
      #expect((run.output + run.errorOutput).contains(message), "\(run.output)\(run.errorOutput)")
      #expect(run.status == 65)
    }
  }

  /// gpg with the passphrase of a file.
  private static let gpg =
    "gpg --batch --quiet --no-options --no-autostart --no-keyring --pinentry-mode loopback --passphrase-file passphrase"

  @Test("is verified and restored from a pipe that decrypts it", .needsFixtures, .tags(.mongod))
  func decrypted() throws {
    try withFolder { folder in
      try Files.writeAtomically("battery-staple".utf8, to: Files.join(folder, "passphrase"))
      let made = try shell(
        "mkdir -m 700 home; \(Self.gpg) --homedir home --s2k-count 1048576 --symmetric -o shop.gpg \(Self.archive).gz",
        in: folder
      )
      try #require(made.status == 0, "\(made.errorOutput)")
      let verified = try shell("\(Self.gpg) --decrypt shop.gpg | \"$MONGODRILL\" verify -", in: folder)
      #expect(verified.output.hasSuffix("\nThe backup is whole.\n"), "\(verified.errorOutput)")
      #expect(verified.status == 0)
      let restored = try shell(
        "\(Self.gpg) --decrypt shop.gpg | \"$MONGODRILL\" restore - --no-replay -q --sandbox-dir . -- printenv MONGODRILL_URI",
        in: folder)
      #expect(restored.output.hasPrefix("mongodb://"), "\(restored.errorOutput)")
      #expect(restored.status == 0)

      try Files.writeAtomically("another".utf8, to: Files.join(folder, "passphrase"))
      for command in ["verify -", "restore - --no-replay --sandbox-dir . -- true"] {
        let wrong = try shell("\(Self.gpg) --decrypt shop.gpg | \"$MONGODRILL\" \(command)", in: folder)
        #expect(wrong.errorOutput.contains("-: is empty, which no backup is"), "\(wrong.errorOutput)")
        #expect(wrong.status == 65)
      }
      #expect(try Files.names(in: folder) == ["home", "passphrase", "shop.gpg"])
    }
  }
}

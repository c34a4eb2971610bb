import Glibc
import Platform
import TestSupport

/// A real S3 server on 127.0.0.1 that asks for credentials, shared by all tests; it ends with their process.
final class ObjectStore: Sendable {
  static let accessKey = "AKIADRILLDRILLDRILL0"
  static let secret = "correct+horse/battery-staple"
  static let bucket = "backups"

  static let shared = Result {
    // Another process may take one of its ports between its choice and its use.
    for attempt in 0..<4 {
      if let store = try? ObjectStore(attempt) { return store }
    }
    return try ObjectStore(4)
  }

  private let port: UInt16
  private let child: Child

  private init(_ attempt: Int) throws {
    let cached = Files.join(Environment["HOME"] ?? "/", ".cache/mongodrill/tools/bin/weed")
    let found = Programs.find("weed", path: Environment["PATH"])
    guard let program = found ?? (Files.exists(cached) ? cached : nil) else {
      throw Failure(.internal, "no-weed", "weed is missing; scripts/setup --tests installs it")
    }
    let folder = "/tmp/mongodrill-store-\(getpid())-\(attempt)"
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    let users: JSON = [
      "identities": [
        [
          "name": "drill",
          "credentials": [["accessKey": .string(Self.accessKey), "secretKey": .string(Self.secret)]],
          "actions": ["Admin", "Read", "Write", "List"],
        ]
      ]
    ]
    let file = Files.join(folder, "users.json")
    try Files.writeAtomically(users.text().utf8, to: file, mode: 0o600)
    port = try LiveSource.freePort()
    var arguments = [
      program, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=\(folder)", "-s3", "-s3.config=\(file)",
      "-s3.port=\(port)", "-volume.max=8", "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
      "-s3.port.iceberg=0", "-s3.port.lance=0", "-filer.localSocket=\(folder)/filer.sock",
      "-s3.localSocket=\(folder)/s3.sock",
    ]
    for name in ["s3", "master", "volume", "filer"] {
      let inner = try LiveSource.freePort()
      arguments.append("-\(name).port.grpc=\(inner)")
      // What it leaves when it is killed.
      try Supervisor.shared.removeAtEnd("/tmp/seaweedfs-\(name)-grpc-\(inner).sock")
      if name != "s3" { arguments.append("-\(name).port=\(try LiveSource.freePort())") }
    }
    let log = Files.join(folder, "log")
    child = try Supervisor.shared.spawn(
      ChildSpec(arguments, workingDirectory: folder, output: .file(log), errorOutput: .file(log)))
    let isReady = eventually(for: 60) { [child] in
      !child.isAlive || (try? rclone(["mkdir", "offsite:\(Self.bucket)"])) == true
    }
    guard isReady, child.isAlive else {
      child.kill()
      throw Failure(
        .internal, "no-store",
        "the object store is not ready: \(String(decoding: Files.end(of: log, bytes: 2000), as: UTF8.self))")
    }
  }

  /// What a user sets to reach it as the remote `offsite`.
  func environment(secret: String = ObjectStore.secret) -> [String: String] {
    var environment = Mongodrill.environment
    for name in environment.keys where name.hasPrefix("RCLONE_") || name.hasPrefix("AWS_") {
      environment[name] = nil
    }
    // No file of the user's.
    environment["RCLONE_CONFIG"] = ""
    environment["RCLONE_CONFIG_OFFSITE_TYPE"] = "s3"
    environment["RCLONE_CONFIG_OFFSITE_PROVIDER"] = "Other"
    environment["RCLONE_CONFIG_OFFSITE_ENDPOINT"] = "http://127.0.0.1:\(port)"
    environment["RCLONE_CONFIG_OFFSITE_ACCESS_KEY_ID"] = Self.accessKey
    environment["RCLONE_CONFIG_OFFSITE_SECRET_ACCESS_KEY"] = secret
    return environment
  }

  private func rclone(_ arguments: [String]) throws -> Bool {
    let run = try Supervisor.shared.capture(
      ChildSpec(["rclone"] + arguments, environment: environment()), timeout: 60)
    return run.status == .exited(0)
  }

  /// Puts a folder or a file under a new name into it; the remote's address.
  func put(_ path: String) throws -> String {
    let address = "offsite:\(Self.bucket)/\(UInt64.random(in: 0 ... .max))"
    let isFile = Files.kind(of: path) == .file
    let target = isFile ? "\(address)/\(Files.name(of: path))" : address
    guard try rclone([isFile ? "copyto" : "copy", path, target]) else {
      throw Failure(.internal, "no-store", "\(path) could not be put into the object store")
    }
    return target
  }
}

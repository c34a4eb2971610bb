internal import Arguments
internal import Platform

/// Options of every command that starts a server.
enum SandboxFlags {
  static let mongod = Option.value(
    "--mongod", placeholder: "PATH", kind: .path, default: "MONGODRILL_MONGOD, then PATH, then the cache",
    help: "The mongod to run, or which versions will do: '>=6.0 <7'.")
  static let directory = Option.value(
    "--sandbox-dir", placeholder: "DIR", kind: .folder, default: "MONGODRILL_SANDBOX_DIR, then /var/tmp",
    help: "Where the sandbox's files lie.")
  static let cache = Option.value(
    "--cache", placeholder: "SIZE", kind: .size, default: "by the machine's memory",
    help: "The server's cache, such as 1GB.")
  static let memory = Option.value(
    "--memory", placeholder: "SIZE", kind: .size(atLeast: 64 << 20), default: "256MiB",
    help: "mongodrill's own memory.")

  static let group = OptionGroup("Sandbox", [mongod, directory, cache, memory])
}

extension ValueKind<Int> {
  /// A size in bytes, with or without a unit.
  static var size: Self { size(atLeast: 1) }

  /// The same with a lower bound.
  static func size(atLeast minimum: Int) -> Self {
    let bound = minimum > 1 ? " of at least \(minimum >> 20)MiB" : ""
    return ValueKind("a size such as 512MiB or 2GB\(bound)") { text in
      ByteSize.parse(text).flatMap { $0 >= minimum ? $0 : nil }
    }
  }
}

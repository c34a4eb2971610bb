internal import Platform

/// How to set a sandbox up.
package struct SandboxOptions: Sendable {
  /// A path, or a range of versions; see `MongodFinder`.
  package var mongod: String?
  /// The folder that the sandbox's own is made in; nil: `MONGODRILL_SANDBOX_DIR`, else `/var/tmp`.
  package var directory: String?
  /// WiredTiger's cache in bytes; nil: by the machine.
  package var cacheBytes: Int?
  /// Whether the files stay; see `Sandbox.stopKeeping`.
  package var keep: Bool
  /// What the drill will need on disk, in bytes, as far as it is known.
  package var neededBytes: Int?
  /// More arguments for mongod, after all others.
  package var extraArguments: [String]
  /// How long mongod may take to answer, in seconds.
  package var startTimeout: Double
  /// How long somebody else may hold a server up (SIGSTOP) before it is given up, in seconds.
  package var stopPatience = 30.0

  package init(
    mongod: String? = nil, directory: String? = nil, cacheBytes: Int? = nil, keep: Bool = false,
    neededBytes: Int? = nil, extraArguments: [String] = [], startTimeout: Double = 60
  ) {
    self.mongod = mongod
    self.directory = directory
    self.cacheBytes = cacheBytes
    self.keep = keep
    self.neededBytes = neededBytes
    self.extraArguments = extraArguments
    self.startTimeout = startTimeout
  }

  /// The folder that sandboxes are made in when the options name none.
  package static var defaultDirectory: String {
    Environment["MONGODRILL_SANDBOX_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
  }
}

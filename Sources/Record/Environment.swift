extension DrillRecord {
  /// The machine and the programs that the drill ran on.
  package struct Environment: RecordPart {
    package var host = ""
    /// The operating system's own name, such as `Debian GNU/Linux 12 (bookworm)`.
    package var os = ""
    /// The processors that may be used.
    package var cores = 0
    /// The memory that may be used, in bytes: the control group's limit where it is lower than the machine's.
    package var memoryBytes = 0
    package var mongod: Mongod?
    package var sandbox: Sandbox?
    /// The server that was checked, where no backup was restored.
    package var server: Server?
    /// Pairs that the user gave (`--meta`), such as a ticket's number.
    package var meta: [Pair] = []

    package init() {}

    package static var fields: [RecordField<Environment>] {
      [
        RecordField("host", \.host), RecordField("os", \.os), RecordField("cores", \.cores),
        RecordField("memory_bytes", \.memoryBytes), RecordField("mongod", \.mongod),
        RecordField("sandbox", \.sandbox), RecordField("server", \.server), RecordField("meta", \.meta),
      ]
    }
  }

  /// The server that the backup was restored into.
  package struct Mongod: RecordPart {
    package var path = ""
    package var version = ""

    package init() {}
    package init(path: String, version: String) {
      self.path = path
      self.version = version
    }

    package static var fields: [RecordField<Mongod>] {
      [RecordField("path", \.path), RecordField("version", \.version)]
    }
  }

  /// Where the throwaway server lay.
  package struct Sandbox: RecordPart {
    /// The folder of its files.
    package var directory = ""
    /// Whether the files are still there (`--keep`).
    package var kept = false
    /// The members of the replica set that it became; nil for a standalone server.
    package var members: Int?
    /// How the others of the set got their data; nil where there are none.
    package var seeding: Seeding?

    package init() {}
    package init(directory: String, kept: Bool) {
      self.directory = directory
      self.kept = kept
    }

    package static var fields: [RecordField<Sandbox>] {
      [
        RecordField("directory", \.directory), RecordField("kept", \.kept),
        RecordField("members", \.members), RecordField("seeding", \.seeding),
      ]
    }
  }

  /// How the members of a replica set but the first got their data.
  package struct Seeding: RecordPart {
    /// `copy`: of the first one's files.
    package var by = "copy"
    /// Seconds for all of them, with the first one's shutdown, and the bytes of one copy.
    package var seconds = 0.0
    package var bytes = 0
    /// Why not otherwise.
    package var reason = ""

    package init() {}

    package static var fields: [RecordField<Seeding>] {
      [
        RecordField("by", \.by), RecordField("seconds", \.seconds), RecordField("bytes", \.bytes),
        RecordField("reason", \.reason),
      ]
    }
  }

  /// A server that others use.
  package struct Server: RecordPart {
    /// Its host or hosts, without credentials and options.
    package var address = ""
    package var version = ""

    package init() {}
    package init(address: String, version: String) {
      self.address = address
      self.version = version
    }

    package static var fields: [RecordField<Server>] {
      [RecordField("address", \.address), RecordField("version", \.version)]
    }
  }

  /// A key and a value.
  package struct Pair: RecordPart {
    package var key = ""
    package var value = ""

    package init() {}
    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }

    package static var fields: [RecordField<Pair>] {
      [RecordField("key", \.key), RecordField("value", \.value)]
    }
  }
}

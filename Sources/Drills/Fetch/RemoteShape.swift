internal import Backups
internal import Configuration

/// Where slices of an oplog are.
enum OplogSource: Sendable, Hashable {
  case path(String)
  case remote(RemoteSource)
}

extension Shape where Output == RemoteSource {
  private static var rclone: Key<String> {
    Key(
      required: "rclone", .string,
      "REMOTE:PATH of a folder or a file, as rclone writes it. Credentials come from RCLONE_CONFIG_… variables or from "
        + "rclone's own file.")
  }
  private static var timeout: Key<Double?> {
    Key("timeout", .duration, "How long fetching may take; as long as it takes when left out.")
  }

  /// `{rclone: "offsite:backups/shop"}`. What holds a credential is refused.
  static var remote: Shape {
    .record("fetch", [rclone, timeout]) { fields in
      let address = fields[rclone]
      if let objection = RemoteSource.objection(to: address) {
        fields.reject(
          rclone, objection,
          hint:
            "Write `offsite:backups/shop`, and give the remote to rclone: in its configuration file, or in "
            + "variables such as RCLONE_CONFIG_OFFSITE_TYPE.")
        return nil
      }
      return RemoteSource(address, timeout: fields[timeout])
    }
  }
}

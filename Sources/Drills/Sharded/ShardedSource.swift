package import Configuration
internal import Platform

/// A backup that is a set: one backup of the config servers and one of each shard of a cluster.
package struct ShardedSource: Sendable, Hashable {
  /// One of them.
  package struct Part: Sendable, Hashable {
    /// Where it is.
    package var path: String
    /// Where the slices of its own oplog are.
    package var oplog: [String]
  }

  /// The config servers'.
  package var config: Part
  /// The shards', by the names that `config.shards` has for them, in that order.
  package var shards: [Named<Part>]

  package static func == (left: ShardedSource, right: ShardedSource) -> Bool {
    left.config == right.config
      && left.shards.elementsEqual(right.shards) { $0.name == $1.name && $0.value == $1.value }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(config)
    for shard in shards { hasher.combine(shard.value) }
  }

  /// All of them, the config servers' first, which have no name.
  package var all: [(shard: String?, part: Part)] { [(nil, config)] + shards.map { ($0.name, $0.value) } }

  /// The folder that all of them lie in; the config servers' own path where there is none.
  var commonPath: String {
    let paths = ([config] + shards.map(\.value)).map {
      $0.path.split(separator: "/", omittingEmptySubsequences: false)
    }
    guard var common = paths.first?.dropLast() else { return config.path }
    for path in paths.dropFirst() {
      common = common.prefix(zip(common, path).prefix { $0.utf8.elementsEqual($1.utf8) }.count)
    }
    let text = common.joined(separator: "/")
    return text.isEmpty ? config.path : text
  }

  /// The same with its paths relative to a scenario's folder.
  func inFolder(_ folder: String) -> ShardedSource {
    func placed(_ part: Part) -> Part {
      Part(
        path: Scenario.absolute(part.path, in: folder),
        oplog: part.oplog.map { Scenario.absolute($0, in: folder) })
    }
    return ShardedSource(
      config: placed(config), shards: shards.map { Named($0.name, at: $0.place, placed($0.value)) })
  }
}

// MARK: - Keys

extension ShardedSource {
  private static let path = Key(
    required: "path", .string,
    "The part's dump directory or archive, with its own oplog; relative to this file.")
  private static let oplog = Key(
    "oplog",
    Shape<[String]>.list(
      of: .scalar(.string, orMapping: Shape<String>.record("oplog", [slicePath]) { $0[slicePath] }),
      orOne: true),
    "Slices of the part's own oplog that were saved after it, in any order.")
  private static let slicePath = Key(
    required: "path", .string, "A .bson file of entries, a dump of local.oplog.rs, or a folder of these.")
  private static let part = Shape<Part>.scalar(
    Shape<String>.string.map("a part's backup") { path, _, _ in Part(path: path, oplog: []) },
    orMapping: .record("part", [path, oplog]) { Part(path: $0[path], oplog: $0[oplog] ?? []) })
  private static let configKey = Key(required: "config", part, "The backup of the config servers.")
  private static let shardsKey = Key(
    required: "shards", .entries(of: part, keys: "the shard's name in config.shards"),
    "The backup of each shard.")

  /// `{config: PART, shards: {NAME: PART}}`.
  static let key = Key(
    required: "sharded",
    Shape<ShardedSource>.record("sharded", [configKey, shardsKey]) { fields in
      if fields[shardsKey].isEmpty { fields.reject(shardsKey, "there is no shard in it") }
      return ShardedSource(config: fields[configKey], shards: fields[shardsKey])
    },
    "The backups of a sharded cluster, restored one by one into servers of their own and looked at together.")
}

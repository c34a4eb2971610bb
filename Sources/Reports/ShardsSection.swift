internal import Platform
internal import Record

extension Section {
  /// The parts of a sharded set.
  static func shards(_ record: DrillRecord) -> Section? {
    guard !record.shards.isEmpty else { return nil }
    func count(_ number: Int?) -> Prose { Prose(own: number.map { Count.text($0) } ?? "–") }
    return Section(
      "Shards",
      [
        .table(
          ["Part", "Backup", "Replayed through", "Its oplog ends", ">Documents", ">Orphans", ">Chunks"],
          record.shards.map { shard in
            [
              Prose(data: shard.role == "config" ? "config servers" : shard.name), Prose(code: shard.path),
              shard.through.map(Prose.init(data:)) ?? "–", shard.oplogEnd.map(Prose.init(data:)) ?? "–",
              count(shard.documents),
              (shard.orphans ?? 0) == 0 ? count(shard.orphans) : Prose(strong: count(shard.orphans)),
              count(shard.chunks),
            ]
          })
      ])
  }
}

internal import Platform
internal import Record

extension MarkdownReport {
  /// The parts of a sharded set.
  mutating func shards() {
    guard !record.shards.isEmpty else { return }
    section("Shards")
    func count(_ number: Int?) -> String { number.map { Count.text($0) } ?? "–" }
    table(
      ["Part", "Backup", "Replayed through", "Its oplog ends", ">Documents", ">Orphans", ">Chunks"],
      record.shards.map { shard in
        [
          MarkdownText.escaped(shard.role == "config" ? "config servers" : shard.name),
          MarkdownText.code(shard.path), shard.through ?? "–", shard.oplogEnd ?? "–", count(shard.documents),
          (shard.orphans ?? 0) == 0 ? count(shard.orphans) : "**\(count(shard.orphans))**",
          count(shard.chunks),
        ]
      })
  }
}

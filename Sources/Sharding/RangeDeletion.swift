package import BSON

/// A range of keys whose documents a shard has still to delete, since their chunk moved away or didn't come whole: a document
/// of its own `config.rangeDeletions` (`RangeDeletionTask`, range_deletion_task.idl of the server since 4.4).
package struct RangeDeletion: Sendable {
  private let namespace: String?
  private let uuid: UUIDBytes?
  private let min: Document
  private let max: Document

  /// Reads a document; nil for one without a range.
  package init?(_ document: Document) {
    guard let range = document["range"]?.document, let min = range["min"]?.document,
      let max = range["max"]?.document
    else { return nil }
    namespace = document["nss"]?.string
    uuid = document["collectionUuid"]?.uuid
    self.min = min
    self.max = max
  }

  /// The keys from `min` up to, not through, `max`. Nil when the range is of another collection.
  package func keys(of collection: ShardedCollection) -> (min: KeyPoint, max: KeyPoint)? {
    if let uuid, let other = collection.uuid {
      guard uuid == other else { return nil }
    } else {
      guard let namespace, namespace.utf8.elementsEqual(collection.namespace.description.utf8) else {
        return nil
      }
    }
    guard let min = collection.key.point(of: min), let max = collection.key.point(of: max) else { return nil }
    return (min, max)
  }
}

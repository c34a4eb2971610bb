internal import BSON
internal import Facts

/// One index to build.
struct IndexTask: Sendable {
  /// The collection in the sandbox, by its logical name (a time series takes logical keys).
  var namespace: Namespace
  /// Where it is built: there, or on the buckets of a time series.
  var built: Namespace
  /// The specification as it is sent.
  var spec: Document
  /// What orders the work: the size of the collection in bytes.
  var weight: Int
}

extension CollectionFacts {
  /// The indexes that are built after the data: all but `_id_` and the clustered one, which come with the
  /// collection. Specifications are sent as they were recorded, with two changes: `ns` and `safe` go (old servers
  /// wrote them), and where the collection has a collation an index without one says so, or it would inherit. `raw` are
  /// those of a time series by the keys of its buckets: they are built there.
  func indexTasks(raw: [IndexSpec], weight: Int) -> [IndexTask] {
    let collation = options["collation"]?.document
    let inherits = collation.map { $0["locale"]?.string != "simple" } ?? false
    let own = indexes.compactMap { index -> IndexTask? in
      if index.isIDIndex || index.document["clustered"]?.isTrue == true { return nil }
      var spec = index.document.removing(["ns", "safe"])
      if inherits && spec["collation"] == nil {
        spec = spec.setting("collation", to: ["locale": "simple"])
      }
      return IndexTask(namespace: namespace, built: namespace, spec: spec, weight: weight)
    }
    return own
      + raw.map {
        IndexTask(namespace: namespace, built: namespace.buckets, spec: $0.document, weight: weight)
      }
  }
}

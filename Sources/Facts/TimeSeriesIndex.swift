package import BSON

extension IndexSpec {
  /// An index on the buckets of a time series as `listIndexes` of the time series gives it: `meta` is its meta field,
  /// and a pair of `control.min.F` and `control.max.F` is the field F. `options` are the time series' own.
  ///
  /// Source: the server's timeseries_index_schema_conversion_functions.cpp.
  package func logical(in options: Document) -> IndexSpec {
    let meta = options["timeseries"]?.document?["metaField"]?.string ?? "meta"
    var fields: [(String, Value)] = []
    for field in key {
      var name = field.name
      if name == "meta" || name.hasPrefix("meta.") {
        name = meta + name.dropFirst("meta".count)
      } else if name.hasPrefix("control.min.") || name.hasPrefix("control.max.") {
        name = String(name.dropFirst("control.min.".count))
      }
      // The second of a pair says nothing new.
      if !fields.contains(where: { $0.0.utf8.elementsEqual(name.utf8) }) {
        fields.append((name, field.value))
      }
    }
    return IndexSpec(document.setting("key", to: .document(Document(fields))))
  }
}

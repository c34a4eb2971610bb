import BSON
import Facts
import Testing

@Suite("An index on the buckets of a time series")
struct TimeSeriesIndexTests {
  private let options: Document = ["timeseries": ["timeField": "at", "metaField": "host"]]

  @Test("has the keys of the series: its meta field, its time, its measurements")
  func keys() {
    let raw: [(Document, Document)] = [
      (["meta": 1, "control.max.at": -1, "control.min.at": -1], ["host": 1, "at": -1]),
      (["meta.rack": 1, "control.min.at": 1, "control.max.at": 1], ["host.rack": 1, "at": 1]),
      (["control.min.load": 1, "control.max.load": 1], ["load": 1]),
      (["metadata": 1], ["metadata": 1]),
    ]
    for (key, logical) in raw {
      let index = IndexSpec(["v": 2, "key": .document(key), "name": "i", "hidden": true]).logical(in: options)
      #expect(index.document == ["v": 2, "key": .document(logical), "name": "i", "hidden": true])
    }
  }
}

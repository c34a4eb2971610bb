extension DrillRecord {
  /// The record that was written before this one in the same folder: it can't be changed afterwards without this one
  /// telling so.
  package struct PreviousRun: RecordPart {
    package var runID = ""
    /// Of its `report.json`, in hexadecimal digits.
    package var sha256 = ""

    package init() {}
    package init(runID: String, sha256: String) {
      self.runID = runID
      self.sha256 = sha256
    }

    package static var fields: [RecordField<PreviousRun>] {
      [RecordField("run_id", \.runID), RecordField("sha256", \.sha256)]
    }
  }
}

extension DrillRecord {
  /// The run that this one went on from.
  package struct Resumption: RecordPart {
    /// Its id.
    package var runID = ""
    /// The first step that was done here; those before it were done there.
    package var step = ""
    /// The sandbox that it had kept.
    package var directory = ""

    package init() {}
    package init(runID: String, step: String, directory: String) {
      self.runID = runID
      self.step = step
      self.directory = directory
    }

    package static var fields: [RecordField<Resumption>] {
      [
        RecordField("run_id", \.runID), RecordField("step", \.step), RecordField("directory", \.directory),
      ]
    }
  }
}

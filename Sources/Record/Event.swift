/// What the engine tells while it works. It never prints; printers draw these.
package enum Event: Sendable {
  /// A phase begins: `read`, `restore`, `indexes`, …, with what it is about and, where known, how much there is.
  case phaseStarted(String, total: Amount?)
  /// How far the phase has come in all.
  case progress(Progress)
  /// One collection of the phase is done.
  case collectionDone(phase: String, namespace: String, Amount, seconds: Double)
  /// The phase has ended.
  case phaseEnded(Phase)
  /// A check has its answer.
  case checked(Outcome)
  /// Something a person should know.
  case note(String)
  /// Something that will show in the verdict.
  case warning(String)
}

/// An amount of work.
package struct Amount: Sendable, Hashable {
  package var documents: Int
  package var bytes: Int
  package init(documents: Int = 0, bytes: Int = 0) {
    self.documents = documents
    self.bytes = bytes
  }
}

/// How far a phase has come.
package struct Progress: Sendable {
  /// The phase's name.
  package var phase: String
  /// What has been done.
  package var done: Amount
  /// What there is to do, where it is known (bytes usually are, documents are not).
  package var total: Amount?
  /// How much of the work is done, from 0 to 1, where that is known better than by bytes.
  package var share: Double?
  /// What it is busy with, such as the collections being read.
  package var current: [String]
  /// The same with how far each has come, where that is known.
  package var parts: [Part]

  /// How far one of several has come.
  package struct Part: Sendable {
    /// A collection's name.
    package var name: String
    package var done: Amount
    package var total: Amount?
    /// Seconds since it began.
    package var seconds: Double

    package init(_ name: String, done: Amount, total: Amount?, seconds: Double) {
      self.name = name
      self.done = done
      self.total = total
      self.seconds = seconds
    }
  }

  package init(
    phase: String, done: Amount, total: Amount?, share: Double? = nil, current: [String] = [],
    parts: [Part] = []
  ) {
    self.share = share
    self.phase = phase
    self.done = done
    self.total = total
    self.current = current
    self.parts = parts
  }
}

/// A stretch of a drill, measured.
package struct Phase: Sendable, Hashable {
  /// `fetch`, `read`, `sandbox`, `restore`, `indexes`, `replay`, `checks`, `cleanup`.
  package var name: String
  package var seconds: Double
  /// Documents (or entries, or indexes) it handled.
  package var documents: Int?
  package var bytes: Int?

  package init(_ name: String, seconds: Double, documents: Int? = nil, bytes: Int? = nil) {
    self.name = name
    self.seconds = seconds
    self.documents = documents
    self.bytes = bytes
  }
}

/// Where events go. Called from any thread.
package typealias EventSink = @Sendable (Event) -> Void

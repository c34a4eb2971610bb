internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Synchronization

/// Builds indexes after the data, one `createIndexes` each, several at the same time across and within
/// collections: so one that fails takes no other with it, and a scan more costs less than a core left idle.
struct IndexBuilder: Sendable {
  let pool: ClientPool
  let problems: Problems
  let events: EventSink

  /// Builds all of `tasks` on `lanes` threads, the largest collections first; returns how many were built, by
  /// collection. Throws `MongoError` when the server is gone, and `Failure` on interruption.
  func build(_ tasks: [IndexTask], lanes: Int) throws -> [Namespace: Int] {
    let ordered = tasks.enumerated().sorted { left, right in
      (right.element.weight, left.offset) < (left.element.weight, right.offset)
    }.map(\.element)
    let state = Mutex<(next: Int, built: [Namespace: Int], done: Int)>((0, [:], 0))
    let total = Amount(documents: ordered.count)
    try Threads.concurrently(min(lanes, ordered.count)) { _ in
      while true {
        let index = state.withLock { state in
          state.next += 1
          return state.next - 1
        }
        guard index < ordered.count else { return }
        try Interruption.check()
        let task = ordered[index]
        let built = try build(task)
        let done = state.withLock { state in
          if built { state.built[task.namespace, default: 0] += 1 }
          state.done += 1
          return state.done
        }
        events(
          .progress(
            Progress(
              phase: "indexes", done: Amount(documents: done), total: total,
              current: ["\(task.namespace) \(task.spec["name"]?.string ?? "")"])))
      }
    }
    return state.withLock(\.built)
  }

  /// Builds one; false when the server refused it.
  private func build(_ task: IndexTask) throws -> Bool {
    let refused = try refusal { () throws(MongoError) in
      try pool.run(
        ["createIndexes": .string(task.built.collection), "indexes": [.document(task.spec)]],
        on: task.built.database)
    }
    guard let refused else { return true }
    problems.report(
      .init(task.namespace, "index", name: task.spec["name"]?.string, message: refused.description))
    return false
  }
}

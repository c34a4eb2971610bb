internal import Glibc

/// Plain threads, for work that blocks (libmongoc, files) and recurses deeply (nested documents).
package enum Threads {
  /// Deep enough for BSON's 180 levels many times over.
  private static let stackBytes = 8 << 20

  /// Runs `body` for each index below `count`, each on a thread of its own, and returns when all have ended.
  ///
  /// The first error is thrown then; `onFirstError` is called as soon as it happens, to wake the others (cancel
  /// their channels).
  package static func concurrently(
    _ count: Int, onFirstError: @Sendable (any Error) -> Void = { _ in },
    _ body: @Sendable (Int) throws -> Void
  ) throws {
    let first = Monitor<(any Error)?>(nil)
    let reason = Interruption.reason
    withoutActuallyEscaping(body) { body in
      withoutActuallyEscaping(onFirstError) { onFirstError in
        var threads: [RunningThread] = []
        defer { for thread in threads { thread.join() } }
        let fail: @Sendable (any Error) -> Void = { error in
          let isFirst = first.update { first -> Bool in
            defer { first = first ?? error }
            return first == nil
          }
          if isFirst { onFirstError(error) }
        }
        for index in 0..<count {
          do {
            threads.append(
              try start {
                do {
                  try Interruption.$reason.withValue(reason) { try body(index) }
                } catch { fail(error) }
              })
          } catch {
            fail(error)
            return
          }
        }
      }
    }
    if let error = first.withLock({ $0 }) { throw error }
  }

  /// Runs `body` for each index below `count`, in order, on `threads` threads at most. After the first error, which is
  /// thrown, no further one is begun.
  package static func forEach(
    below count: Int, on threads: Int, _ body: @Sendable (Int) throws -> Void
  ) throws {
    let next = Monitor(0)
    let stop: @Sendable (any Error) -> Void = { _ in next.update { $0 = count } }
    try concurrently(max(1, min(threads, count)), onFirstError: stop) { _ in
      while true {
        let index = next.withLock { next in
          defer { next = min(count, next + 1) }
          return next
        }
        if index >= count { return }
        try body(index)
      }
    }
  }

  /// Starts a thread. Throws a `Failure` when the system refuses one.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(Failure) -> RunningThread {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackBytes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    let argument = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, argument)
    guard status == 0 else {
      unsafe Unmanaged<Work>.fromOpaque(argument).release()
      throw Failure.system("no-thread", "the system gives no more threads", errno: status)
    }
    return RunningThread(thread)
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A thread that was started. It goes on when the last reference goes.
package final class RunningThread: Sendable {
  private let thread: Monitor<pthread_t?>

  fileprivate init(_ thread: pthread_t) { self.thread = Monitor(thread) }

  deinit {
    if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
  }

  /// Waits until it has ended and let go of all that its work held.
  package func join() {
    thread.withLock { thread in
      if let thread = thread.take() { pthread_join(thread, nil) }
    }
  }
}

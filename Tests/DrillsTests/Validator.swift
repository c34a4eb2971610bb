import Glibc
import Platform
import Testing

/// An independent validator of JSON Schema, `check-jsonschema`, as one process for all tests: to start it takes longer
/// than what it does. Without it the tests fail.
final class Validator: Sendable {
  static let shared = Result { try Validator() }

  private static let program = """
    import contextlib, io, json, sys, traceback
    from check_jsonschema import main
    for line in sys.stdin:
        text = io.StringIO()
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            try:
                status = main(json.loads(line), standalone_mode=False)
            except Exception:
                status = traceback.format_exc()
        print(json.dumps([status, text.getvalue()]), flush=True)
    """

  /// Where requests are written to and answers are read from: a line each.
  private let ends: Monitor<(requests: Int32, answers: Int32)>

  private init() throws {
    let cached = Files.join(Environment["HOME"] ?? "/", ".cache/mongodrill/tools/bin/check-jsonschema")
    let found = Programs.find("check-jsonschema", path: Environment["PATH"])
    let script = try #require(
      found ?? (Files.exists(cached) ? cached : nil),
      "check-jsonschema is missing; scripts/setup --tests installs it")
    // The Python that has its modules.
    let first = try #require(Files.text(of: script).split(separator: "\n").first)
    try #require(first.hasPrefix("#!"), "\(script) is no script")
    var input: [Int32] = [0, 0]
    var output: [Int32] = [0, 0]
    try #require(pipe(&input) == 0 && pipe(&output) == 0)
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = try Supervisor.shared.spawn(
      ChildSpec(
        [String(first.dropFirst(2)), "-c", Self.program], input: .descriptor(input[0]),
        output: .descriptor(output[1])))
    close(input[0])
    close(output[1])
    ends = Monitor((input[1], output[0]))
  }

  /// What it says when it is run with some arguments: nothing when all is valid.
  func mistakes(_ arguments: [String]) throws -> String {
    let request = JSON.array(arguments.map { .string($0) }).text() + "\n"
    let answer = ends.withLock { ends -> [UInt8] in
      guard Files.write(Array(request.utf8), to: ends.requests) else { return [] }
      var answer: [UInt8] = []
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while answer.last != UInt8(ascii: "\n") {
        let count = read(ends.answers, &bytes, bytes.count)
        guard count > 0 else { return [] }
        answer += bytes[..<count]
      }
      return answer
    }
    guard !answer.isEmpty, case .array(let parts) = try JSON.parse(answer),
      case .string(let text)? = parts.last
    else {
      throw Failure(.internal, "no-validator", "check-jsonschema ended at \(request)")
    }
    return parts.first == 0 ? "" : "status \(parts[0].text()): \(text)"
  }
}

internal import Glibc

extension Failure {
  /// A system call on a file that failed: `message` names the file, `errno`'s text is the cause.
  package static func system(
    _ code: String, _ message: String, errno number: Int32 = Glibc.errno, kind: Kind = .incomplete,
    hint: String? = nil
  ) -> Failure {
    Failure(kind, code, message, hint: hint, cause: text(errno: number))
  }

  /// The system's words for an error number, such as `no such file or directory`.
  package static func text(errno number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    let words = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    // "No such file …" reads on in the middle of a line, "RPC struct is bad" stays.
    guard let first = words.first, words.dropFirst().first?.isLowercase == true else { return words }
    return first.lowercased() + words.dropFirst()
  }
}

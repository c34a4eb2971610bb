internal import CSpawn
internal import Glibc

/// What every user of the machine sees of this process: its command line.
package enum ProcessList {
  /// Puts `***` in place of user and password in the addresses on the command line, and of values whose names are those
  /// of secrets (`--param db_password=…`). To be called first thing in main,
  /// when the arguments have been copied: until then, for some milliseconds, they are to be seen.
  package static func hideCredentials() {
    var index: Int32 = 0
    while let argument = unsafe cspawn_argument(index) {
      index += 1
      let text = unsafe String(cString: argument)
      let shown = Secrets.maskingArgument(text)
      guard shown != text else { continue }
      let length = unsafe strlen(argument)
      // Blanks say nothing of how long it was, and cut nothing off from what follows.
      let bytes = (Array(shown.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: length)).prefix(length)
      for (offset, byte) in bytes.enumerated() { unsafe argument[offset] = CChar(bitPattern: byte) }
    }
  }
}

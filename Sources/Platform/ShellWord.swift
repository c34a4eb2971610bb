/// Words for a POSIX shell.
package enum ShellWord {
  /// The word as it is where that is safe, in single quotes otherwise.
  package static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_-./:=@%+,".utf8.contains(byte)
        }
      }
    return isPlain ? word : literal(word)
  }

  /// The word in single quotes, whatever it is.
  package static func literal(_ word: String) -> String { "'" + word.replacing("'", with: #"'\''"#) + "'" }
}

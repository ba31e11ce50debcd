internal import Formats
internal import PasswordReset

/// RFC 2047 encoded-words: how a header field says what is not ASCII.
enum EncodedWords {
  /// Columns that a word may have, and a line with one (RFC 2047 §2).
  private static let maximumWord = 75
  private static let maximumLine = 76
  private static let opening = "=?utf-8?B?"
  private static let closing = "?="

  /// The text as words, folded.
  ///
  /// - Parameter column: octets already on the line, 0 ... 40.
  static func encode(_ text: String, after column: Int) -> String {
    var words: [String] = []
    var word: [UInt8] = []
    var room = room(after: column)
    for byte in text.utf8 {
      // Every word holds whole characters, RFC 2047 §5.
      if word.count + length(ofCharacter: byte) > room {
        words.append(wrap(word))
        word.removeAll(keepingCapacity: true)
        room = Self.room(after: 1)
      }
      word.append(byte)
    }
    words.append(wrap(word))
    return words.joined(separator: "\r\n ")
  }

  /// Whether a reader would take the text for what it is without encoding.
  static func needsNone(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
      && Array(text.utf8)[...].firstRange(of: "=?") == nil
  }

  /// In octets, by its first one; 1 for those that follow.
  private static func length(ofCharacter first: UInt8) -> Int {
    switch first {
    case 0xc0..<0xe0: 2
    case 0xe0..<0xf0: 3
    case 0xf0...: 4
    default: 1
    }
  }

  /// Octets that fit in one word.
  private static func room(after column: Int) -> Int {
    let columns = min(maximumWord, maximumLine - column)
    return (columns - opening.utf8.count - closing.utf8.count) / 4 * 3
  }

  private static func wrap(_ bytes: [UInt8]) -> String {
    opening + Base64.encode(bytes) + closing
  }
}

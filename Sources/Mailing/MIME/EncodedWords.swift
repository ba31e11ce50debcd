internal import PasswordReset

/// RFC 2047 encoded-words: how a header field says what is not ASCII.
enum EncodedWords {
  /// Columns a line with an encoded-word may have (RFC 2047 §2); the word itself at most 75.
  static let maximumLine = 76
  private static let opening = "=?utf-8?B?"
  private static let closing = "?="

  /// The text as words, folded.
  ///
  /// - Parameter column: octets already on the line, 0 ... 40.
  static func encode(_ text: String, after column: Int) -> String {
    var words: [String] = []
    var word: [UInt8] = []
    var room = room(after: column)
    for scalar in text.unicodeScalars {
      let character = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      // Every word holds whole characters, RFC 2047 §5.
      if word.count + character.count > room {
        words.append(wrap(word))
        word = []
        room = Self.room(after: 1)
      }
      word += character
    }
    words.append(wrap(word))
    return words.joined(separator: "\r\n ")
  }

  /// Whether a reader would take the text for what it is without encoding.
  static func needsNone(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
      && Array(text.utf8)[...].firstRange(of: "=?") == nil
  }

  /// Octets that fit in one word.
  private static func room(after column: Int) -> Int {
    (maximumLine - column - opening.utf8.count - closing.utf8.count) / 4 * 3
  }

  private static func wrap(_ bytes: [UInt8]) -> String {
    opening + Base64.encode(bytes) + closing
  }
}

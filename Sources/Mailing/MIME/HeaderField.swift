internal import PasswordReset
internal import Templates

/// Header fields of RFC 5322 §3. A name or value from outside can neither end a line nor begin a
/// field: control characters are gone before, and what is not ASCII goes as encoded-words.
enum HeaderField {
  /// Unstructured text.
  static func subject(_ text: String) -> String {
    let line = line(text)
    let name = "Subject: "
    if line.utf8.count <= 60, EncodedWords.needsNone(line) { return name + line }
    let words = words(of: line)
    let isPlain = EncodedWords.needsNone(line) && words.allSatisfy { $0.utf8.count <= 60 }
    return name
      + (isPlain
        ? folded(words, after: name.utf8.count)
        : EncodedWords.encode(line, after: name.utf8.count))
  }

  /// The text on one line without spaces around it; runs of spaces become one.
  static func line(_ text: String) -> String {
    words(of: SafeText.singleLine(text)).joined(separator: " ")
  }

  private static func words(of line: String) -> [String] {
    line.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
  }

  static func from(_ mailbox: Mailbox) -> String {
    guard let name = mailbox.name.map(SafeText.singleLine), name.utf8.contains(where: { $0 > 0x20 })
    else { return "From: \(mailbox.address.text)" }
    let phrase = "From: " + phrase(name)
    let address = "<\(mailbox.address.text)>"
    let line = phrase.utf8.reversed().prefix { $0 != 10 }.count
    return phrase + (line + 1 + address.utf8.count <= 76 ? " " : "\r\n ") + address
  }

  /// RFC 5322 §3.2.5.
  private static func phrase(_ name: String) -> String {
    guard EncodedWords.needsNone(name), name.utf8.count <= 60 else {
      return EncodedWords.encode(name, after: "From: ".utf8.count)
    }
    return name.utf8.allSatisfy { isAtomText($0) || $0 == 0x20 } ? name : quoted(name)
  }

  /// Printable ASCII as a quoted-string, RFC 5322 §3.2.4.
  static func quoted(_ text: String) -> String {
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        quoted.append(UInt8(ascii: "\\"))
      }
      quoted.append(byte)
    }
    return String(decoding: quoted + [UInt8(ascii: "\"")], as: UTF8.self)
  }

  /// RFC 5322 §3.2.3.
  private static func isAtomText(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }

  /// As many words on a line as fit in 76 columns.
  private static func folded(_ words: [String], after column: Int) -> String {
    var text = ""
    var column = column
    for word in words {
      if !text.isEmpty {
        let fits = column + 1 + word.utf8.count <= 76
        text += fits ? " " : "\r\n "
        column = fits ? column + 1 : 1
      }
      text += word
      column += word.utf8.count
    }
    return text
  }
}

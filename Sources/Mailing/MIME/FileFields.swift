internal import Formats
internal import PasswordReset
internal import Templates

/// The header fields of a part that is a file. Its name stands in both fields, since some readers
/// look for it in one and some in the other.
enum FileFields {
  private static let maximumLine = 76

  static func text(_ file: MailFile) -> String {
    let name = SafeText.singleLine(file.name)
    var text = "Content-Type: \(mediaType(file))\(parameter("name", name))\r\n"
    text += "Content-Transfer-Encoding: base64\r\n"
    if file.isInline { text += "Content-ID: <\(contentID(file))>\r\n" }
    text += "Content-Disposition: \(file.isInline ? "inline" : "attachment")"
    return text + "\(parameter("filename", name))\r\n"
  }

  /// What is no type would end the field's syntax.
  private static func mediaType(_ file: MailFile) -> String {
    let isType = file.mediaType.utf8.allSatisfy {
      FileBeside.isPlain($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "+")
    }
    return isType && file.mediaType.utf8.count <= 60 ? file.mediaType : MediaType.unknown
  }

  /// As `cid:` names it, so without the `@` that RFC 2392 has: readers compare the text.
  private static func contentID(_ file: MailFile) -> String {
    String(decoding: file.name.utf8.filter(FileBeside.isPlain), as: UTF8.self)
  }

  /// A parameter with its `;`, on lines of its own of at most 76 columns: ASCII in quotes (RFC 2045
  /// §5.1); what is not or does not fit in a line as RFC 2231 has it.
  static func parameter(_ attribute: String, _ value: String) -> String {
    if EncodedWords.needsNone(value) {
      let line = " \(attribute)=\(HeaderField.quoted(value))"
      if line.utf8.count <= maximumLine { return ";\r\n" + line }
    }
    return extended(attribute, value)
  }

  /// RFC 2231 §4, and §3 for what needs more than a line.
  private static func extended(_ attribute: String, _ value: String) -> String {
    // ` filename*12*=UTF-8''` and the `;` leave this much.
    let pieces = pieces(of: value, room: maximumLine - attribute.utf8.count - 14)
    guard pieces.count > 1 else {
      return ";\r\n \(attribute)*=UTF-8''\(pieces.first ?? "")"
    }
    return pieces.enumerated().reduce(into: "") { text, piece in
      let (number, value) = piece
      text += ";\r\n \(attribute)*\(number)*=\(number == 0 ? "UTF-8''" : "")\(value)"
    }
  }

  /// In hexadecimal but for what may stand as it is; a character is not divided.
  private static func pieces(of value: String, room: Int) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for scalar in value.unicodeScalars {
      let character = encoded(scalar)
      if piece.utf8.count + character.utf8.count > room {
        pieces.append(piece)
        piece = ""
      }
      piece += character
    }
    return pieces + [piece]
  }

  private static func encoded(_ scalar: Unicode.Scalar) -> String {
    if scalar.isASCII, FileBeside.isPlain(UInt8(truncatingIfNeeded: scalar.value)) {
      return String(scalar)
    }
    let bytes = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    return bytes.map { "%" + Hex.encode([$0]).uppercased() }.joined()
  }
}

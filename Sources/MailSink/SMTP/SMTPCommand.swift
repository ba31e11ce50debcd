internal import Formats

/// One command line, split into verb and the rest.
struct SMTPCommand {
  enum Verb: String {
    case ehlo, helo, mail, rcpt, data, rset, noop, quit, vrfy
    /// Known and not offered: answered with 502 rather than 500 (RFC 5321 section 4.2.4).
    case expn, help, auth, starttls, bdat, etrn, turn
  }

  let verb: Verb
  /// Everything behind the first space.
  let argument: Substring

  init?(_ line: String) {
    let space = line.utf8.firstIndex(of: ASCII.space) ?? line.utf8.endIndex
    let name = String(decoding: line.utf8[..<space].map(\.asciiLowercased), as: UTF8.self)
    guard let verb = Verb(rawValue: name) else { return nil }
    self.verb = verb
    argument = space == line.utf8.endIndex ? "" : line[line.utf8.index(after: space)...]
  }
}

/// `FROM:<path> parameters` or `TO:<path> parameters` (RFC 5321 section 4.1.1.2 and 4.1.1.3).
struct SMTPPath: Equatable {
  /// Without angle brackets, byte for byte.
  let address: String
  let parameters: [String]

  /// - Parameter keyword: `from:` or `to:`; no blank is allowed behind the colon.
  init?(_ argument: Substring, keyword: String) {
    let head = argument.utf8.prefix(keyword.utf8.count)
    guard equalIgnoringASCIICase(Substring(head), keyword) else { return nil }
    let path = argument.utf8.dropFirst(keyword.utf8.count)
    guard path.first == UInt8(ascii: "<"), let end = Self.closingBracket(in: path) else {
      return nil
    }
    // RFC 5321 section 4.5.3.1.3: 256 octets, brackets included.
    guard path[...end].count <= 256 else { return nil }
    address = String(Substring(path[path.index(after: path.startIndex)..<end]))
    let rest = path[path.index(after: end)...]
    guard rest.isEmpty || rest.first == ASCII.space else { return nil }
    parameters = rest.split(separator: ASCII.space).map { String(Substring($0)) }
  }

  /// The `>` that is not inside a quoted string. Blanks are allowed only inside one.
  private static func closingBracket(in path: Substring.UTF8View) -> Substring.Index? {
    var isQuoted = false
    var isEscaped = false
    for index in path.indices.dropFirst() {
      let byte = path[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted, byte == UInt8(ascii: ">") {
        return index
      } else if !isQuoted, byte == ASCII.space || byte == UInt8(ascii: "<") {
        return nil
      }
    }
    return nil
  }

  var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }
}

/// `KEYWORD` or `KEYWORD=value` behind a path.
struct SMTPParameter {
  /// Upper case.
  let keyword: String
  let value: Substring?

  init(_ text: String) {
    let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) ?? text.utf8.endIndex
    keyword = text[..<equals].uppercased()
    value = equals == text.utf8.endIndex ? nil : text[text.utf8.index(after: equals)...]
  }
}

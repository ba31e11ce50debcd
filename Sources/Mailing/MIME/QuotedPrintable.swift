/// Quoted-printable, RFC 2045 §6.7: text in lines of at most 76 columns that survive any transport.
struct QuotedPrintable {
  private static let maximumLine = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  private var column = 0

  static func encode(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    append(text, to: &bytes)
    return bytes
  }

  /// Lines of the text end in LF, CR LF or CR; those of the result in CR LF.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    let source = Array(text.utf8)
    var encoder = QuotedPrintable()
    var place = 0
    while place < source.count {
      let plain = encoder.plainRun(in: source, from: place)
      if plain > place {
        bytes += source[place..<plain]
        encoder.column += plain - place
        place = plain
        continue
      }
      switch source[place] {
      case 10 where place > 0 && source[place - 1] == 13: break
      case 10, 13: encoder.endLine(&bytes)
      case let byte: encoder.append(byte, before: source[(place + 1)...], to: &bytes)
      }
      place += 1
    }
  }

  /// Where a run ends of what stands as it is wherever a line ends: most of a mail.
  private func plainRun(in source: [UInt8], from start: Int) -> Int {
    // A line's first column has rules of its own, and its last one depends on what follows.
    guard column > 0, column < Self.maximumLine - 1 else { return start }
    let end = min(source.count, start + Self.maximumLine - 1 - column)
    var place = start
    while place < end, (0x20...0x7e).contains(source[place]), source[place] != UInt8(ascii: "=") {
      place += 1
    }
    // What a space at the end becomes depends on what follows too.
    while place > start, source[place - 1] == 0x20 { place -= 1 }
    return place
  }

  private mutating func append(
    _ byte: UInt8, before rest: ArraySlice<UInt8>, to bytes: inout [UInt8]
  ) {
    let isLast = rest.first.map { $0 == 10 || $0 == 13 } ?? true
    var isLiteral = isLiteral(byte, isLast: isLast, rest)
    // Where the line goes on, one column is for the sign that says so.
    if column + (isLiteral ? 1 : 3) > (isLast ? Self.maximumLine : Self.maximumLine - 1) {
      bytes.append(UInt8(ascii: "="))
      endLine(&bytes)
      isLiteral = self.isLiteral(byte, isLast: isLast, rest)
    }
    if isLiteral {
      bytes.append(byte)
      column += 1
    } else {
      bytes.append(UInt8(ascii: "="))
      bytes.append(Self.digits[Int(byte >> 4)])
      bytes.append(Self.digits[Int(byte & 15)])
      column += 3
    }
  }

  private func isLiteral(_ byte: UInt8, isLast: Bool, _ rest: ArraySlice<UInt8>) -> Bool {
    switch byte {
    // Spaces at the end of a line get lost on the way.
    case 0x20, 9: !isLast
    case UInt8(ascii: "="): false
    // A dot that begins a line is doubled or ends the mail (RFC 5321 §4.5.2).
    case UInt8(ascii: "."): column > 0
    // `From ` that begins a line separates the mails of a mailbox file (RFC 4155).
    case UInt8(ascii: "F"): column > 0 || !rest.starts(with: "rom ".utf8)
    default: (0x21...0x7e).contains(byte)
    }
  }

  private mutating func endLine(_ bytes: inout [UInt8]) {
    bytes.append(13)
    bytes.append(10)
    column = 0
  }
}

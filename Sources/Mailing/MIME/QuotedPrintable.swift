/// Quoted-printable, RFC 2045 §6.7: text in lines of at most 76 columns that survive any transport.
struct QuotedPrintable {
  private static let maximumLine = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  private(set) var bytes: [UInt8] = []
  private var column = 0

  /// Lines of the text end in LF, CR LF or CR; those of the result in CR LF.
  static func encode(_ text: String) -> [UInt8] {
    let source = Array(text.utf8)
    var encoder = QuotedPrintable()
    encoder.bytes.reserveCapacity(source.count + source.count / 4)
    for (place, byte) in source.enumerated() {
      switch byte {
      case 10 where place > 0 && source[place - 1] == 13: break
      case 10, 13: encoder.endLine()
      default: encoder.append(byte, before: source[(place + 1)...])
      }
    }
    return encoder.bytes
  }

  private mutating func append(_ byte: UInt8, before rest: ArraySlice<UInt8>) {
    let isLast = rest.first.map { $0 == 10 || $0 == 13 } ?? true
    var isLiteral = isLiteral(byte, isLast: isLast, rest)
    // Where the line goes on, one column is for the sign that says so.
    if column + (isLiteral ? 1 : 3) > (isLast ? Self.maximumLine : Self.maximumLine - 1) {
      bytes.append(UInt8(ascii: "="))
      endLine()
      isLiteral = self.isLiteral(byte, isLast: isLast, rest)
    }
    if isLiteral {
      bytes.append(byte)
      column += 1
    } else {
      bytes += [UInt8(ascii: "="), Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
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

  private mutating func endLine() {
    bytes += [13, 10]
    column = 0
  }
}

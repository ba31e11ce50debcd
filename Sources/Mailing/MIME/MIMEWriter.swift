internal import PasswordReset
internal import Transfer

/// Writes parts one after the other. What stands between two files is one piece.
struct MIMEWriter {
  /// What makes the boundaries of this message its own.
  private let name: String
  private var pieces: [TransferPiece] = []
  private var bytes: [UInt8] = []

  init(name: String, capacity: Int) {
    self.name = name
    bytes.reserveCapacity(capacity)
  }

  /// To be asked when all is written; a boundary ends it, so the last piece is never empty.
  var body: TransferBody { TransferBody(pieces + [.bytes(bytes)]) }

  mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Header fields, an empty line and the content, which ends in CR LF.
  mutating func append(_ part: MIMEPart) {
    switch part {
    case .text(let text, let subtype):
      append("Content-Type: text/\(subtype); charset=utf-8\r\n")
      append("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
      QuotedPrintable.append(text, to: &bytes)
      append("\r\n")
    case .file(let file):
      append(FileFields.text(file))
      append("\r\n")
      append(file)
    case .multipart(let kind, let parts):
      append(kind, parts)
    }
  }

  private mutating func append(_ kind: MIMEPart.Multipart, _ parts: [MIMEPart]) {
    let boundary = kind.boundary(name)
    append("Content-Type: multipart/\(kind.rawValue);\(kind.parameters)\r\n")
    append(" boundary=\"\(boundary)\"\r\n\r\n")
    for part in parts {
      append("--\(boundary)\r\n")
      append(part)
    }
    append("--\(boundary)--\r\n")
  }

  private mutating func append(_ file: MailFile) {
    pieces.append(.bytes(bytes))
    bytes = []
    pieces.append(.base64(path: file.path, size: file.size, hasLines: true))
  }
}

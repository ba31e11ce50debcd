/// Gives out a body a little at a time. Holds at most one open file and one piece of it.
final class BodyReader {
  /// Whole lines of base64, and what they become stays below 32 KiB.
  static let filePiece = Base64Encoding.bytesPerLine * 400
  static let piece = 32 * 1024

  /// What the bytes of a piece are, for those who have to look at them.
  enum Kind {
    case bytes
    /// Has no dot and, where it has line ends, ends in one.
    case base64
  }

  private let pieces: [TransferPiece]
  private var index = 0
  /// In the piece at `index`, if that is bytes.
  private var position = 0
  private var file: FileReader?
  private var buffer: [UInt8] = []

  init(_ body: TransferBody) { pieces = body.pieces }

  /// Appends the next 32 KiB at most; nil at the end.
  func append(to output: inout [UInt8]) throws(FileReader.Fault) -> Kind? {
    while index < pieces.count {
      switch pieces[index] {
      case .bytes(let bytes):
        if position < bytes.count {
          let end = min(bytes.count, position + Self.piece)
          output += bytes[position..<end]
          position = end
          return .bytes
        }
        position = 0
      case .base64(let path, let size, let hasLines):
        if try append(path, size, hasLines, to: &output) { return .base64 }
        file = nil
      }
      index += 1
    }
    buffer = []
    return nil
  }

  /// False at the end of the file.
  private func append(
    _ path: String, _ size: Int64, _ hasLines: Bool, to output: inout [UInt8]
  ) throws(FileReader.Fault) -> Bool {
    let file: FileReader
    if let open = self.file { file = open } else { file = try FileReader(path, size: size) }
    self.file = file
    if file.isAtEnd { return false }
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Self.filePiece + 1) }
    let count = try file.read(into: &buffer)
    Base64Encoding.append(buffer[..<count], hasLines: hasLines, to: &output)
    return true
  }
}

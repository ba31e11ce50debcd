internal import Formats

/// Gives out a body a little at a time. Holds at most one open file and one piece of it, as does
/// the reader of a body within it.
final class BodyReader {
  /// Whole lines of base64, and what they become stays below 32 KiB.
  static let filePiece = Base64.bytesPerLine * 400
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
  /// In the piece at `index`, if that is a body.
  private var inner: BodyReader?
  /// What `inner` gave out and is not encoded yet.
  private var rest: [UInt8] = []
  private var buffer: [UInt8] = []

  init(_ body: TransferBody) { pieces = body.pieces }

  /// Appends the next 32 KiB at most, a third more for each body around them; nil at the end.
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
      case .encoded(let body):
        if try append(body, to: &output) { return .base64 }
        inner = nil
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
    Base64.append(buffer[..<count], hasLines: hasLines, to: &output)
    return true
  }

  /// False at the end of the body.
  private func append(
    _ body: TransferBody, to output: inout [UInt8]
  ) throws(FileReader.Fault) -> Bool {
    let inner = inner ?? BodyReader(body)
    self.inner = inner
    var isAtEnd = false
    while rest.count < 3, !isAtEnd { isAtEnd = try inner.append(to: &rest) == nil }
    // What is left of a group of three waits for what follows it; only the last is padded.
    let count = isAtEnd ? rest.count : rest.count - rest.count % 3
    Base64.append(rest[..<count], hasLines: false, to: &output)
    if isAtEnd { rest = [] } else { rest.removeFirst(count) }
    return count > 0
  }
}

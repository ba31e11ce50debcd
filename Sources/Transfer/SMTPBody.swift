/// The message on its way to the wire: dots that begin a line are doubled (RFC 5321 section
/// 4.5.2), and the final dot follows. Taken in pieces, so a large message is never held twice.
struct SMTPBody {
  static let pieceSize = 32 * 1024

  private let message: [UInt8]
  private var position = 0
  private var isAtLineStart = true
  private(set) var isFinished = false

  init(_ message: [UInt8]) {
    self.message = message
  }

  /// Appends the next piece; `isFinished` when the final dot is in it.
  mutating func appendPiece(to output: inout [UInt8]) {
    let end = min(message.count, position + Self.pieceSize)
    output.reserveCapacity(output.count + (end - position) + 64)
    while position < end {
      let byte = message[position]
      if isAtLineStart, byte == UInt8(ascii: ".") { output.append(byte) }
      output.append(byte)
      isAtLineStart = byte == 0x0a
      position += 1
    }
    guard position == message.count else { return }
    output += isAtLineStart ? ".\r\n".utf8 : "\r\n.\r\n".utf8
    isFinished = true
  }
}

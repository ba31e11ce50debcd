/// The message on its way to the wire: dots that begin a line are doubled (RFC 5321 section
/// 4.5.2), and the final dot follows. Taken in pieces, so a large message is never held whole.
struct SMTPBody {
  private let reader: BodyReader
  private var isAtLineStart = true
  private(set) var isFinished = false

  init(_ message: TransferBody) { reader = BodyReader(message) }

  /// Appends the next piece; `isFinished` when the final dot is in it.
  mutating func appendPiece(to output: inout [UInt8]) throws(FileReader.Fault) {
    let start = output.count
    guard let kind = try reader.append(to: &output) else {
      output += isAtLineStart ? ".\r\n".utf8 : "\r\n.\r\n".utf8
      isFinished = true
      return
    }
    if kind == .bytes { doubleDots(in: &output, from: start) }
    isAtLineStart = output.last == 0x0a
  }

  private func doubleDots(in output: inout [UInt8], from start: Int) {
    let dots = dotsAtLineStart(output[start...])
    guard !dots.isEmpty else { return }
    let plain = Array(output[start...])
    output.removeSubrange(start...)
    output.reserveCapacity(start + plain.count + dots.count)
    var copied = 0
    for dot in dots {
      output += plain[copied...(dot - start)]
      copied = dot - start
    }
    output += plain[copied...]
  }

  private func dotsAtLineStart(_ bytes: ArraySlice<UInt8>) -> [Int] {
    var dots: [Int] = []
    var isAtLineStart = isAtLineStart
    for index in bytes.indices {
      if isAtLineStart, bytes[index] == UInt8(ascii: ".") { dots.append(index) }
      isAtLineStart = bytes[index] == 0x0a
    }
    return dots
  }
}

internal import NIOCore

/// Cuts a stream into lines that end with CRLF and with nothing else (RFC 5321 section 2.3.8):
/// a bare LF or CR stays inside its line. Memory is bounded by the limit whatever arrives.
struct LineReader {
  enum Line: Equatable {
    /// Without its CRLF.
    case complete(ByteBuffer)
    /// A line over the limit ended; its bytes are gone.
    case tooLong
  }

  private var buffer = ByteBuffer()
  /// How many readable bytes are known to hold no line end.
  private var scanned = 0
  private var isOverLimit = false

  mutating func append(_ bytes: inout ByteBuffer) {
    buffer.discardReadBytes()
    buffer.writeBuffer(&bytes)
  }

  /// The next line of at most `limit` octets, CRLF included; nil when more bytes are needed.
  mutating func next(limit: Int) -> Line? {
    guard let length = lengthToLineFeed() else {
      forgetOverlongStart(limit: limit)
      return nil
    }
    defer { (scanned, isOverLimit) = (0, false) }
    guard let line = buffer.readSlice(length: length - 2) else { return nil }
    buffer.moveReaderIndex(forwardBy: 2)
    return isOverLimit || length > limit ? .tooLong : .complete(line)
  }

  /// The length of the first line with its CRLF.
  private mutating func lengthToLineFeed() -> Int? {
    let view = buffer.readableBytesView
    while let lineFeed = view[(view.startIndex + scanned)...].firstIndex(of: ASCII.lineFeed) {
      scanned = lineFeed - view.startIndex + 1
      if scanned > 1, view[lineFeed - 1] == ASCII.carriageReturn { return scanned }
    }
    scanned = view.count
    return nil
  }

  /// Keeps only the last byte, which may be the CR of the line end.
  private mutating func forgetOverlongStart(limit: Int) {
    guard buffer.readableBytes > limit else { return }
    isOverLimit = true
    buffer.moveReaderIndex(forwardBy: buffer.readableBytes - 1)
    scanned = 1
  }
}

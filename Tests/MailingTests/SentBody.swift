import Formats
import Glibc
import PasswordReset
import Testing
import Transfer

/// A body as it goes over the wire, with its files read.
enum SentBody {
  static func bytes(of body: TransferBody) throws -> [UInt8] {
    try body.pieces.flatMap { piece -> [UInt8] in
      switch piece {
      case .bytes(let bytes): return bytes
      case .base64(let path, let size, let hasLines):
        try #require(hasLines)
        let content = try read(path)
        try #require(content.count == size)
        return lines(content)
      case .encoded(let inner): return Array(Base64.encode(try bytes(of: inner)).utf8)
      }
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
      content += chunk[..<count]
    }
    return content
  }

  private static func lines(_ content: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: content.count, by: 57) {
      let line = content[start..<min(start + 57, content.count)]
      for place in stride(from: line.startIndex, to: line.endIndex, by: 3) {
        let group = line[place..<min(place + 3, line.endIndex)]
        let bits = (0..<3).reduce(0) { bits, number in
          bits << 8 | (number < group.count ? Int(group[place + number]) : 0)
        }
        for digit in 0..<4 {
          text.append(
            digit <= group.count ? digits[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
        }
      }
      text += [13, 10]
    }
    return text
  }
}

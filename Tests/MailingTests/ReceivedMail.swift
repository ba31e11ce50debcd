import Testing
import Transfer

/// A mail as a receiver reads it. It is as strict as the mails have to be, and shares no code with
/// what wrote them.
struct ReceivedMail {
  struct Malformed: Error {
    let reason: String
  }

  let bytes: [UInt8]
  let whole: ReceivedPart
  /// As decoded: the text part, then the HTML part.
  let text: String
  let html: String
  /// What stands beside the HTML part, and beside both.
  let inline: [ReceivedPart]
  let attachments: [ReceivedPart]

  /// - Parameter body: its files must be there.
  init(_ body: TransferBody) throws { try self.init(SentBody.bytes(of: body)) }

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    let lines = try Self.lines(bytes)
    guard lines.allSatisfy({ $0.utf8.count <= 998 }) else { throw Malformed(reason: "long line") }
    whole = try ReceivedPart(lines[...])
    let isMixed = whole.type == "multipart/mixed"
    let both = isMixed ? try #require(whole.parts.first) : whole
    attachments = isMixed ? Array(whole.parts.dropFirst()) : []
    guard both.type == "multipart/alternative", both.parts.count == 2 else {
      throw Malformed(reason: both.type)
    }
    text = try both.parts[0].text(of: "text/plain")
    let rich = both.parts[1]
    if rich.type == "multipart/related" {
      guard rich.parameters["type"] == "text/html" else { throw Malformed(reason: "related") }
      inline = Array(rich.parts.dropFirst())
      html = try #require(rich.parts.first).text(of: "text/html")
    } else {
      inline = []
      html = try rich.text(of: "text/html")
    }
  }

  /// Unfolded, in order.
  var fields: [(name: String, value: String)] { whole.fields }

  func field(_ name: String) -> String? { whole.field(name) }

  var subject: String? { field("Subject").flatMap(Self.decodeWords) }

  /// Throws for a CR or LF that is not part of a CR LF, and for a last line without its end.
  static func lines(_ bytes: [UInt8]) throws -> [String] {
    var lines: [String] = []
    var line: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 13, index + 1 < bytes.count, bytes[index + 1] == 10 {
        lines.append(String(decoding: line, as: UTF8.self))
        line = []
        index += 2
      } else {
        guard bytes[index] != 13, bytes[index] != 10 else { throw Malformed(reason: "line end") }
        line.append(bytes[index])
        index += 1
      }
    }
    guard line.isEmpty else { throw Malformed(reason: "last line") }
    return lines
  }

  static func decodeQuotedPrintable(_ text: String) throws -> String {
    var decoded: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "=") else {
        decoded.append(byte)
        continue
      }
      if rest.first == 10 {
        rest.removeFirst()
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      decoded.append(try #require(UInt8(digits, radix: 16)))
      rest = rest.dropFirst(2)
    }
    return try #require(String(validating: decoded, as: UTF8.self))
  }

  /// RFC 2047 words of UTF-8 in base64, or text as it is.
  static func decodeWords(_ value: String) -> String? {
    guard value.hasPrefix("=?") else { return value }
    var text = ""
    for word in value.split(separator: " ") {
      guard word.hasPrefix("=?utf-8?B?"), word.hasSuffix("?="), word.utf8.count <= 75,
        // Each word stands for itself, so each must be whole.
        let bytes = decodeBase64(String(word.dropFirst(10).dropLast(2))),
        let piece = String(validating: bytes, as: UTF8.self)
      else { return nil }
      text += piece
    }
    return text
  }

  static func decodeBase64(_ text: String) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    guard text.utf8.count.isMultiple(of: 4) else { return nil }
    let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    guard text.utf8.count - digits.count <= 2 else { return nil }
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in digits {
      guard let value = alphabet.firstIndex(of: byte) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(bits >> count & 255))
        bits &= 1 << count - 1
      }
    }
    return bytes
  }
}

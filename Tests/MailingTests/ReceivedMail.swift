import Testing

/// A mail as a receiver reads it. It is as strict as the mails have to be, and shares no code with
/// what wrote them.
struct ReceivedMail {
  struct Malformed: Error {
    let reason: String
  }

  let bytes: [UInt8]
  /// Unfolded, in order.
  let fields: [(name: String, value: String)]
  /// As decoded: the text part, then the HTML part.
  let text: String
  let html: String

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    let lines = try Self.lines(bytes)
    let end = try #require(lines.firstIndex(of: ""))
    fields = try Self.fields(lines[..<end])
    let type = try #require(fields.last { $0.name == "Content-Type" }?.value)
    let opening = "multipart/alternative; boundary=\""
    guard type.hasPrefix(opening), type.hasSuffix("\"") else { throw Malformed(reason: type) }
    let boundary = "--" + type.dropFirst(opening.count).dropLast()
    var parts: [[String]] = []
    var rest = lines[(end + 1)...]
    guard rest.popFirst() == boundary else { throw Malformed(reason: "preamble") }
    while let next = rest.firstIndex(where: { $0.hasPrefix(boundary) }) {
      parts.append(Array(rest[..<next]))
      rest = rest[(next + 1)...]
    }
    guard parts.count == 2, rest.isEmpty, lines.last == boundary + "--" else {
      throw Malformed(reason: "parts")
    }
    text = try Self.content(parts[0], type: "text/plain")
    html = try Self.content(parts[1], type: "text/html")
  }

  func field(_ name: String) -> String? {
    let found = fields.filter { $0.name == name }
    return found.count == 1 ? found[0].value : nil
  }

  var subject: String? { field("Subject").flatMap(Self.decodeWords) }

  /// Nil for a CR or LF that is not part of a CR LF, or a last line without its end.
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

  private static func fields(_ lines: ArraySlice<String>) throws -> [(String, String)] {
    var fields: [(String, String)] = []
    for line in lines {
      if line.hasPrefix(" "), let last = fields.popLast() {
        fields.append((last.0, last.1 + line))
      } else {
        let colon = try #require(line.firstIndex(of: ":"))
        fields.append((String(line[..<colon]), String(line[colon...].dropFirst(2))))
      }
    }
    return fields
  }

  private static func content(_ lines: [String], type: String) throws -> String {
    let head = [
      "Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
    ]
    guard Array(lines.prefix(3)) == head else { throw Malformed(reason: "part head") }
    return try decodeQuotedPrintable(lines.dropFirst(3).joined(separator: "\n"))
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
      guard word.hasPrefix("=?utf-8?B?"), word.hasSuffix("?="),
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
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in text.utf8 where byte != UInt8(ascii: "=") {
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

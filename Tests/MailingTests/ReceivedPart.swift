import Testing

/// A part of a mail, with the parts in it.
struct ReceivedPart {
  /// Unfolded, in order.
  let fields: [(name: String, value: String)]
  /// `text/html`
  let type: String
  /// Those of the Content-Type.
  let parameters: [String: String]
  let content: [String]
  let parts: [ReceivedPart]

  init(_ lines: ArraySlice<String>) throws {
    let end = try #require(lines.firstIndex(of: ""))
    fields = try Self.fields(lines[..<end])
    content = Array(lines[(end + 1)...])
    let types = fields.filter { $0.name == "Content-Type" }
    guard types.count == 1 else { throw ReceivedMail.Malformed(reason: "type") }
    (type, parameters) = try ReceivedParameters.read(types[0].value)
    parts =
      type.hasPrefix("multipart/")
      ? try Self.parts(lines[(end + 1)...], boundary: "--" + #require(parameters["boundary"])) : []
  }

  func field(_ name: String) -> String? {
    let found = fields.filter { $0.name == name }
    return found.count == 1 ? found[0].value : nil
  }

  func text(of type: String) throws -> String {
    guard
      fields.map({ "\($0.name): \($0.value)" }) == [
        "Content-Type: \(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
      ]
    else { throw ReceivedMail.Malformed(reason: "head of \(type)") }
    return try ReceivedMail.decodeQuotedPrintable(content.joined(separator: "\n"))
  }

  func file() throws -> [UInt8] {
    guard field("Content-Transfer-Encoding") == "base64",
      content.dropLast().allSatisfy({ $0.utf8.count == 76 })
    else { throw ReceivedMail.Malformed(reason: "file") }
    return try #require(ReceivedMail.decodeBase64(content.joined()))
  }

  func disposition() throws -> (value: String, parameters: [String: String]) {
    try ReceivedParameters.read(#require(field("Content-Disposition")))
  }

  private static func fields(_ lines: ArraySlice<String>) throws -> [(String, String)] {
    var fields: [(String, String)] = []
    for line in lines {
      guard line.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
        throw ReceivedMail.Malformed(reason: "field")
      }
      if line.hasPrefix(" "), let last = fields.popLast() {
        fields.append((last.0, last.1 + line))
      } else {
        let colon = try #require(line.firstIndex(of: ":"))
        fields.append((String(line[..<colon]), String(line[colon...].dropFirst(2))))
      }
    }
    return fields
  }

  /// Nothing before the first boundary, nothing after the last, and no line that only begins as one.
  private static func parts(
    _ lines: ArraySlice<String>, boundary: String
  ) throws -> [ReceivedPart] {
    var parts: [ReceivedPart] = []
    var rest = lines
    guard rest.popFirst() == boundary else { throw ReceivedMail.Malformed(reason: "preamble") }
    while let next = rest.firstIndex(where: { $0.hasPrefix(boundary) }) {
      guard [boundary, boundary + "--"].contains(rest[next]) else {
        throw ReceivedMail.Malformed(reason: "boundary")
      }
      parts.append(try ReceivedPart(rest[..<next]))
      rest = rest[(next + 1)...]
    }
    guard rest.isEmpty, lines.last == boundary + "--" else {
      throw ReceivedMail.Malformed(reason: "parts")
    }
    return parts
  }
}

import Testing

@testable import Transfer

@Suite struct SMTPReplyTests {
  private func read(_ text: String) throws(SMTPReplyReader.Fault) -> [SMTPReply] {
    var reader = SMTPReplyReader()
    var replies: [SMTPReply] = []
    for byte in text.utf8 {
      if let reply = try reader.read(byte) { replies.append(reply) }
    }
    return replies
  }

  @Test(arguments: [
    ("250\r\n", 250), ("250 \r\n", 250), ("250 ok\n", 250), ("250-a\r\n250-b\r\n250 c\r\n", 250),
    ("200 lowest\r\n", 200), ("599 highest\r\n", 599),
  ])
  func `a reply is a code with any number of lines`(text: String, code: Int) throws {
    #expect(try read(text) == [SMTPReply(code: code)])
  }

  @Test(arguments: [
    "\r\n", "25\r\n", "199 x\r\n", "600 x\r\n", "2500\r\n", "250_x\r\n", "ok\r\n", "+50 x\r\n",
    "250-a\r\n251 b\r\n", "250-a\r\nb\r\n", "HTTP/1.1 200 OK\r\n",
  ])
  func `anything else is no reply`(text: String) {
    #expect(throws: SMTPReplyReader.Fault.malformed) { try read(text) }
  }

  @Test(arguments: [
    ("550 5.1.1 no", "5.1.1"), ("550 5.1.1", "5.1.1"),
    ("550-5.1.1 no\r\n550 5.7.123 no", "5.7.123"),
    ("550-5.1.1 no\r\n550 no", "5.1.1"), ("250 2.0.0 ok", "2.0.0"), ("451 4.999.0 x", "4.999.0"),
    ("550 4.1.1 other class", nil), ("550 5.1 x", nil), ("550 5.1.1.1 x", nil), ("550 5..1 x", nil),
    ("550 5.01.1 x", nil), ("550 5.1.1000 x", nil), ("550 5.1.x x", nil), ("550 #5.1.1 x", nil),
    ("550 5.1.1:x", nil), ("354 3.0.0 go on", nil), ("550  5.1.1 x", nil),
  ])
  func `an enhanced status is read strictly`(text: String, status: String?) throws {
    #expect(try read(text + "\r\n").map(\.enhancedStatus) == [status])
  }

  @Test func `a reply may have 64 KiB and not a byte more`() throws {
    let line = "250-0123456789a\r\n"
    let lines = String(repeating: line, count: SMTPReplyReader.limit / line.utf8.count - 1)
    let last = "250 " + String(repeating: "x", count: SMTPReplyReader.limit - lines.utf8.count - 6)
    #expect(try read(lines + last + "\r\n").count == 1)
    #expect(throws: SMTPReplyReader.Fault.tooLong) { try read(lines + last + "x\r\n") }
    #expect(try read(lines + last + "\r\n" + lines + last + "\r\n").count == 2)
  }

  @Test func `extensions are known by their whole keyword in any case`() throws {
    let text = "250-me\r\n250-SIZE 1000\r\n250-pipelining\r\n250-8BITMIMEX\r\n250 SMTPUTF8\r\n"
    #expect(try read(text).first?.extensions == [.size, .pipelining, .utf8])
  }
}

@Suite struct SMTPBodyTests {
  private func wire(_ message: [UInt8]) throws -> [UInt8] {
    var body = SMTPBody(TransferBody(message))
    var output: [UInt8] = []
    while !body.isFinished { try body.appendPiece(to: &output) }
    return output
  }

  @Test(arguments: [
    ("", ".\r\n"), (".", "..\r\n.\r\n"), ("a", "a\r\n.\r\n"), ("a\r\n", "a\r\n.\r\n"),
    (".\r\n", "..\r\n.\r\n"), ("a.\r\n.b\r\n", "a.\r\n..b\r\n.\r\n"),
  ])
  func `a dot that begins a line is doubled and the final dot follows`(
    message: String, expected: String
  ) throws {
    #expect(try wire(Array(message.utf8)) == Array(expected.utf8))
  }

  @Test(arguments: -3...3)
  func `a dot is doubled wherever pieces end`(offset: Int) throws {
    let filler = [UInt8](repeating: 0x61, count: BodyReader.piece + offset)
    let message = filler + Array("\r\n.b\r\n".utf8)
    #expect(try wire(message) == filler + Array("\r\n..b\r\n.\r\n".utf8))
  }
}

import MailSink
import Testing

/// Limits and line ends, at the limit and one over.
@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
  @Test(arguments: [(512, 250), (513, 500), (5000, 500)])
  func `a command line has at most 512 octets`(octets: Int, code: Int) async throws {
    try await withSession { _, client in
      let line = "NOOP " + String(repeating: "x", count: octets - 7)
      let answer = try await client.command(line)
      #expect(answer == code)
      #expect(try await client.command("NOOP") == 250)
    }
  }

  @Test(arguments: [(256, 250), (257, 501)])
  func `a path has at most 256 octets with its brackets`(octets: Int, code: Int) async throws {
    try await withSession { _, client in
      let local = String(repeating: "x", count: octets - 9)
      let answer = try await client.command("MAIL FROM:<\(local)@b.test>")
      #expect(answer == code)
    }
  }

  @Test(arguments: [(1000, "", 250), (1001, "", 554), (1001, ".", 250), (1002, ".", 554)])
  func `a text line has at most 1000 octets, its dot of transparency not counted`(
    octets: Int, dot: String, code: Int
  ) async throws {
    try await withSession { sink, client in
      let line = dot + String(repeating: "x", count: octets - 2 - dot.utf8.count)
      let answer = try await client.mail(to: "a@b.test", text: line + "\r\n")
      #expect(answer == code)
      #expect(sink.mails.count == (code == 250 ? 1 : 0))
      #expect(try await client.mail(to: "a@b.test") == 250)
    }
  }

  @Test(arguments: [(1000, 250), (1001, 552)])
  func `a message over the size limit gets 552 at its end`(octets: Int, code: Int) async throws {
    var configuration = MailSink.Configuration()
    configuration.sizeLimit = 1000
    try await withSession(configuration) { sink, client in
      let text =
        String(repeating: "x", count: octets - 502) + "\r\n"
        + String(repeating: "y", count: 498) + "\r\n"
      let answer = try await client.mail(to: "a@b.test", text: text)
      #expect(answer == code)
      #expect(sink.mails.map(\.data.count) == (code == 250 ? [1000] : []))
    }
  }

  @Test(arguments: [
    "x\n.\nMAIL FROM:<evil@b.test>", "x\n.\r\ny", "x\r\n.\ny", "x\r.\ry", "x\r\n.\ry",
    "x\r\n\n.\r\ny",
  ])
  func `only CRLF dot CRLF ends a message, and bare line ends are refused`(
    text: String
  ) async throws {
    try await withSession { sink, client in
      let answer = try await client.mail(to: "a@b.test", text: text + "\r\n")
      #expect(answer == 550)
      #expect(sink.mails.isEmpty)
      #expect(try await client.command("NOOP") == 250)
    }
  }

  @Test func `the end is found however the bytes are cut`() async throws {
    try await withSession { sink, client in
      try await client.beginMail(to: "a@b.test")
      for byte in "x\r\n..\r\n.\r\n".utf8 { try await client.send(bytes: [byte]) }
      #expect(try await client.reply().code == 250)
      #expect(sink.mails.first?.source == "x\r\n.\r\n")
    }
  }

  @Test func `a thousand recipients are taken, one more gets 452`() async throws {
    try await withSession { sink, client in
      try await client.command("MAIL FROM:<a@b.test>")
      let lines = (1...1001).map { "RCPT TO:<r\($0)@b.test>\r\n" }
      try await client.send(lines.joined())
      for _ in 1...1000 {
        let code = try await client.reply().code
        if code != 250 { Issue.record("\(code)") }
      }
      #expect(try await client.reply().code == 452)
    }
  }
}

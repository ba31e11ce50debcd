import MailSink
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CommandTests {
  @Test func `a greeting names the host and EHLO offers the extensions`() async throws {
    try await withSink { sink in
      try await withClient(of: sink) { client in
        let greeting = try await client.reply()
        #expect(greeting.code == 220)
        #expect(greeting.lines == ["mailbox.localhost ESMTP"])
        try await client.send("EHLO client.test\r\n")
        let offered = try await client.reply()
        #expect(offered.code == 250)
        #expect(
          offered.lines == [
            "mailbox.localhost", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10485760",
            "ENHANCEDSTATUSCODES",
          ])
        #expect(try await client.command("QUIT") == 221)
        await #expect(throws: SMTPClient.Closed.self) { try await client.reply() }
      }
    }
  }

  @Test func `HELO offers nothing and then takes no parameters`() async throws {
    try await withSink { sink in
      try await withClient(of: sink) { client in
        _ = try await client.reply()
        try await client.send("HELO client.test\r\n")
        #expect(try await client.reply().lines == ["mailbox.localhost"])
        #expect(try await client.command("MAIL FROM:<a@b.test> SIZE=5") == 555)
        #expect(try await client.command("MAIL FROM:<a@b.test>") == 250)
      }
    }
  }

  @Test func `commands out of order get 503 and change nothing`() async throws {
    try await withSink { sink in
      try await withClient(of: sink) { client in
        _ = try await client.reply()
        #expect(try await client.command("MAIL FROM:<a@b.test>") == 503)
        try await client.command("EHLO client.test")
        #expect(try await client.command("RCPT TO:<a@b.test>") == 503)
        #expect(try await client.command("DATA") == 503)
        try await client.command("MAIL FROM:<a@b.test>")
        #expect(try await client.command("MAIL FROM:<c@b.test>") == 503)
        #expect(try await client.command("DATA") == 554)
        try await client.command("RSET")
        #expect(try await client.command("RCPT TO:<a@b.test>") == 503)
        #expect(try await client.mail(to: "a@b.test") == 250)
        #expect(sink.mails.count == 1)
      }
    }
  }

  @Test(arguments: [
    ("NOOP", 250), ("noop whatever", 250), ("VRFY ada", 252), ("VRFY", 501), ("RSET", 250),
    ("RSET now", 501), ("DATA now", 501), ("EXPN list", 502), ("STARTTLS", 502), ("FOO", 500),
    ("", 500), ("EHLO", 501), ("EHLO two words", 501), ("NOOP\tx", 500), ("NOOP a\nb", 500),
    ("NOOP a\rb", 500), ("NOOP \u{0}", 500), ("RCPT TO:<a@b.test>", 503),
  ])
  func `other commands get the code of RFC 5321`(line: String, code: Int) async throws {
    try await withSession { _, client in
      let answer = try await client.command(line)
      #expect(answer == code)
    }
  }

  @Test(arguments: [
    ("FROM:<a@b.test>", 250), ("from:<>", 250), ("FROM: <a@b.test>", 501), ("FROM:a@b.test", 501),
    ("FROM:<a@b.test", 501), ("FROM:<a@b.test>SIZE=1", 501), ("FROM:<a b@c.test>", 501),
    ("FROM:<\"a > b\"@c.test>", 250), ("FROM:<\"a\\\"> b\"@c.test>", 250),
    ("FROM:<a<@c.test>", 501),
    ("FROM:<a@b.test> SIZE=10485760", 250), ("FROM:<a@b.test> SIZE=10485761", 552),
    ("FROM:<a@b.test> SIZE=99999999999999999999", 552),
    ("FROM:<a@b.test> SIZE=999999999999999999999", 501), ("FROM:<a@b.test> SIZE=+1", 501),
    ("FROM:<a@b.test> BODY=8BITMIME size=1", 250), ("FROM:<a@b.test> BODY=9BIT", 501),
    ("FROM:<a@b.test> RET=HDRS", 555), ("FROM:<å@b.test>", 553), ("FROM:<å@b.test> SMTPUTF8", 250),
  ])
  func `MAIL takes a path and offered parameters only`(argument: String, code: Int) async throws {
    try await withSession { _, client in
      let answer = try await client.command("MAIL " + argument)
      #expect(answer == code)
    }
  }

  @Test(arguments: [
    ("TO:<a@b.test>", 250), ("TO:<>", 501), ("TO:<a@b.test> NOTIFY=NEVER", 555),
    ("TO:<å@b.test>", 550), ("TO:<a@b.test><c@d.test>", 501),
  ])
  func `RCPT takes one path and no parameters that were not offered`(
    argument: String, code: Int
  ) async throws {
    try await withSession { _, client in
      try await client.command("MAIL FROM:<a@b.test>")
      #expect(try await client.command("RCPT " + argument) == code)
    }
  }

  @Test func `a pipelined mail is answered in order`() async throws {
    try await withSession { sink, client in
      try await client.send(
        "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<>\r\nDATA\r\n")
      var codes: [Int] = []
      for _ in 1...4 { codes.append(try await client.reply().code) }
      #expect(codes == [250, 250, 501, 354])
      try await client.send("x\r\n.\r\nNOOP\r\n")
      #expect(try await client.reply().code == 250)
      #expect(try await client.reply().code == 250)
      #expect(sink.mails.first?.recipients == ["c@d.test"])
    }
  }
}

import MailSink
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ScriptTests {
  typealias Rule = MailSink.Rule

  @Test func `a rule replies at its stage, as often as it says`() async throws {
    try await withSession(
      script: [Rule(at: .mail, times: 2, skipping: 1, .reply(451, "4.3.0 later"))]
    ) { _, client in
      var codes: [Int] = []
      for _ in 1...4 {
        codes.append(try await client.command("MAIL FROM:<a@b.test>"))
        try await client.command("RSET")
      }
      #expect(codes == [250, 451, 451, 250])
    }
  }

  @Test func `a rule for one recipient leaves the others alone`() async throws {
    try await withSession(
      script: [
        Rule(at: .rcpt, for: "Gone@b.test", .reply(550, "5.1.1 no such mailbox\n5.1.1 really")),
        Rule(at: .message, for: "full@b.test", .reply(452, "4.2.2 full")),
      ]
    ) { sink, client in
      try await client.command("MAIL FROM:<a@b.test>")
      try await client.send("RCPT TO:<gone@b.test>\r\n")
      let refusal = try await client.reply()
      #expect(refusal.code == 550)
      #expect(refusal.lines == ["5.1.1 no such mailbox", "5.1.1 really"])
      try await client.command("RSET")
      #expect(try await client.mail(to: "ok@b.test") == 250)
      #expect(try await client.mail(to: "ok@b.test", "full@b.test") == 452)
      #expect(sink.mails.count == 1)
    }
  }

  @Test(arguments: [MailSink.Stage.ehlo, .mail, .rcpt, .data, .body, .message])
  func `a drop closes the connection and keeps no mail`(stage: MailSink.Stage) async throws {
    try await withSink { sink in
      sink.script([Rule(at: stage, times: 1, .drop)])
      try await withClient(of: sink) { client in
        await #expect(throws: (any Error).self) {
          try await client.greet()
          try await client.mail(to: "a@b.test")
        }
      }
      #expect(sink.mails.isEmpty)
      try await withClient(of: sink) { client in
        try await client.greet()
        #expect(try await client.mail(to: "a@b.test") == 250)
      }
    }
  }

  @Test func `a mail can be kept although the client never hears of it`() async throws {
    try await withSession(script: [Rule(at: .message, storing: true, .drop)]) { sink, client in
      await #expect(throws: (any Error).self) { try await client.mail(to: "a@b.test") }
      #expect(sink.mails.count == 1)
    }
  }

  @Test func `a refused connection takes QUIT only, a 421 closes`() async throws {
    try await withSink { sink in
      sink.script([
        Rule(at: .connect, times: 1, .reply(554, "5.3.2 no")),
        Rule(at: .connect, times: 1, .reply(421, "4.3.2 later")),
      ])
      try await withClient(of: sink) { client in
        let refusal = try await client.reply()
        #expect(refusal.code == 554)
        #expect(try await client.command("EHLO client.test") == 503)
        #expect(try await client.command("QUIT") == 221)
      }
      try await withClient(of: sink) { client in
        let later = try await client.reply()
        #expect(later.code == 421)
        await #expect(throws: SMTPClient.Closed.self) { try await client.reply() }
      }
    }
  }

  @Test func `a delay holds the replies back and keeps their order`() async throws {
    try await withSession(
      script: [Rule(at: .message, times: 1, .delay(.milliseconds(50)))]
    ) { sink, client in
      let before = ContinuousClock.now
      try await client.beginMail(to: "a@b.test")
      try await client.send("x\r\n.\r\nNOOP\r\nVRFY a\r\n")
      #expect(try await client.reply().code == 250)
      #expect(ContinuousClock.now - before >= .milliseconds(50))
      #expect(try await client.reply().code == 250)
      #expect(try await client.reply().code == 252)
      #expect(sink.mails.count == 1)
    }
  }

  @Test func `a stop ends a connection that hangs`() async throws {
    try await withSession(script: [Rule(at: .data, .hang)]) { sink, client in
      try await client.command("MAIL FROM:<a@b.test>")
      try await client.command("RCPT TO:<a@b.test>")
      try await client.send("DATA\r\nNOOP\r\n")
      await sink.stop()
      await #expect(throws: SMTPClient.Closed.self) { try await client.reply() }
      #expect(sink.connections.open == 0)
    }
  }
}

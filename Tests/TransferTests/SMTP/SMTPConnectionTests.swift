import Testing
import Transfer

@Suite struct SMTPConnectionTests {
  @Test(arguments: [[], ["PIPELINING"]])
  func `twenty mails one after the other use one connection`(extensions: [String]) async throws {
    let script = SMTPScript(extensions: extensions)
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      for number in 0..<20 {
        let result = await loop.perform(mail(server.port, to: "a\(number)@b.test"))
        #expect(result == .delivered(code: 250))
      }
    }
    #expect(server.accepted == 1)
    #expect(script.messages.count == 20)
    await server.ended()
    #expect(script.verbs("QUIT") == 1)
  }

  @Test(arguments: [[], ["PIPELINING"]])
  func `a refused recipient costs neither the connection nor the next mail`(
    extensions: [String]
  ) async throws {
    let script = SMTPScript(
      ["RCPT": .text("550 5.1.1 no"), "DATA": .text("503 no recipient")], extensions: extensions)
    let server = ScriptedServer(script.serve)
    // With one connection the next mail waits until this one is ready for it.
    try await withLoop(maxConnections: 1) { loop in
      for _ in 0..<3 {
        let result = await loop.perform(mail(server.port))
        #expect(result == .permanent(reply(.rcpt, 550, "5.1.1")))
      }
    }
    await server.ended()
    #expect(server.accepted == 1)
    #expect(script.verbs("RSET") == 3)
  }

  @Test func `a server that goes ahead without a recipient gets no message`() async throws {
    let script = SMTPScript(["RCPT": .text("550 5.1.1 no")], extensions: ["PIPELINING"])
    let server = ScriptedServer(script.serve)
    let result = try await withLoop { await $0.perform(mail(server.port)) }
    #expect(result == .permanent(reply(.rcpt, 550, "5.1.1")))
    await server.ended()
    #expect(script.messages.isEmpty)
  }

  @Test func `a kept connection that has died is replaced without failing the mail`()
    async throws
  {
    let script = SMTPScript()
    for reply in [SMTPScript.Reply.drop, .text("421 4.4.2 idle too long")] {
      // The first connection takes one mail and fails at the second.
      let server = ScriptedServer { peer in
        if peer.number == 0 { serveOne(then: reply, peer) } else { script.serve(peer) }
      }
      try await withLoop { loop in
        #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
        #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
      }
      #expect(server.accepted == 2)
    }
    #expect(script.messages.count == 2)
  }

  @Test func `a new connection that dies is a failure, not a reason to try again`() async throws {
    let server = ScriptedServer(SMTPScript(["MAIL": .drop]).serve)
    let result = try await withLoop { await $0.perform(mail(server.port)) }
    #expect(result == .transient(.mail, "connection_lost"))
    #expect(server.accepted == 1)
  }

  @Test func `lines that begin with a dot arrive as they were written`() async throws {
    let messages = [
      ".\r\n", "..\r\n", ".a\r\n.\r\n..b\r\n", "a\r\n.b", "", "no line end", "a.\r\n",
      String(repeating: ".x\r\n", count: 30_000),
    ]
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      for message in messages {
        let result = await loop.perform(mail(server.port, message: message))
        #expect(result == .delivered(code: 250))
      }
    }
    let wholeLines = messages.map { $0.isEmpty || $0.hasSuffix("\r\n") ? $0 : $0 + "\r\n" }
    #expect(script.messages.map(withoutDoubledDots) == wholeLines)
  }

  @Test func `200 mails at once never use more connections than permitted`() async throws {
    let script = SMTPScript()
    // Nobody is greeted before all are there, so that none is free before the last is opened.
    let all = Gathering(8)
    let server = ScriptedServer { peer in
      all.wait()
      script.serve(peer)
    }
    try await withLoop(maxConnections: 8) { loop in
      await withTaskGroup { group in
        for number in 0..<200 {
          group.addTask { await loop.perform(mail(server.port, to: "a\(number)@b.test")) }
        }
        for await result in group { #expect(result == .delivered(code: 250)) }
      }
    }
    #expect(server.mostOpen == 8)
    #expect(server.accepted == 8)
    #expect(Set(script.commands.filter { $0.hasPrefix("RCPT") }).count == 200)
  }

  @Test func `an idle connection gives way to another server's mail`() async throws {
    let first = ScriptedServer(SMTPScript().serve)
    let second = ScriptedServer(SMTPScript().serve)
    try await withLoop(maxConnections: 1) { loop in
      for _ in 0..<3 {
        #expect(await loop.perform(mail(first.port)) == .delivered(code: 250))
        #expect(await loop.perform(mail(second.port)) == .delivered(code: 250))
      }
    }
    #expect(first.accepted == 3 && second.accepted == 3)
    #expect(first.mostOpen == 1 && second.mostOpen == 1)
  }

  @Test func `a server that is slow to answer delays no other mail`() async throws {
    let reached = Signal()
    let slow = ScriptedServer(SMTPScript([".": .hold(reached: reached, text: "250 ok")]).serve)
    let quick = ScriptedServer(SMTPScript().serve)
    try await withLoop { loop in
      async let held = loop.perform(mail(slow.port))
      await reached.wait()
      #expect(await loop.perform(mail(quick.port)) == .delivered(code: 250))
      await loop.stop()
      #expect(await held == .uncertain(SMTPFailure(stage: .message, cause: "stopped")))
    }
  }
}

private func serveOne(then reply: SMTPScript.Reply, _ peer: Peer) {
  peer.write("220 mail.test\r\n")
  var mails = 0
  while let line = peer.readLine() {
    if line.hasPrefix("MAIL") { mails += 1 }
    if mails == 2 {
      if case .text(let text) = reply { peer.write(text + "\r\n") }
      return
    }
    if line.hasPrefix("DATA") {
      peer.write("354 go on\r\n")
      _ = peer.readMessage()
    }
    peer.write("250 ok\r\n")
  }
}

private func withoutDoubledDots(_ wire: [UInt8]) -> String {
  let lines = wire.split(separator: 0x0a, omittingEmptySubsequences: false)
  let plain = lines.map { $0.first == 0x2e ? $0.dropFirst() : $0 }
  return String(decoding: Array(plain.joined(separator: [0x0a])), as: UTF8.self)
}

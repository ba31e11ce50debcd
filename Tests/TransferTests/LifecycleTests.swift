import Testing
import Transfer

@Suite struct LifecycleTests {
  @Test func `a cancelled mail ends at once and its connection is closed`() async throws {
    let reached = Signal()
    let gone = Signal()
    let server = ScriptedServer { peer in
      peer.write("220 mail.test\r\n")
      _ = peer.readLine()
      reached.fire()
      peer.waitForEnd()
      gone.fire()
    }
    try await withLoop { loop in
      let task = Task { await loop.perform(mail(server.port)) }
      await reached.wait()
      task.cancel()
      #expect(await task.value == .transient(.ehlo, "cancelled"))
      await gone.wait()
    }
  }

  @Test func `a mail cancelled after the final dot is uncertain`() async throws {
    let reached = Signal()
    let script = SMTPScript([".": .hold(reached: reached, text: "250 ok")])
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      let task = Task { await loop.perform(mail(server.port)) }
      await reached.wait()
      task.cancel()
      #expect(await task.value == .uncertain(SMTPFailure(stage: .message, cause: "cancelled")))
    }
  }

  @Test func `a waiting mail that is cancelled is never sent`() async throws {
    let reached = Signal()
    let script = SMTPScript([".": .hold(reached: reached, text: "250 ok")])
    let server = ScriptedServer(script.serve)
    try await withLoop(maxConnections: 1) { loop in
      let first = Task { await loop.perform(mail(server.port)) }
      await reached.wait()
      let waiting = (0..<10).map { _ in
        Task { await loop.perform(mail(server.port, to: "late@b.test")) }
      }
      for task in waiting { task.cancel() }
      for task in waiting { #expect(await task.value == .transient(.connect, "cancelled")) }
      first.cancel()
      _ = await first.value
    }
    await server.ended()
    #expect(!script.commands.contains("RCPT TO:<late@b.test>"))
  }

  @Test func `a task that is cancelled before it asks sends nothing`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    try await withLoop { loop in
      let begin = Signal()
      let task = Task {
        await begin.wait()
        return await loop.perform(mail(server.port))
      }
      task.cancel()
      begin.fire()
      #expect(await task.value == .transient(.connect, "cancelled"))
    }
    #expect(server.accepted == 0)
  }

  @Test func `stopping ends what runs and what waits, and twice is once`() async throws {
    let reached = Signal()
    let server = ScriptedServer(SMTPScript([".": .hold(reached: reached, text: "250")]).serve)
    let loop = try TransferLoop(maxConnections: 1)
    let running = Task { await loop.perform(mail(server.port)) }
    await reached.wait()
    let waiting = Task { await loop.perform(mail(server.port)) }
    async let first: Void = loop.stop()
    async let second: Void = loop.stop()
    _ = await (first, second)
    await loop.stop()
    #expect(await running.value.failure?.cause == "stopped")
    #expect(await waiting.value == .transient(.connect, "stopped"))
    #expect(await loop.perform(mail(server.port)) == .transient(.connect, "stopped"))
    await expectError(TransferError(.stopped)) {
      try await loop.perform(
        HTTPTransfer(method: "GET", url: "https://127.0.0.1/", timeout: .seconds(5)))
    }
  }

  @Test func `a loop that hears nothing from a server can be stopped`() async throws {
    let reached = Signal()
    let server = ScriptedServer { peer in
      SMTPScript(["QUIT": .hang]).serve(peer)
      reached.fire()
    }
    let loop = try TransferLoop()
    #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
    await loop.stop()
    await reached.wait()
  }

  @Test func `an idle connection is closed after its lifetime`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    let loop = try TransferLoop(idleLifetime: .seconds(1))
    #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
    await server.ended()
    #expect(script.commands.last == "QUIT")
    await loop.stop()
  }

  @Test func `a loop that nobody holds closes its connections`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    do {
      let loop = try TransferLoop()
      #expect(await loop.perform(mail(server.port)) == .delivered(code: 250))
    }
    await server.ended()
    #expect(server.accepted == 1)
  }

  @Test func `thousands of waiting mails are all sent`() async throws {
    let script = SMTPScript(extensions: ["PIPELINING"])
    let server = ScriptedServer(script.serve)
    let count = 3000
    try await withLoop(maxConnections: 4) { loop in
      let delivered = await withTaskGroup { group in
        for _ in 0..<count { group.addTask { await loop.perform(mail(server.port)) } }
        return await group.reduce(into: 0) { $0 += $1 == .delivered(code: 250) ? 1 : 0 }
      }
      #expect(delivered == count)
    }
    #expect(script.messages.count == count)
  }

  @Test func `the version of libcurl is three numbers`() {
    #expect(Libcurl.version.utf8.split(separator: 0x2e).count == 3)
  }
}

import Testing
import Transfer

@Suite struct HTTPFailureTests {
  @Test func `a refused connection cannot have received the request`() async throws {
    await expectError(TransferError(.connect)) {
      try await withLoop { try await $0.perform(call(closedPort())) }
    }
  }

  @Test func `a connection that breaks before the answer may have received the request`()
    async throws
  {
    let server = ScriptedServer(HTTPScript(nil).serve)
    await expectError(TransferError(.interrupted, mayHaveBeenReceived: true)) {
      try await withLoop { try await $0.perform(call(server.port)) }
    }
  }

  @Test func `an answer that stops halfway is interrupted`() async throws {
    let server = ScriptedServer { peer in
      while let line = peer.readLine(), line != "\r\n" {}
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    }
    await expectError(TransferError(.interrupted, mayHaveBeenReceived: true)) {
      try await withLoop { try await $0.perform(call(server.port)) }
    }
  }

  @Test func `a server that hangs is a timeout after the request was sent`() async throws {
    let server = ScriptedServer(HTTPScript(nil, received: Signal()).serve)
    var call = call(server.port)
    call.timeout = .patience
    await expectError(TransferError(.timeout, mayHaveBeenReceived: true)) {
      try await withLoop { try await $0.perform(call) }
    }
  }

  @Test func `a cancelled call ends at once`() async throws {
    let received = Signal()
    let server = ScriptedServer(HTTPScript(nil, received: received).serve)
    try await withLoop { loop in
      let task = Task { try await loop.perform(call(server.port)) }
      await received.wait()
      task.cancel()
      await expectError(TransferError(.cancelled, mayHaveBeenReceived: true)) {
        try await task.value
      }
    }
  }

  @Test func `a stopped loop ends its calls`() async throws {
    let received = Signal()
    let server = ScriptedServer(HTTPScript(nil, received: received).serve)
    let loop = try TransferLoop()
    let task = Task { try await loop.perform(call(server.port)) }
    await received.wait()
    await loop.stop()
    await expectError(TransferError(.stopped, mayHaveBeenReceived: true)) {
      try await task.value
    }
  }
}

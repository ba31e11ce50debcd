import Testing
import Transfer

@Suite struct HTTPBodyTests {
  private let large = TransferBody([UInt8](repeating: 0x61, count: 20_000_000))

  private func post(_ port: UInt16, _ body: TransferBody) -> HTTPTransfer {
    var call = call(port, method: "POST")
    call.body = body
    return call
  }

  @Test(arguments: [0, 1, 300_001])
  func `a file arrives in base64 with its exact length`(size: Int) async throws {
    let file = try TestFile(someBytes(size))
    let script = HTTPScript(status: "200 OK")
    let server = ScriptedServer(script.serve)
    let body = TransferBody([
      .bytes(Array("<".utf8)), .base64(path: file.path, size: Int64(size), hasLines: true),
      .bytes(Array(">".utf8)),
    ])
    let answer = try await withLoop { try await $0.perform(post(server.port, body)) }
    #expect(answer.status == 200)
    let request = try #require(script.requests.first)
    let isWhole = request.body == Array("<\(base64(someBytes(size), lineLength: 76))>".utf8)
    #expect(isWhole)
    #expect(request.header("content-length") == "Content-Length: \(body.count)")
    #expect(request.header("transfer-encoding") == nil)
  }

  @Test func `a file that is missing or has changed leaves the request without an end`()
    async throws
  {
    let file = try TestFile(size: 200_000)
    let cases: [(path: String, size: Int64, cause: String)] = [
      (file.path, 199_999, "file_changed"), (file.path, 200_001, "file_changed"),
      ("/nowhere/at/all", 200_000, "file_missing"),
    ]
    for (path, size, cause) in cases {
      let script = HTTPScript(status: "200 OK")
      let server = ScriptedServer(script.serve)
      let body = TransferBody([
        .bytes(someBytes(100_000)), .base64(path: path, size: size, hasLines: false),
      ])
      await expectError(TransferError(.interrupted, cause: cause)) {
        try await withLoop { try await $0.perform(post(server.port, body)) }
      }
      await server.ended()
      #expect((script.requests.first?.body.count ?? 0) < Int(body.count))
    }
  }

  @Test func `a request that broke off on its way cannot have been received whole`() async throws {
    let server = ScriptedServer { peer in
      _ = peer.read(100_000)
      peer.abort()
    }
    await expectError(TransferError(.interrupted)) {
      try await withLoop { try await $0.perform(post(server.port, large)) }
    }
  }

  @Test func `a request that went out whole may have been received`() async throws {
    let server = ScriptedServer(HTTPScript(nil).serve)
    await expectError(TransferError(.interrupted, mayHaveBeenReceived: true)) {
      try await withLoop { try await $0.perform(post(server.port, TransferBody([1, 2, 3]))) }
    }
  }

  @Test(arguments: [false, true])
  func `a timeout tells whether the request went out whole`(isTaken: Bool) async throws {
    let server = ScriptedServer { peer in
      if isTaken { peer.waitForEnd() } else { _ = peer.hasEnded() }
    }
    var call = post(server.port, isTaken ? TransferBody([1, 2, 3]) : large)
    call.timeout = isTaken ? .patience : .milliseconds(300)
    await expectError(TransferError(.timeout, mayHaveBeenReceived: isTaken)) {
      try await withLoop { [call] in try await $0.perform(call) }
    }
  }

  @Test func `a call cancelled on its way out cannot have been received whole`() async throws {
    let reached = Signal()
    let server = ScriptedServer { peer in
      _ = peer.read(1000)
      reached.fire()
      _ = peer.hasEnded()
    }
    try await withLoop { loop in
      let task = Task { try await loop.perform(post(server.port, large)) }
      await reached.wait()
      task.cancel()
      await expectError(TransferError(.cancelled)) { try await task.value }
    }
  }
}

import Glibc
import Testing
import Transfer

@Suite struct HTTPRepetitionTests {
  /// Answers the first request of the first connection, takes `taken` bytes of the next one's body
  /// and goes away. Later connections are served.
  private func serve(_ script: HTTPScript, taken: Int?) -> ScriptedServer.Script {
    { peer in
      guard peer.number == 0 else { return script.serve(peer) }
      var isFirst = true
      while let line = peer.readLine() {
        guard line == "\r\n" else { continue }
        if isFirst {
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
          isFirst = false
          continue
        }
        if let taken { _ = peer.read(taken) }
        return peer.abort()
      }
    }
  }

  private func perform(
    _ method: String, body: TransferBody, isRepeatable: Bool, taken: Int?
  ) async throws -> (script: HTTPScript, accepted: Int, error: TransferError?) {
    let script = HTTPScript(status: "201 Created")
    let server = ScriptedServer(serve(script, taken: taken))
    let error: TransferError? = try await withLoop { loop in
      try await expectStatus(200, of: call(server.port), on: loop)
      var second = call(server.port, method: method)
      second.body = body
      second.isRepeatable = isRepeatable
      do {
        try await expectStatus(201, of: second, on: loop)
        return nil
      } catch {
        return error as? TransferError
      }
    }
    await server.ended()
    return (script, server.accepted, error)
  }

  @Test func `a request that may have been received is not repeated`() async throws {
    let (script, accepted, error) = try await perform(
      "POST", body: TransferBody([1, 2, 3]), isRepeatable: false, taken: 3)
    #expect(error == TransferError(.interrupted, mayHaveBeenReceived: true))
    #expect(accepted <= 2 && script.requests.isEmpty)
  }

  @Test func `a request without a body that may have been received is not repeated`()
    async throws
  {
    let (script, _, error) = try await perform(
      "POST", body: TransferBody([UInt8]()), isRepeatable: false, taken: nil)
    #expect(error == TransferError(.interrupted, mayHaveBeenReceived: true))
    #expect(script.requests.isEmpty)
  }

  @Test func `a request of which a part was handed over is not repeated`() async throws {
    let large = TransferBody([UInt8](repeating: 0x61, count: 20_000_000))
    let (script, _, error) = try await perform(
      "POST", body: large, isRepeatable: false, taken: 100_000)
    #expect(error == TransferError(.interrupted))
    #expect(script.requests.isEmpty)
  }

  @Test(arguments: [3, 500_000])
  func `a repeatable request is repeated from its beginning`(size: Int) async throws {
    let file = try TestFile(someBytes(size))
    let body = TransferBody([
      .bytes([0x61]), .base64(path: file.path, size: Int64(size), hasLines: false),
    ])
    let (script, accepted, error) = try await perform(
      "POST", body: body, isRepeatable: true, taken: Int(body.count))
    #expect(error == nil)
    #expect(accepted == 2 && script.requests.count == 1)
    let isWhole = script.requests.first?.body == [0x61] + Array(base64(someBytes(size)).utf8)
    #expect(isWhole)
  }

  @Test(arguments: ["GET", "HEAD"])
  func `a request that changes nothing is repeated`(method: String) async throws {
    let (script, accepted, error) = try await perform(
      method, body: TransferBody([UInt8]()), isRepeatable: false, taken: nil)
    #expect(error == nil && accepted == 2 && script.requests.count == 1)
  }

  @Test func `a connection that was closed before costs no request`() async throws {
    let script = HTTPScript(status: "201 Created")
    let closed = Signal()
    let server = ScriptedServer { peer in
      guard peer.number == 0 else { return script.serve(peer) }
      while let line = peer.readLine(), line != "\r\n" {}
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      shutdown(peer.output, Int32(SHUT_RDWR))
      closed.fire()
    }
    try await withLoop { loop in
      try await expectStatus(200, of: call(server.port), on: loop)
      await closed.wait()
      var second = call(server.port, method: "POST")
      second.body = TransferBody([1, 2, 3])
      try await expectStatus(201, of: second, on: loop)
    }
    #expect(script.requests.map(\.body) == [[1, 2, 3]])
  }
}

import Testing
import Transfer

@Suite struct BodyDigestTests {
  private func bytes(_ body: TransferBody) async throws -> [UInt8] {
    try await body.digest { next in
      var bytes: [UInt8] = []
      while let chunk = next() {
        if chunk.isEmpty || chunk.count > 65_536 { Issue.record("a chunk of \(chunk.count)") }
        bytes += chunk
      }
      if next() != nil { Issue.record("more after the end") }
      return bytes
    }
  }

  @Test func `what is read is what will be sent`() async throws {
    let file = try TestFile(someBytes(200_001))
    let head = someBytes(100_000)
    let text = base64(someBytes(200_001), lineLength: 76)
    let piece = TransferPiece.base64(path: file.path, size: 200_001, hasLines: true)
    let plain = try await bytes(TransferBody([.bytes(head), piece])) == head + Array(text.utf8)
    let nested = TransferBody([
      .bytes(head), .encoded(TransferBody([.encoded(TransferBody([piece]))])),
    ])
    let twice = base64(Array(base64(Array(text.utf8)).utf8))
    let encoded = try await bytes(nested) == head + Array(twice.utf8)
    #expect(plain && encoded)
    #expect(try await bytes(TransferBody(head)) == head)
    #expect(try await bytes(TransferBody([UInt8]())).isEmpty)
  }

  @Test func `a body that cannot be read to its end has no digest`() async throws {
    let file = try TestFile(size: 200_000)
    let cases: [(path: String, size: Int64, cause: String)] = [
      (file.path, 199_999, "file_changed"), (file.path, 200_001, "file_changed"),
      ("/nowhere/at/all", 200_000, "file_missing"),
    ]
    for (path, size, cause) in cases {
      let piece = TransferPiece.base64(path: path, size: size, hasLines: false)
      for body in [
        TransferBody([.bytes([1]), piece]), TransferBody([.encoded(TransferBody([piece]))]),
      ] {
        await expectError(TransferError(.interrupted, cause: cause)) {
          try await bytes(body)
        }
      }
    }
  }

  @Test func `a task that is cancelled reads no further`() async throws {
    let size = 1 << 33
    let file = try TestFile(size: size)
    let body = TransferBody([.base64(path: file.path, size: Int64(size), hasLines: true)])
    let drain = Drain(connections: 1, bytes: 100_000)
    let task = Task { try await body.digest { drain.take(from: $0) } }
    await drain.full.wait()
    task.cancel()
    await expectError(TransferError(.cancelled)) { try await task.value }
  }

  @Test func `twenty digests of a file of 100 MB take less than 16 MB, and so does sending`() async
  {
    // In a process of its own, since other tests take memory at the same time.
    await #expect(processExitsWith: .success) {
      let file = try TestFile(size: 100_000_000)
      let large = TransferPiece.base64(path: file.path, size: 100_000_000, hasLines: true)
      let body = TransferBody([.encoded(TransferBody([large]))])
      try await digestTwenty(body)
      try await sendTwenty(body)
    }
  }
}

private func digestTwenty(_ body: TransferBody) async throws {
  let before = residentKilobytes()
  let drain = Drain(connections: 20, bytes: 2_000_000)
  let tasks = (0..<20).map { _ in Task { try await body.digest { drain.take(from: $0) } } }
  await drain.full.wait()
  #expect(before > 0)
  #expect(residentKilobytes() - before < 16 * 1024)
  for task in tasks { task.cancel() }
  for task in tasks { await expectError(TransferError(.cancelled)) { try await task.value } }
}

private func sendTwenty(_ body: TransferBody) async throws {
  let drain = Drain(connections: 20, bytes: 2_000_000)
  let server = ScriptedServer(drain.take)
  try await withLoop { loop in
    let before = residentKilobytes()
    let tasks = (0..<20).map { _ in
      Task {
        var call = call(server.port, method: "POST")
        call.body = body
        call.timeout = .seconds(120)
        return try await loop.perform(call).status
      }
    }
    await drain.full.wait()
    #expect(residentKilobytes() - before < 16 * 1024)
    for task in tasks { task.cancel() }
    for task in tasks { await expectError(TransferError(.cancelled)) { try await task.value } }
  }
}

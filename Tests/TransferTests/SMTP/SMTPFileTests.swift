import Glibc
import Testing
import Transfer

@Suite struct SMTPFileTests {
  private let head = Array("Subject: x\r\n\r\n".utf8)

  private func message(_ file: TestFile, _ size: Int) -> TransferBody {
    TransferBody([
      .bytes(head), .base64(path: file.path, size: Int64(size), hasLines: true),
      .bytes(Array(".end\r\n".utf8)),
    ])
  }

  @Test(arguments: [0, 57, 200_001])
  func `a file arrives in base64 among the lines around it`(size: Int) async throws {
    let file = try TestFile(someBytes(size))
    let script = SMTPScript(extensions: ["SIZE 100000000", "8BITMIME"])
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.message = message(file, size)
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .delivered(code: 250))
    let text = base64(someBytes(size), lineLength: 76)
    let isWhole = script.messages == [head + Array((text + "..end\r\n").utf8)]
    #expect(isWhole)
    #expect(script.commands[1] == "MAIL FROM:<noreply@app.test> SIZE=\(mail.message.count)")
  }

  @Test func `bytes beyond ASCII are announced wherever they stand`() async throws {
    let file = try TestFile([0xff])
    let script = SMTPScript(extensions: ["8BITMIME"])
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.message = TransferBody([
      .base64(path: file.path, size: 1, hasLines: true), .bytes(Array("é\r\n".utf8)),
    ])
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .delivered(code: 250))
    #expect(script.commands[1] == "MAIL FROM:<noreply@app.test> BODY=8BITMIME")
  }

  @Test func `line ends are judged across pieces`() async throws {
    let file = try TestFile([1])
    let encoded = TransferPiece.base64(path: file.path, size: 1, hasLines: true)
    let server = ScriptedServer(SMTPScript().serve)
    var mail = mail(server.port)
    try await withLoop { loop in
      mail.message = TransferBody([.bytes([0x61, 0x0d]), .bytes([0x0a]), encoded])
      #expect(await loop.perform(mail) == .delivered(code: 250))
      for pieces in [
        [.bytes([0x0d]), encoded, .bytes([0x0a])], [encoded, .bytes([0x0a])],
        [.bytes([0x0d]), .bytes([0x61])], [encoded, .bytes([0x0d])],
      ] {
        mail.message = TransferBody(pieces)
        #expect(await loop.perform(mail).failure?.cause == "message_refused")
      }
    }
  }

  @Test func `a file that is missing or has changed leaves the message without an end`()
    async throws
  {
    let file = try TestFile(size: 200_000)
    let sizes: [Int?] = [199_999, 200_001, -1, nil]
    for size in sizes {
      let script = SMTPScript()
      let server = ScriptedServer(script.serve)
      var mail = mail(server.port)
      let path = size == nil ? "/nowhere/at/all" : file.path
      mail.message = TransferBody([
        .bytes(head), .base64(path: path, size: Int64(size ?? 1), hasLines: true),
      ])
      let result = try await withLoop { [mail] in await $0.perform(mail) }
      #expect(result == .transient(.message, size == nil ? "file_missing" : "file_changed"))
      await server.ended()
      #expect(script.messages.isEmpty)
      #expect(script.commands.last == "DATA")
    }
  }

  @Test func `twenty mails with a file of 100 MB take less than 16 MB`() async {
    // In a process of its own, since other tests take memory at the same time.
    await #expect(processExitsWith: .success) { try await sendTwentyLargeFiles() }
  }
}

private func sendTwentyLargeFiles() async throws {
  let file = try TestFile(size: 100_000_000)
  let body = TransferBody([.base64(path: file.path, size: 100_000_000, hasLines: true)])
  let drain = Drain(connections: 20, bytes: 2_000_000)
  let server = ScriptedServer { peer in
    peer.write("220 mail.test\r\n")
    while let line = peer.readLine(), !line.hasPrefix("DATA") { peer.write("250 ok\r\n") }
    peer.write("354 go on\r\n")
    drain.take(from: peer)
  }
  try await withLoop { loop in
    let before = residentKilobytes()
    let mails = (0..<20).map { _ in
      Task {
        var mail = mail(server.port, timeout: .seconds(120))
        mail.message = body
        return await loop.perform(mail)
      }
    }
    await drain.full.wait()
    #expect(before > 0)
    #expect(residentKilobytes() - before < 16 * 1024)
    for mail in mails { mail.cancel() }
    for mail in mails { #expect(await mail.value == .transient(.message, "cancelled")) }
  }
}

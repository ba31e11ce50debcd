import Testing
import Transfer

@Suite struct TLSTests {
  private let long = "Subject: x\r\n\r\n" + String(repeating: "0123456789\r\n", count: 100_000)

  private func https(_ port: UInt16, caFile: String?) -> HTTPTransfer {
    HTTPTransfer(
      method: "GET", url: "https://127.0.0.1:\(port)/", timeout: .seconds(20), caFile: caFile)
  }

  @Test func `https to a server with a trusted certificate has an answer`() async throws {
    let certificate = try Certificate()
    let server = try TLSServer(certificate, ["-www"])
    let answer = try await withLoop {
      try await $0.perform(https(server.port, caFile: certificate.file))
    }
    #expect(answer.status == 200)
  }

  @Test func `https to a server with an unknown certificate is refused before the request`()
    async throws
  {
    let server = try TLSServer(Certificate(), ["-www"])
    await expectError(TransferError(.tls, cause: "tls_verify")) {
      try await withLoop { try await $0.perform(https(server.port, caFile: nil)) }
    }
  }

  @Test func `https to a server with another's certificate is refused`() async throws {
    let certificate = try Certificate(host: "DNS:other.test")
    let server = try TLSServer(certificate, ["-www"])
    await expectError(TransferError(.tls, cause: "tls_verify")) {
      try await withLoop {
        try await $0.perform(https(server.port, caFile: certificate.file))
      }
    }
  }

  @Test func `https with TLS 1_1 is refused, with TLS 1_2 accepted`() async throws {
    let certificate = try Certificate()
    let old = try TLSServer(certificate, ["-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    await expectError(TransferError(.tls, cause: "tls_failed")) {
      try await withLoop { try await $0.perform(https(old.port, caFile: certificate.file)) }
    }
    let new = try TLSServer(certificate, ["-www", "-tls1_2"])
    let answer = try await withLoop {
      try await $0.perform(https(new.port, caFile: certificate.file))
    }
    #expect(answer.status == 200)
  }

  @Test func `a mail goes through implicit TLS whatever its length`() async throws {
    let certificate = try Certificate()
    let server = try TLSServer(certificate)
    let script = SMTPScript(extensions: ["PIPELINING"])
    server.serve(script, greets: true)
    try await withLoop { loop in
      for message in ["short\r\n", long, "short\r\n"] {
        var mail = mail(server.port, message: message)
        mail.endpoint.tls = .implicit
        mail.endpoint.caFile = certificate.file
        #expect(await loop.perform(mail) == .delivered(code: 250))
      }
    }
    #expect(script.messages.map(\.count) == [7, long.utf8.count, 7])
  }

  @Test func `a mail to a server with an unknown certificate is transient`() async throws {
    let server = try TLSServer(Certificate())
    var mail = mail(server.port)
    mail.endpoint.tls = .implicit
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .transient(.connect, "tls_verify"))
  }

  @Test func `a mail goes through STARTTLS, and what was announced before it is forgotten`()
    async throws
  {
    let certificate = try Certificate()
    let inner = try TLSServer(certificate)
    let inside = SMTPScript(extensions: ["AUTH PLAIN"])
    inner.serve(inside, greets: false)
    let outside = SMTPScript(extensions: ["STARTTLS", "SIZE 1000"])
    let server = ScriptedServer { peer in
      outside.serve(peer, until: "STARTTLS")
      relay(peer, to: inner.port)
    }
    var mail = mail(server.port)
    mail.endpoint.tls = .required
    mail.endpoint.caFile = certificate.file
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .delivered(code: 250))
    #expect(outside.commands == ["EHLO reset.test", "STARTTLS"])
    #expect(
      inside.commands.prefix(3) == [
        "EHLO reset.test", "MAIL FROM:<noreply@app.test>", "RCPT TO:<ada@example.test>",
      ])
  }

  @Test func `STARTTLS with an unknown certificate is transient and no mail is sent`()
    async throws
  {
    let inner = try TLSServer(Certificate())
    let outside = SMTPScript(extensions: ["STARTTLS"])
    let server = ScriptedServer { peer in
      outside.serve(peer, until: "STARTTLS")
      relay(peer, to: inner.port)
    }
    var mail = mail(server.port)
    mail.endpoint.tls = .required
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    #expect(result == .transient(.starttls, "tls_verify"))
  }
}

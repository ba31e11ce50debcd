import Formats
import PasswordReset
import Support
import Testing
import Transfer

@testable import Mailing

struct HTTPOutcomeTests {
  private static let url = "sendgrid://k@HOST?tls=none"

  @Test(arguments: [200, 201, 202, 204, 299])
  func `any 2xx is delivered`(status: Int) {
    #expect(SendGrid.outcome(status: status, code: "to") == .delivered)
  }

  @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 599])
  func `a busy provider is asked again when it says`(status: Int) {
    let wait = WholeDuration(seconds: 7)
    #expect(
      Resend.outcome(status: status, code: nil, retryAfter: wait)
        == .transient(cause: "http_\(status)", blame: .transport, retryAfter: wait))
    #expect(
      Resend.outcome(status: status, code: "to")
        == .transient(cause: "http_\(status)_to", blame: .transport))
  }

  @Test(arguments: [301, 302, 307, 401, 402, 403, 404, 405, 199, 600])
  func `a redirect, a setting that is wrong and a status that is none are the transport's fault`(
    status: Int
  ) {
    #expect(
      Postmark.outcome(status: status, code: nil, retryAfter: WholeDuration(seconds: 7))
        == .transient(cause: "http_\(status)", blame: .transport))
  }

  @Test(arguments: [400, 406, 409, 410, 413, 415, 422, 424, 426, 451, 499])
  func `any other 4xx is permanent unless a code says more`(status: Int) {
    #expect(Postmark.outcome(status: status, code: nil) == .permanent(cause: "http_\(status)"))
    #expect(
      Postmark.outcome(status: status, code: "406")
        == .permanent(cause: "http_\(status)_406", isRecipient: true))
    #expect(
      Postmark.outcome(status: status, code: "10")
        == .transient(cause: "http_\(status)_10", blame: .transport))
  }

  @Test(arguments: [
    (TransferError(.refused, cause: "url"), "http_url"), (TransferError(.connect), "http_connect"),
    (TransferError(.refused, cause: "private_target"), "http_private_target"),
    (TransferError(.connect, cause: "dns"), "http_dns"),
    (TransferError(.tls, cause: "tls_verify"), "http_tls_verify"),
    (TransferError(.timeout), "http_timeout"), (TransferError(.interrupted), "http_interrupted"),
    (TransferError(.tooLarge), "http_answer_too_large"),
  ])
  func `a call that did not go out whole is the transport's fault`(
    error: TransferError, cause: String
  ) {
    #expect(DeliveryOutcome(error) == .transient(cause: cause, blame: .transport))
  }

  @Test(arguments: [
    TransferError(.cancelled), TransferError(.stopped),
    TransferError(.interrupted, cause: "file_missing"),
    TransferError(.interrupted, cause: "file_changed"),
  ])
  func `a call that this process gave up is not`(error: TransferError) {
    guard case .transient(_, .message, nil) = DeliveryOutcome(error) else {
      Issue.record("\(DeliveryOutcome(error))")
      return
    }
  }

  @Test(arguments: [TransferError.Kind.timeout, .interrupted, .cancelled, .stopped, .tooLarge])
  func `no answer to a whole call is uncertain`(kind: TransferError.Kind) {
    let outcome = DeliveryOutcome(TransferError(kind, mayHaveBeenReceived: true))
    let name = kind == .tooLarge ? "answer_too_large" : kind.rawValue
    #expect(outcome == .uncertain(cause: "http_\(name)"))
  }

  @Test func `a provider that hangs up or says too much leaves a mail uncertain`() async throws {
    let silent = try APIServer("")
    #expect(
      try await Sample.deliver(Sample.mail(), Self.url, to: silent)
        == .uncertain(cause: "http_interrupted"))
    let talkative = try APIServer(body: String(repeating: " ", count: 70_000))
    #expect(
      try await Sample.deliver(Sample.mail(), Self.url, to: talkative)
        == .uncertain(cause: "http_answer_too_large"))
  }

  @Test func `a provider that takes its time leaves a mail uncertain`() async throws {
    let server = try APIServer(nil)
    #expect(
      try await Sample.deliver(Sample.mail(), Self.url + "&timeout=2s", to: server)
        == .uncertain(cause: "http_timeout"))
    await server.called()
    #expect(server.calls.count == 1)
  }

  @Test func `a provider that is not there is the transport's fault`() async throws {
    let port = try LoopbackServer { _ in }.port
    let loop = try TransferLoop()
    let transport = try Sample.transport(
      "sendgrid://k@127.0.0.1:\(port)?tls=none", through: loop)
    #expect(
      try await transport.deliver(Sample.mail(), under: Sample.lease)
        == .transient(cause: "http_connect", blame: .transport))
    await loop.stop()
  }

  @Test func `a private address is not called unless that is allowed`() async throws {
    let server = try APIServer()
    let loop = try TransferLoop()
    let transport = try Sample.transport(
      "sendgrid://k@127.0.0.1:\(server.port)?tls=none", mayReachPrivate: false, through: loop)
    #expect(
      try await transport.deliver(Sample.mail(), under: Sample.lease)
        == .transient(cause: "http_private_target", blame: .transport))
    await loop.stop()
    #expect(server.calls.isEmpty)
  }

  @Test func `a lease that is lost keeps the call from going out`() async throws {
    let server = try APIServer()
    let lease = TestLease(false)
    #expect(
      try await Sample.deliver(Sample.mail(), Self.url, to: server, under: lease)
        == .transient(cause: "lease_lost", blame: .message))
    #expect(lease.questions == 1 && server.calls.isEmpty)
  }

  @Test func `a redirect is not followed`() async throws {
    let other = try APIServer()
    let server = try APIServer(
      status: 307, headers: ["Location: http://127.0.0.1:\(other.port)/v3/mail/send"])
    #expect(
      try await Sample.deliver(Sample.mail(), Self.url, to: server)
        == .transient(cause: "http_307", blame: .transport))
    #expect(other.calls.isEmpty)
  }

  @Test func `Retry-After goes along as seconds or as a date`() async throws {
    // The clock stands at 09:30:00.
    for (value, seconds) in [("120", 120), ("Sat, 21 Nov 2026 09:31:30 GMT", 90)] {
      let server = try APIServer(status: 429, headers: ["Retry-After: \(value)"])
      #expect(
        try await Sample.deliver(Sample.mail(), Self.url, to: server)
          == .transient(
            cause: "http_429", blame: .transport, retryAfter: WholeDuration(seconds: Int64(seconds))
          ))
    }
  }

  @Test func `a non-ASCII local part goes out only where that is configured`() async throws {
    let mail = try MessageRenderer(templates: MailTemplates(.embedded))
      .compose(Sample.letter(to: "zoë@example.org"))
    let server = try APIServer()
    let loop = try TransferLoop()
    let url = "postmark://k@127.0.0.1:\(server.port)?tls=none"
    let refusing = try Sample.transport(url, smtpUTF8: false, through: loop)
    #expect(
      await refusing.deliver(mail, under: Sample.lease) == .permanent(cause: "address_not_ascii"))
    #expect(server.calls.isEmpty)
    let sending = try Sample.transport(url, smtpUTF8: true, through: loop)
    #expect(await sending.deliver(mail, under: Sample.lease) == .delivered)
    await loop.stop()
    #expect(try #require(server.calls.first).json().object?["To"]?.string == "zoë@example.org")
  }

  @Test func `line breaks in a subject or name stay out of fields`() async throws {
    let mail = try MessageRenderer(templates: MailTemplates(.embedded)).compose(
      Sample.letter(brand: "A\r\nBcc: x@example.org"))
    for url in ["sendgrid://k@HOST?tls=none", "resend://k@HOST?tls=none"] {
      let server = try APIServer()
      _ = try await Sample.deliver(mail, url, to: server)
      let json = try #require(server.calls.first).json()
      let subject = try #require(json.object?["subject"]?.string)
      #expect(subject.utf8.allSatisfy { $0 >= 0x20 })
    }
  }
}

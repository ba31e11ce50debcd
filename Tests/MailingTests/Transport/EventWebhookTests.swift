import Formats
import PasswordReset
import Support
import Testing
import Transfer

@testable import Mailing

struct EventWebhookTests {
  private static let secrets =
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n0123456789abcdefghijklmn\n"

  private func event(
    _ type: EventType = .deliveryFailed, account: String? = "42", cause: String? = "rcpt_550_5.1.1"
  ) throws -> Event {
    try Event(
      id: Sample.id(), type: type, at: Timestamp(microseconds: 1_795_253_399_000_000),
      requestID: Sample.requestID(), accountID: account, email: Sample.address("ada@example.org"),
      cause: cause)
  }

  private func deliver(
    _ event: Event, to server: APIServer, clock: StoppedClock = StoppedClock(),
    timeout: Duration = .seconds(20)
  ) async throws -> DeliveryOutcome {
    let loop = try TransferLoop()
    let webhook = EventWebhook(
      try WebURL("http://127.0.0.1:\(server.port)/events?x=1"),
      secrets: try WebhookSecrets(file: Self.secrets), clock: clock, timeout: timeout,
      through: loop)
    let outcome = await webhook.deliver(event)
    await loop.stop()
    return outcome
  }

  @Test func `an event is one POST, signed by every secret`() async throws {
    let server = try APIServer(status: 204, body: "")
    #expect(try await deliver(event(), to: server) == .delivered)
    let call = try #require(server.calls.first)
    #expect(server.calls.count == 1)
    #expect(call.request == "POST /events?x=1 HTTP/1.1")
    #expect(call.headers["content-type"] == "application/json")
    #expect(
      String(decoding: call.body, as: UTF8.self)
        == #"{"type":"delivery.failed","timestamp":"2026-11-21T09:29:59.000Z","data":{"#
        + #""request_id":"019aa6b2-7c00-7fff-8456-0123456789ab","account_id":"42","#
        + #""email":"ada@example.org","cause":"rcpt_550_5.1.1"}}"#)
    let signed = try WebhookSecrets(file: Self.secrets).headers(
      id: "019aa6b2-7c00-7123-8456-0123456789ab", at: Sample.moment, body: call.body)
    for (name, value) in signed { #expect(call.headers[name] == value) }
    #expect(call.headers["webhook-timestamp"] == "1795253400")
    #expect(call.headers["webhook-signature"]?.split(separator: " ").count == 2)
  }

  @Test(arguments: EventType.allCases)
  func `what there is not is null`(type: EventType) async throws {
    let server = try APIServer()
    #expect(try await deliver(event(type, account: nil, cause: nil), to: server) == .delivered)
    let json = try #require(server.calls.first).json()
    #expect(json.object?["type"]?.string == type.rawValue)
    let data = json.object?["data"]?.object
    #expect(data?["account_id"]?.isNull == true && data?["cause"]?.isNull == true)
  }

  @Test(arguments: [
    (200, DeliveryOutcome.delivered), (299, .delivered), (410, .permanent(cause: "http_410")),
    (302, .transient(cause: "http_302", blame: .transport)),
    (400, .transient(cause: "http_400", blame: .transport)),
    (401, .transient(cause: "http_401", blame: .transport)),
    (404, .transient(cause: "http_404", blame: .transport)),
    (409, .transient(cause: "http_409", blame: .transport)),
    (411, .transient(cause: "http_411", blame: .transport)),
    (422, .transient(cause: "http_422", blame: .transport)),
    (500, .transient(cause: "http_500", blame: .transport)),
  ])
  func `only 410 ends an event, since an app may be repaired`(
    status: Int, outcome: DeliveryOutcome
  ) async throws {
    #expect(EventWebhook.outcome(status: status, retryAfter: nil) == outcome)
    #expect(try await deliver(event(), to: APIServer(status: status)) == outcome)
  }

  @Test(arguments: [429, 503])
  func `an app may say when to come again`(status: Int) async throws {
    let server = try APIServer(
      status: status, headers: ["Retry-After: Sat, 21 Nov 2026 09:31:00 GMT"])
    #expect(
      try await deliver(event(), to: server)
        == .transient(
          cause: "http_\(status)", blame: .transport, retryAfter: WholeDuration(seconds: 60)))
  }

  @Test func `no answer to a whole event is uncertain`() async throws {
    #expect(
      try await deliver(event(), to: APIServer(nil), timeout: .seconds(2))
        == .uncertain(cause: "http_timeout"))
  }

  @Test func `an app that is not there is the way's fault`() async throws {
    let port = try LoopbackServer { _ in }.port
    let loop = try TransferLoop()
    let webhook = EventWebhook(
      try WebURL("http://127.0.0.1:\(port)"), secrets: try WebhookSecrets(file: Self.secrets),
      clock: StoppedClock(), through: loop)
    #expect(
      try await webhook.deliver(event()) == .transient(cause: "http_connect", blame: .transport))
    await loop.stop()
  }

  @Test func `a large page with an answer does not matter`() async throws {
    let server = try APIServer(body: String(repeating: " ", count: 200_000))
    #expect(try await deliver(event(), to: server) == .delivered)
  }

  @Test func `nothing is sent without a time`() async throws {
    let server = try APIServer()
    #expect(
      try await deliver(event(), to: server, clock: StoppedClock(time: nil))
        == .transient(cause: "clock_unavailable", blame: .message))
    #expect(server.calls.isEmpty)
  }
}

public import Formats
public import PasswordReset
public import Transfer

/// Tells the main app of events: `POST` to one URL, signed as Standard Webhooks 1.0.0 has it.
///
/// `webhook-id` is the event's id, the same in every attempt, so that an app can tell a repetition.
/// The body is `{"type", "timestamp", "data": {"request_id", "account_id", "email", "cause"}}`, the
/// timestamp as RFC 3339 has it, `account_id` and `cause` null where there is none.
public struct EventWebhook: EventTransport {
  typealias Perform = @Sendable (HTTPTransfer) async throws(TransferError) -> HTTPAnswer

  /// Whatever page an app answers with: only its status counts.
  private static let maximumAnswer = 1024 * 1024

  private let url: WebURL
  private let secrets: WebhookSecrets
  private let clock: any DatabaseClock
  private let timeout: Duration
  private let perform: Perform

  /// - Parameters:
  ///   - clock: for the time in the signature, and for `Retry-After` with a date.
  ///   - timeout: for the whole call.
  public init(
    _ url: WebURL, secrets: WebhookSecrets, clock: any DatabaseClock,
    timeout: Duration = .seconds(15), through loop: TransferLoop
  ) {
    self.url = url
    self.secrets = secrets
    self.clock = clock
    self.timeout = timeout
    perform = { call throws(TransferError) in try await loop.perform(call) }
  }

  public func deliver(_ event: Event) async -> DeliveryOutcome {
    guard let now = try? clock.now() else {
      return .transient(cause: "clock_unavailable", blame: .message)
    }
    let body = Self.body(event)
    guard let signature = try? secrets.headers(id: event.id.description, at: now, body: body)
    else { return .transient(cause: "signing_failed", blame: .message) }
    let call = HTTPTransfer(
      method: "POST", url: url.text,
      headers: [("content-type", "application/json"), ("user-agent", "rekey")] + signature,
      body: body, timeout: timeout, maxAnswerBytes: Self.maximumAnswer, allowPlainHTTP: true,
      isRepeatable: true)
    do throws(TransferError) {
      return Self.outcome(try await perform(call), now: now)
    } catch { return DeliveryOutcome(error) }
  }

  private static func body(_ event: Event) -> [UInt8] {
    JSON.object([
      "type": .string(event.type.rawValue), "timestamp": .string(event.at.description),
      "data": .object([
        "request_id": .string(event.requestID.description),
        "account_id": event.accountID.map(JSON.string) ?? .null,
        "email": .string(event.email.text),
        "cause": event.cause.map(JSON.string) ?? .null,
      ]),
    ]).serializedBytes()
  }

  private static func outcome(_ answer: HTTPAnswer, now: Timestamp) -> DeliveryOutcome {
    outcome(
      status: answer.status,
      retryAfter: answer.header("retry-after").flatMap { RetryAfter.parse($0, now: now) })
  }

  /// What became of an event:
  ///
  /// | status | outcome |
  /// | --- | --- |
  /// | 2xx | delivered |
  /// | 410: the app wants no more of them | permanent |
  /// | 408, 425, 429, 5xx | transient, transport, after `Retry-After` |
  /// | any other, since the app may be repaired | transient, transport |
  static func outcome(status: Int, retryAfter: WholeDuration?) -> DeliveryOutcome {
    let cause = "http_\(status)"
    return switch status {
    case 200...299: .delivered
    case 410: .permanent(cause: cause)
    case 408, 425, 429, 500...599:
      .transient(cause: cause, blame: .transport, retryAfter: retryAfter)
    default: .transient(cause: cause, blame: .transport)
    }
  }
}

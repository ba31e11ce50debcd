/// What the main app is told by webhook.
public enum EventType: String, Sendable, CaseIterable {
  /// A mail did not arrive and will not be tried again: refused, bounced, suppressed or expired.
  case deliveryFailed = "delivery.failed"
  case requestConsumed = "request.consumed"
  /// The main app has reported the password as changed.
  case requestCompleted = "request.completed"
  /// The person at the address says that the mail was unwanted.
  case requestDisputed = "request.disputed"
}

/// One event on its way to a main app.
public struct Event: Sendable, Equatable {
  /// Names the event in every attempt to deliver it.
  public let id: RequestID
  public let type: EventType
  public let at: Timestamp
  public let requestID: RequestID
  /// The account, where the request has one.
  public let accountID: String?
  /// Where the request's mail went.
  public let email: EmailAddress
  /// Why, in a short token: `rcpt_550_5.1.1`, `expired`, `suppressed`, `bounce`, `complaint`.
  public let cause: String?

  public init(
    id: RequestID, type: EventType, at: Timestamp, requestID: RequestID, accountID: String?,
    email: EmailAddress, cause: String?
  ) {
    self.id = id
    self.type = type
    self.at = at
    self.requestID = requestID
    self.accountID = accountID
    self.email = email
    self.cause = cause
  }
}

/// The way to a main app that wants events.
public protocol EventTransport: Sendable {
  func deliver(_ event: Event) async -> DeliveryOutcome
}

/// Where a mail provider calls to say what became of mails.
public protocol ProviderHook: Sendable {
  /// The last segment of the path that is called, `/hooks/<name>`: `sendgrid`, `mailgun`,
  /// `postmark`, `ses`.
  static var name: String { get }

  /// How a call can prove where it comes from, as a 401 names it (RFC 9110 §11.6.1).
  static var challenge: String { get }

  /// Before the body is read: refuses what no body could make good.
  func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal)

  /// What the call brought, once it is known to come from the provider. Reports of no concern here,
  /// and those whose address cannot be one, are left out.
  func delivery(_ call: HookCall) async throws(HookRefusal) -> ProviderDelivery
}

/// Why a provider's call is not taken down. Repeats nothing of it.
public enum HookRefusal: Error, Sendable, Equatable {
  /// Not proved to come from the provider, or not lately.
  case unauthenticated
  /// The provider's, but not in a form that is known here.
  case unreadable
  /// What the proof needs is not at hand; the same call may succeed later.
  case unavailable
}

public struct HookCall: Sendable {
  public let headers: HookHeaders
  /// As it was sent: signatures are made over bytes.
  public let body: [UInt8]
  /// Database time.
  public let now: Timestamp

  public init(headers: HookHeaders, body: [UInt8], now: Timestamp) {
    self.headers = headers
    self.body = body
    self.now = now
  }
}

public struct HookHeaders: Sendable {
  private let fields: [(name: String, value: String)]

  /// - Parameter fields: their names in lower case.
  public init(_ fields: [(name: String, value: String)]) { self.fields = fields }

  /// The value of a field that stands exactly once.
  public func only(_ name: String) -> String? {
    let values = fields.filter { $0.name.utf8.elementsEqual(name.utf8) }
    return values.count == 1 ? values.first?.value : nil
  }
}

internal import PasswordReset
internal import Transfer

/// A provider with an HTTP API, or whatever takes mail over HTTP.
protocol HTTPProvider: MailProvider {
  /// What its calls are signed or authenticated with.
  associatedtype Credentials: Sendable

  var endpoint: APIEndpoint { get }

  /// Read once, at the start.
  /// - Throws: `.secretFile` with the first file that cannot be used.
  func credentials(_ context: TransportContext) throws(MailingError) -> Credentials

  /// The call that hands the mail over.
  /// - Throws: how the attempt ends where there can be none.
  func call(
    for mail: RenderedMail, with credentials: Credentials
  ) async throws(CallProblem) -> HTTPTransfer

  /// The provider's own code for what is wrong, of letters, digits, `_` and `.`; only codes that
  /// ``meaning(of:)`` knows, or numbers, for answers are text from outside.
  static func code(in answer: HTTPAnswer) -> String?

  /// What such a code says.
  static func meaning(of code: String) -> ErrorMeaning
}

/// Why there is no call for a mail.
struct CallProblem: Error {
  let outcome: DeliveryOutcome
}

extension HTTPProvider {
  var timeout: WholeDuration { endpoint.timeout }
  var place: String { endpoint.description }

  func transport(_ context: TransportContext) throws(MailingError) -> any MailTransport {
    HTTPMailTransport(self, try credentials(context), context)
  }
}

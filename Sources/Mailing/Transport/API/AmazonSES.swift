internal import PasswordReset
internal import Transfer

/// Amazon SES v2, SendEmail with the whole message. It has no idempotency keys, and puts its own
/// Message-ID and Date in place of those of the message. Whether links are tracked is a setting of
/// the configuration set.
struct AmazonSES: MailAPI {
  let endpoint: APIEndpoint
  let settings: APISettings.SESSettings
  let secret: SecretText
  let sessionToken: SecretText?
  /// SHA-256.
  let hash: @Sendable ([UInt8]) -> [UInt8]

  func call(for mail: RenderedMail) async throws(CallProblem) -> HTTPTransfer {
    // The signature covers the hash of all that is sent, so the files have to be read before.
    let message = try await WholeBody.bytes(of: MIMEMessage.body(of: mail))
    let body = request(mail, message)
    return endpoint.post(
      "/v2/email/outbound-emails", type: "application/json", body: TransferBody(body),
      authentication: .awsSigV4(
        accessKeyID: settings.accessKeyID.revealed, secret: secret.revealed,
        region: settings.region, service: "ses", sessionToken: sessionToken?.revealed),
      payloadSHA256: Hex.encode(hash(body)))
  }

  private func request(_ mail: RenderedMail, _ message: [UInt8]) -> [UInt8] {
    let tag = JSONObject(texts: [
      ("Name", RenderedMail.requestKey), ("Value", mail.requestID.description),
    ])
    return JSON.object(
      JSONObject(present: [
        ("Content", .object(["Raw": .object(["Data": .string(Base64.encode(message))])])),
        ("Destination", .object(["ToAddresses": .array([.string(mail.to.text)])])),
        ("EmailTags", .array([.object(tag)])),
        ("ConfigurationSetName", settings.configurationSet.map(JSON.string)),
      ])
    ).serializedBytes()
  }

  /// The exception's name, from `x-amzn-errortype` (`Name:http://…`) or `__type`
  /// (`namespace#Name`), if it is a known one.
  static func code(in answer: HTTPAnswer) -> String? {
    let type =
      answer.header("x-amzn-errortype")
      ?? (try? JSON(parsing: answer.body))?.object?["__type"]?.string
    guard let type else { return nil }
    let name = type.utf8.prefix { $0 != UInt8(ascii: ":") }
      .split(separator: UInt8(ascii: "#")).last.map { String(Substring($0)) }
    return name.flatMap { known.contains($0) ? $0 : nil }
  }

  private static let account: Set = [
    "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException",
    "LimitExceededException", "TooManyRequestsException", "ThrottlingException", "Throttling",
    "NotFoundException", "AccessDeniedException", "UnrecognizedClientException",
    "InvalidSignatureException", "IncompleteSignatureException", "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException", "ExpiredTokenException", "InvalidClientTokenId",
    "RequestExpired",
  ]
  private static let mail: Set = [
    "MessageRejected", "BadRequestException", "ValidationException", "SerializationException",
  ]
  private static let known = account.union(mail)

  /// | code | meaning |
  /// | --- | --- |
  /// | AccountSuspended, SendingPaused, MailFromDomainNotVerified, LimitExceeded, throttling, and
  ///   everything about credentials and signatures | account |
  /// | MessageRejected, BadRequest and any other | mail |
  ///
  /// None speaks of the recipient's mailbox: those of its suppression list are bounces, later.
  static func meaning(of code: String) -> ErrorMeaning {
    account.contains(code) ? .account : .mail
  }
}

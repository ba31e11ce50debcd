internal import Formats
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
  let hash: PayloadHash

  /// What Amazon takes of a message, attachments in base64.
  static let maximumSize: Int64 = 40 * 1024 * 1024

  func call(for mail: RenderedMail) async throws(CallProblem) -> HTTPTransfer {
    let message = MIMEMessage.body(of: mail)
    guard message.count <= Self.maximumSize else {
      throw CallProblem(outcome: .permanent(cause: "mail_too_large"))
    }
    let body = request(mail, message)
    let digest: [UInt8]
    do throws(TransferError) { digest = try await body.digest(hash) } catch {
      throw CallProblem(outcome: DeliveryOutcome(error))
    }
    return endpoint.post(
      "/v2/email/outbound-emails", type: "application/json", body: body,
      authentication: .awsSigV4(
        accessKeyID: settings.accessKeyID.revealed, secret: secret.revealed,
        region: settings.region, service: "ses", sessionToken: sessionToken?.revealed),
      payloadSHA256: Hex.encode(digest))
  }

  private func request(_ mail: RenderedMail, _ message: TransferBody) -> TransferBody {
    let tag = JSONObject(texts: [
      ("Name", RenderedMail.requestKey), ("Value", mail.requestID.description),
    ])
    let members = JSONObject(present: [
      ("Destination", .object(["ToAddresses": .array([.string(mail.to.text)])])),
      ("EmailTags", .array([.object(tag)])),
      ("ConfigurationSetName", settings.configurationSet.map(JSON.string)),
    ])
    return TransferBody([
      .bytes(FileJSON.open(members) + Array(#""Content":{"Raw":{"Data":""#.utf8)),
      .encoded(message), .bytes(Array(#""}}}"#.utf8)),
    ])
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

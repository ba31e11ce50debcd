internal import Formats
internal import PasswordReset
internal import Transfer

/// Amazon SES v2, SendEmail with the whole message: `ses://ACCESS_KEY_ID:SECRET@[host]?region=…`,
/// the secret in `key_file` or after the colon, the region also in the host's name. It has no idempotency keys, and puts its own
/// Message-ID and Date in place of those of the message. Whether links are tracked is a setting of
/// the configuration set.
struct AmazonSES: HTTPProvider {
  static let schemes = ["ses"]
  static let options =
    [regionOption, configurationSet, sessionTokenFile, .keyFile] + .ofAPIs

  private static let regionOption = ProviderOption(
    "region", .text(signs: "-", limit: 32, what: "is a name such as eu-west-1"))
  private static let configurationSet = ProviderOption("configuration_set", .givenName)
  private static let sessionTokenFile = ProviderOption("session_token_file", .file)

  /// What Amazon takes of a message, attachments in base64.
  static let maximumSize: Int64 = 40 * 1024 * 1024

  struct Credentials: Sendable {
    let secret: SecretText
    let sessionToken: SecretText?
    let hash: PayloadHash
  }

  let endpoint: APIEndpoint
  let region: String
  private let accessKeyID: SecretText
  private let secret: ProviderKey
  private let configurationSet: String?
  private let sessionTokenFile: String?

  init(_ url: ProviderURL) throws(MailingError) {
    region = try Self.region(url)
    guard let user = url.user else {
      throw .transportURL(problem: "the access key id stands before the @")
    }
    accessKeyID = try SecretText(checking: user)
    secret = try ProviderKey(
      url.password, url.options, place: "the secret stands after the colon")
    configurationSet = url.options[Self.configurationSet]
    sessionTokenFile = url.options[Self.sessionTokenFile]
    endpoint = try APIEndpoint(url, usualHost: "email.\(region).amazonaws.com")
  }

  /// Given, or the one in the name of Amazon's own host.
  private static func region(_ url: ProviderURL) throws(MailingError) -> String {
    let labels = (url.host?.text ?? "").asciiLowercased
      .split(separator: ".", omittingEmptySubsequences: false)
    let named =
      labels.count == 4 && labels[0] == "email"
        && labels[2...].elementsEqual(["amazonaws", "com"]) ? String(labels[1]) : nil
    guard let region = url.options[regionOption] ?? named else {
      throw .transportURL(problem: "ses:// needs region, or email.REGION.amazonaws.com as host")
    }
    guard named == nil || named == region else {
      throw .transportURL(problem: "region is not that of the host")
    }
    return region
  }

  func credentials(_ context: TransportContext) throws(MailingError) -> Credentials {
    let token = try sessionTokenFile.map { path throws(MailingError) in
      try SecretFile.key(path, Self.sessionTokenFile)
    }
    return Credentials(secret: try secret.read(), sessionToken: token, hash: context.hash)
  }

  func call(
    for mail: RenderedMail, with credentials: Credentials
  ) async throws(CallProblem) -> HTTPTransfer {
    let message = MIMEMessage.body(of: mail)
    guard message.count <= Self.maximumSize else {
      throw CallProblem(outcome: .permanent(cause: "mail_too_large"))
    }
    let body = request(mail, message)
    let digest: [UInt8]
    do throws(TransferError) { digest = try await body.digest(credentials.hash) } catch {
      throw CallProblem(outcome: DeliveryOutcome(error))
    }
    return endpoint.post(
      "/v2/email/outbound-emails", type: "application/json", body: body,
      authentication: .awsSigV4(
        accessKeyID: accessKeyID.revealed, secret: credentials.secret.revealed, region: region,
        service: "ses", sessionToken: credentials.sessionToken?.revealed),
      payloadSHA256: Hex.encode(digest))
  }

  private func request(_ mail: RenderedMail, _ message: TransferBody) -> TransferBody {
    let tag = JSONObject(texts: [
      ("Name", RenderedMail.requestKey), ("Value", mail.requestID.description),
    ])
    let members = JSONObject(present: [
      ("Destination", .object(["ToAddresses": .array([.string(mail.to.text)])])),
      ("EmailTags", .array([.object(tag)])),
      ("ConfigurationSetName", configurationSet.map(JSON.string)),
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
